"""The sales service, put together."""

from kit.service import Service
from sales.api import commands
from sales.queries import router
from sales.reactions import reactions
from sales.storage.tables import metadata
from sales.timers import timers


def service() -> Service:
    return Service(
        name="sales",
        summary="From a lead to a won opportunity, and what became of it",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
        timers=timers,
    )
