"""The protocol under 100,000 seeded schedules, and the planted bugs that they find."""

from __future__ import annotations

import pytest

from campaign.simulation import schedule
from campaign.simulation.planted import ABSORBED, PLANTED
from campaign.simulation.run import first_failure, simulate
from campaign.simulation.world import Counts

SCHEDULES = 100_000
ABSORBED_SCHEDULES = 2_000


def counted(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in Counts.__slots__}


def test_no_schedule_breaks_the_protocol() -> None:
    counts, failures = simulate(0, SCHEDULES, processes=2)

    assert [(failure.seed, failure.broken) for failure in failures[:3]] == []
    happened = counted(counts)
    assert happened.pop("forgotten") >= SCHEDULES // 100  # commits that a crash took back
    assert min(happened.values()) >= SCHEDULES


def test_a_seed_is_the_same_schedule_each_time() -> None:
    first, second = list[str](), list[str]()

    one, _ = schedule.run(7, trace=first.append)
    other, _ = schedule.run(7, trace=second.append)

    assert first == second
    assert counted(one.counts) == counted(other.counts)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str) -> None:
    planted = PLANTED[name]

    failure = first_failure(name, planted.oracle, planted.within)

    assert failure is not None, f"{planted.within} schedules did not find {name} by {planted.oracle!r}"


@pytest.mark.parametrize("name", ABSORBED)
def test_the_second_fence_absorbs_a_mistake_alone(name: str) -> None:
    broken = [found for seed in range(ABSORBED_SCHEDULES) for found in schedule.run(seed, ABSORBED[name])[1]]

    assert broken == []
