"""How throughput grows with partitions, workers and APIs, each combination on a new platform, and where it stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from orderloop.bench import clients, cost, platforms
from orderloop.bench.load import flat_out, prepare
from orderloop.driving.events import watching
from orderloop.driving.people import people
from orderloop.driving.steps import Steps
from orderloop.platform.plan import Plan

Result = dict[str, Any]  # Any: JSON

PARTITIONS, WORKERS, APIS = (1, 3, 6, 12), (1, 2, 3), (1, 2)
GAIN = 1.05
"""By so much the best has to beat a smaller one: less is the noise of a run."""


@dataclass(frozen=True)
class Size:
    """Partitions of a topic, worker and API processes of each service."""

    partitions: int
    workers: int
    apis: int

    @property
    def processes(self) -> int:
        return self.workers + self.apis - 1


def sizes(partitions: Sequence[int], workers: Sequence[int], apis: Sequence[int]) -> list[Size]:
    """Every combination but those where a worker would have no partition."""
    return [Size(*each) for each in product(partitions, workers, apis) if each[1] <= each[0]]


def measure(
    folder: Path, say: Callable[[str], None], chosen: Sequence[Size], *, seconds: float, at_once: int, warm_up: float
) -> list[Result]:
    """Closed loops per second of each, and what a loop cost in CPU and how much memory the platform took."""
    found: list[Result] = []
    for number, size in enumerate(chosen, start=1):
        say(f"{number} of {len(chosen)}: {size.partitions} partitions, {size.workers} workers, {size.apis} APIs")
        settings = {"partitions": size.partitions, "workers": size.workers, "api": size.apis}
        with platforms.fresh(folder, **settings) as plan:
            found.append({**asdict(size), **asyncio.run(_one(plan, seconds, at_once, warm_up))})
    return found


def stops_at(found: Sequence[Result]) -> Result:
    """The smallest platform that does about as well as the best."""
    best = max(each["closed_loops_per_second"] for each in found)
    enough = [each for each in found if each["closed_loops_per_second"] * GAIN >= best]
    return min(enough, key=lambda each: (each["workers"] + each["apis"], each["partitions"]))


async def _one(plan: Plan, seconds: float, at_once: int, warm_up: float) -> Result:
    troubles: list[str] = []
    async with people(plan, clients.opening(plan, troubles)) as everybody, watching(plan.kafka) as stream:
        load = await prepare(Steps(everybody, stream))
        await flat_out(load, at_once, warm_up)
        load.loops.clear()
        before = cost.use(plan)
        per_second = await flat_out(load, at_once, seconds)
        after = cost.use(plan)
    spent = cost.cpu_per_loop(before, after, len(load.loops))
    return {
        "closed_loops_per_second": round(per_second, 1),
        "cpu_ms_per_loop": round(sum(spent.values()), 1),
        "memory_mib": round(sum(each.memory_mib for name, each in after.items() if name != "driver")),
        "failed": len(load.failed),
    }
