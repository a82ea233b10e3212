"""The inventory service, put together."""

from inventory.api import commands
from inventory.queries import router
from inventory.reactions import reactions
from inventory.storage.tables import metadata
from kit.service import Service


def service() -> Service:
    return Service(
        name="inventory",
        summary="What we buy, keep and send: stock, purchases, shipments",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
    )
