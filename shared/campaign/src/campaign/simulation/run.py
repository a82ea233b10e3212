"""Many schedules over several processes, and what they found."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from campaign.simulation import schedule
from campaign.simulation.oracles import Broken
from campaign.simulation.planted import PLANTED
from campaign.simulation.protocol import KIT
from campaign.simulation.world import Counts

SLICE = 2_500
"""Schedules that a process takes at once."""


class Failure(NamedTuple):
    """A schedule that broke something."""

    seed: int
    broken: list[Broken]


class Result(NamedTuple):
    """What so many schedules came to."""

    counts: Counts
    failures: list[Failure]


def simulate(seed: int, schedules: int, planted: str | None = None, processes: int = 1) -> Result:
    """Run schedules seed, seed + 1, …"""
    slices = [(start, min(SLICE, seed + schedules - start), planted) for start in range(seed, seed + schedules, SLICE)]
    if processes == 1 or len(slices) == 1:
        return _together([_run(each) for each in slices])
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return _together(list(pool.map(_run, slices)))


def first_failure(planted: str, oracle: str, within: int) -> Failure | None:
    """The first schedule from seed 0 on in which the oracle finds a planted bug."""
    protocol = PLANTED[planted].protocol
    for seed in range(within):
        _, broken = schedule.run(seed, protocol)
        if any(each.oracle == oracle for each in broken):
            return Failure(seed, broken)
    return None


def _run(part: tuple[int, int, str | None]) -> Result:
    seed, schedules, planted = part
    protocol = KIT if planted is None else PLANTED[planted].protocol
    counts, failures = Counts(), list[Failure]()
    for each in range(seed, seed + schedules):
        world, broken = schedule.run(each, protocol)
        counts.add(world.counts)
        if broken:
            failures.append(Failure(each, broken))
    return Result(counts, failures)


def _together(results: Sequence[Result]) -> Result:
    counts = Counts()
    for each in results:
        counts.add(each.counts)
    return Result(counts, [failure for each in results for failure in each.failures])
