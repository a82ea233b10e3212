"""Commands and their events that do not commit together, or not for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from campaign.planted.bug import bug, instead
from kit import database, outbox, relay
from kit.database import Database, Part, Transaction
from kit.outbox import Caused

A_MOMENT = 0.05


@bug(
    "outbox-outside-transaction",
    "events are written in a transaction of their own, 50 ms after that of what they tell of",
    fault="F9",
    shows="I1 I10 I12 I14 I18",
)
def outbox_outside_transaction(_service: str, _roles: Sequence[str]) -> None:
    """Who dies in between has done something that nobody hears of: `save(order); publish(event)` everywhere."""
    begin, append = Database.begin, outbox.append
    later: dict[int, list[Caused]] = {}

    async def postpone(
        tx: Transaction, events: Sequence[Caused], also: Part | None = None, *, soon: bool = False
    ) -> int:
        later.setdefault(id(tx), []).extend(events)
        return await append(tx, (), also, soon=soon)

    @asynccontextmanager
    async def begun(self: Database, *given: Any) -> AsyncGenerator[Transaction]:
        async with begin(self, *given) as tx:
            later.pop(id(tx), None)
            yield tx
        events = later.pop(id(tx), [])
        if events:
            await asyncio.sleep(A_MOMENT)
            async with begin(self) as another:
                await append(another, events)

    instead(outbox, "append", postpone)
    instead(Database, "begin", begun)


@bug(
    "synchronous-commit-off",
    "commits do not wait for the disk (synchronous_commit=off)",
    fault="F9",
    shows="I4 I6 I7 I10",
)
def synchronous_commit_off(_service: str, _roles: Sequence[str]) -> None:
    """The relay has sent what the database has forgotten after its crash: a ghost. A favourite advice for speed."""
    for module in (database, relay):
        instead(module, "server_settings", partial(_without_waiting, database.server_settings))


def _without_waiting(settings_of: Callable[[str], dict[str, str]], name: str) -> dict[str, str]:
    return {**settings_of(name), "synchronous_commit": "off"}


@bug(
    "retry-without-key",
    "a client that sends an unanswered command again under a new key",
    fault="F10",
    shows="I10 I18",
    of_driver=True,
)
def retry_without_key(_service: str, _roles: Sequence[str]) -> None:
    """Nothing is wrong with the services: the load driver sends again without the key."""
