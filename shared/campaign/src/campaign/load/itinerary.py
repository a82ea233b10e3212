"""What will happen, who wants what, and when: drawn from the seed before anything is sent.

The nth story of a seed is always the same, at any rate of arrivals and whatever the stories before it came to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

CUSTOMERS = 6
TIGHT = 2
"""Customers beside those who may owe only so much."""

PLENTY = 3
SCARCE = 2
"""Items that there is plenty of, and items whose last pieces several want at once; one more is flawed."""

WEIGHTS = {
    "quoted": 18,
    "haggled": 6,
    "rejected": 3,
    "lost": 3,
    "from_the_shop": 10,
    "paid_early": 6,
    "sent_in_parts": 8,
    "last_pieces": 14,
    "delivery": 6,
    "held": 5,
    "on_credit": 5,
    "amended_up": 5,
    "amended_down": 5,
    "cancelled_at_once": 4,
    "cancelled_late": 4,
    "credited": 5,
    "complained": 4,
    "counted": 3,
}
"""How often each story is told, out of their sum."""


@dataclass(frozen=True)
class Planned:
    """One story: after how many mean gaps since the one before, whose, about what, and the seed of its own dice."""

    number: int
    gap: float
    story: str
    customer: int
    tight: int
    wanted: tuple[tuple[int, int], ...]
    """Which items there is plenty of, and how many of each."""
    scarce: int
    pieces: int
    """How many of the scarce item."""
    seed: int


def planned(seed: int, number: int) -> Planned:
    dice = random.Random(f"{seed}/{number}")
    items = dice.sample(range(PLENTY), dice.randint(1, 2))
    return Planned(
        number=number,
        gap=dice.expovariate(1),
        story=dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0],
        customer=dice.randrange(CUSTOMERS),
        tight=dice.randrange(TIGHT),
        wanted=tuple((item, dice.randint(2, 6)) for item in items),
        scarce=dice.randrange(SCARCE),
        pieces=dice.randint(1, 5),
        seed=dice.getrandbits(48),
    )


def itinerary(seed: int) -> Iterator[Planned]:
    """All that will ever happen under this seed."""
    return (planned(seed, number) for number in count(1))
