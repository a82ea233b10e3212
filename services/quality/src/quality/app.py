"""The quality service, put together."""

from kit.service import Service
from quality.api import commands
from quality.queries import router
from quality.reactions import reactions
from quality.storage.tables import metadata


def service() -> Service:
    return Service(
        name="quality",
        summary="What does not meet its requirement, and why it will not happen again",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
    )
