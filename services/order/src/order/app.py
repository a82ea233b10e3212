"""The order service, put together."""

from kit.service import Service
from order.api import commands
from order.queries import router
from order.reactions import reactions
from order.storage.tables import metadata
from order.timers import timers


def service() -> Service:
    return Service(
        name="order",
        summary="The promise of goods, from placed to closed",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
        timers=timers,
    )
