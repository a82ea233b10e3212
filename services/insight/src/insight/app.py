"""The insight service, put together."""

from insight.api import commands
from insight.queries import router
from insight.reactions import reactions
from insight.settings import Watching
from insight.storage.tables import metadata
from insight.timers import timers_for
from kit.service import Service


def service(watching: Watching | None = None) -> Service:
    """`watching` comes from the environment unless it is given."""
    patience = watching or Watching()
    return Service(
        name="insight",
        summary="Whether order, inventory and finance say the same",
        commands=commands,
        queries=router,
        reactions=reactions,
        metadata=metadata,
        timers=timers_for(patience.grace, patience.keep),
    )
