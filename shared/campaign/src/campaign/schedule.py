"""Which fault comes in which trial, where and for how long: all of it follows from the seed and the trial's number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from campaign.faults import FAULTS
from contracts.errors import Malformed

WARM_UP = (3.0, 6.0)
RATE = 3.0
"""Loops that begin per second."""


class FaultUnknown(Malformed):
    """FAULTS names faults of the list, such as `F1 F6 F9` or `F1,F6,F9`."""


@dataclass(frozen=True)
class Trial:
    """One trial as it was drawn. `dice` decides the fault's targets and times, `load_seed` the load."""

    number: int
    fault: str
    warm_up: float
    hold: float
    load_seed: int
    fault_seed: int

    @property
    def dice(self) -> Random:
        return Random(self.fault_seed)


def chosen(wanted: str) -> list[str]:
    """The faults that are named, all of them when none is. Raises FaultUnknown."""
    names = wanted.replace(",", " ").split() or list(FAULTS)
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise FaultUnknown(f"{' '.join(unknown)}: choose among {' '.join(in_order(FAULTS))}")
    return in_order(names)


def in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: int(name[1:]))


def trial(seed: int, number: int, faults: Sequence[str]) -> Trial:
    """In each round of trials every fault comes once, in an order of that round's own."""
    turn, place = divmod(number, len(faults))
    name = Random(f"{seed}/round/{turn}").sample(list(faults), len(faults))[place]
    dice = Random(f"{seed}/{number}/{name}")
    return Trial(
        number=number,
        fault=name,
        warm_up=round(dice.uniform(*WARM_UP), 2),
        hold=round(dice.uniform(*FAULTS[name].hold), 2),
        load_seed=dice.getrandbits(32),
        fault_seed=dice.getrandbits(32),
    )
