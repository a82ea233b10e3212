"""The service service, put together."""

from kit.service import Service
from service.api import commands
from service.queries import router
from service.reactions import reactions
from service.storage.tables import metadata
from service.timers import timers


def service() -> Service:
    return Service(
        name="service",
        summary="What customers have to say, and what becomes of it",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
        timers=timers,
    )
