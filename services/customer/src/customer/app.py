"""The customer service, put together."""

from customer.api import commands
from customer.queries import router
from customer.reactions import reactions
from customer.storage.tables import metadata
from kit.service import Service


def service() -> Service:
    return Service(
        name="customer",
        summary="Who our customers are, and everything that happened with them",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
    )
