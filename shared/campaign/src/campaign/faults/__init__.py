"""The faults F1 to F25. Each is a scene: it breaks something, holds it, and heals it again."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

from campaign.faults import database, delivery, killed, machine, network, paused, people
from campaign.faults.fault import FAULTS, Fault, Scene, fault

__all__ = ["FAULTS", "Fault", "Scene", "database", "delivery", "killed", "machine", "network", "paused", "people"]

_ALONE = {"F8", "F21", "F25"}
"""What does not overlap with another: each takes the whole scene for itself."""


@fault("F25", "two faults at once", hold=(4, 12), needs_shim=True)
async def two_at_once(scene: Scene) -> AsyncGenerator[None]:
    first, second = scene.dice.sample(sorted(FAULTS.keys() - _ALONE), 2)
    async with AsyncExitStack() as stack:
        for name in (first, second):
            scene.aim(name)
            await stack.enter_async_context(FAULTS[name].happens(scene))
        yield
