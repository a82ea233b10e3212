"""The finance service, put together."""

from finance.api import commands
from finance.queries import router
from finance.reactions import reactions
from finance.storage.tables import metadata
from finance.timers import timers
from kit.service import Service


def service() -> Service:
    return Service(
        name="finance",
        summary="Credit, invoices, cash and the books",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
        timers=timers,
    )
