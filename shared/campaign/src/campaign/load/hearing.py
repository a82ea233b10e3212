"""Events for people who wait as long as it takes, and who follow one order through all that happens to it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection

from campaign.load.whose import telling
from contracts.event import Event
from orderloop.driving.events import EventStream, Seen

FOR_AS_LONG_AS_IT_TAKES = 24 * 3600.0
"""The trial's deadline ends who waits; waiting by itself fails nobody."""


class Hearing(EventStream):
    """Every event once, however often it is told."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: set[str] = set()
        self._of_order: dict[str, list[Seen]] = defaultdict(list)
        self._told: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def take(self, seen: Seen) -> None:
        if seen.id in self._ids:
            return
        self._ids.add(seen.id)
        super().take(seen)
        if isinstance(order_id := seen.data.get("order_id"), str):
            self._of_order[order_id].append(seen)
            if (told := self._told.get(order_id)) is not None:
                told.set()

    async def until(
        self, event: type[Event] | str, *, within: float = FOR_AS_LONG_AS_IT_TAKES, **fields: object
    ) -> Seen:
        _waits_for(event if isinstance(event, str) else event.__name__, **fields)
        return await super().until(event, within=within, **fields)

    async def until_count(
        self, event: type[Event] | str, count: int, *, within: float = FOR_AS_LONG_AS_IT_TAKES, **fields: object
    ) -> Seen:
        _waits_for(f"{count} {event if isinstance(event, str) else event.__name__}", **fields)
        return await super().until_count(event, count, within=within, **fields)

    async def next_of_order(self, order_id: str, names: Collection[str], place: int = 0) -> tuple[Seen, int]:
        """The next event of these names about the order, from this place of its history on, and the place after."""
        _waits_for(" or ".join(names), order_id=order_id)
        while True:
            history = self._of_order[order_id]
            for at in range(place, len(history)):
                if history[at].name in names:
                    return history[at], at + 1
            place, told = len(history), self._told[order_id]
            told.clear()
            await told.wait()


def _waits_for(what: str, **fields: object) -> None:
    if (story := telling.get()) is not None:
        story.begins(f"waits for {what} with {', '.join(f'{name} {value}' for name, value in fields.items())}")
