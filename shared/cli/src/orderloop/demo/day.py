"""The day: forty loops, several at a time, until each of them has come to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from orderloop.demo.house import House
from orderloop.demo.stories import Loop, Stories
from orderloop.driving.steps import Steps

AT_ONCE = 4
"""Stories under way at a time: enough to be quick, few enough that the times of hops are those of a calm platform."""

IN_STOCK = 18
HAGGLED = 2
SHOP = 2
COMPLAINTS = ("It hums like a bee", "One arm droops when nobody looks", "The shade arrived inside out")
LOST = 2

Story = Callable[[], Awaitable[Loop | list[Loop] | None]]


@dataclass(frozen=True)
class Plan:
    """The stories of the day, and how many loops they are."""

    stories: list[Story]
    loops: int


def plan(house: House, told: Stories) -> Plan:
    """Shuffled, as days are; the long stories first so that the day does not wait for them at its end."""
    long: list[Story] = [
        *(_of(told.on_credit_hold, customer) for customer in house.late_payers),
        *(_of(told.short, goods) for goods in house.short),
        *(_complaint(told, house, place) for place in range(len(COMPLAINTS))),
    ]
    quick: list[Story] = [
        *([told.in_stock] * IN_STOCK),
        *([told.haggled] * HAGGLED),
        *([told.from_the_shop] * SHOP),
        *([told.lost] * LOST),
        told.cancelled,
        told.amended,
        told.held_by_hand,
    ]
    house.names.dice.shuffle(quick)
    doubles = len(house.late_payers) + len(COMPLAINTS)
    return Plan([*long, *quick], len(long) + doubles + len(quick) - LOST)


async def live(steps: Steps, house: House, ended: Callable[[int, int], None]) -> list[Loop]:
    """Live through the day; `ended` hears how many of how many loops are done. Returns them in the order of placing."""
    day = plan(house, Stories(steps, house))
    loops: list[Loop] = []
    waiting = iter(day.stories)

    async def worker() -> None:
        for story in waiting:
            loops.extend(_as_list(await story()))
            ended(len(loops), day.loops)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(worker())
    except BaseExceptionGroup as troubles:
        raise troubles.exceptions[0] from None
    return sorted(loops, key=lambda loop: loop.number)


def _of(story: Callable[..., Awaitable[Loop | list[Loop]]], *about: object) -> Story:
    return lambda: story(*about)


def _complaint(told: Stories, house: House, place: int) -> Story:
    """The first one is worth a corrective action."""
    return lambda: told.complained_about(house.flawed[place], COMPLAINTS[place], prevent=place == 0)


def _as_list(told: Loop | list[Loop] | None) -> list[Loop]:
    return [] if told is None else [told] if isinstance(told, Loop) else told
