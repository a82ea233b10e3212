"""Fences against repeats that have a hole.

The kit has two: the inbox, and the sequence of each key. One absorbs what the other lets through: where it is the
inbox that is wrong, the sequence is taken away as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

import asyncpg

from campaign.planted.bug import bug, instead
from kit import inbox
from kit.consumer import Consumer
from kit.database import Transaction, constraint_of
from kit.inbox import Key, Message, Standing

# pyright: reportPrivateUsage=false

DAY_SECONDS = 2.0
SLOWLY = 0.5
"""Seconds between the question and what is done upon its answer."""

Unseen = Callable[[Sequence[UUID]], set[UUID]]
Due = Callable[[Consumer, Transaction, Sequence[Message]], Awaitable[list[Message]]]


def by_the_inbox_alone(unseen: Unseen) -> Due:
    """What is due when only an inbox, this one, says what came before: neither gaps nor parked keys are noticed."""

    async def due(self: Consumer, tx: Transaction, batch: Sequence[Message]) -> list[Message]:
        ids = [message.recorded.id for message in batch if message.recorded.type in self._handled]
        locks = self._locks([message.recorded for message in batch])
        standing = await inbox.arrive(tx, ids, {message.key for message in batch}, locks)
        new, last = unseen(ids), dict(standing.last)
        return [message for message in batch if _is_due(message, self._handled, new, last)]

    return due


def _is_due(message: Message, handled: Iterable[str], new: set[UUID], last: dict[Key, int]) -> bool:
    """What has no effect here is only counted, as ever."""
    event, key = message.recorded, message.key
    due = event.id in new if event.type in handled else event.sequence > last.get(key, 0)
    new.discard(event.id)
    last[key] = max(last.get(key, 0), event.sequence)
    return due


@bug(
    "inbox-without-key",
    "the inbox is asked first and has no unique key (nor are events refused by their sequence)",
    fault="F22",
    shows="I5",
)
def inbox_without_key(_service: str, _roles: Sequence[str]) -> None:
    """Between question and insert another worker does the same. `if not inbox.contains(id): handle(event)`."""
    apply_all, unseen = Consumer._apply_all, set[UUID]()

    async def ask_first(self: Consumer, batch: Sequence[Message]) -> None:
        ids = [message.recorded.id for message in batch]
        async with self.database.read() as tx:
            known = await tx.driver.fetch("SELECT event_id FROM inbox WHERE event_id = ANY($1::uuid[])", ids)
        unseen.clear()
        unseen.update(set(ids) - {row["event_id"] for row in known})
        await asyncio.sleep(SLOWLY)
        await apply_all(self, batch)

    instead(Consumer, "_apply_all", ask_first)
    instead(Consumer, "_due", by_the_inbox_alone(lambda _: set(unseen)))


@bug(
    "inbox-by-received-day",
    "ids are unique within the day of receipt, a day of two seconds (nor are events refused by their sequence)",
    fault="F15",
    shows="I5",
)
def inbox_by_received_day(_service: str, _roles: Sequence[str]) -> None:
    """A unique key of a partitioned table has to contain the day: what comes again after midnight is new."""
    received: dict[UUID, int] = {}

    def unseen(ids: Sequence[UUID]) -> set[UUID]:
        today = int(time.time() / DAY_SECONDS)
        new = {id for id in ids if received.get(id) != today}
        received.update(dict.fromkeys(ids, today))
        return new

    instead(Consumer, "_due", by_the_inbox_alone(unseen))


@bug(
    "duplicate-key-swallowed",
    "the inbox's duplicate key is caught as an exception, and the transaction that it aborted is taken for done",
    fault="F15",
    shows="I4 I7 I13",
)
def duplicate_key_swallowed(_service: str, _roles: Sequence[str]) -> None:
    """All else in the transaction is undone with it. Eventuate's way, which other databases forgive."""
    apply_all, arrive = Consumer._apply_all, inbox.arrive

    async def insert(tx: Transaction, ids: Sequence[UUID], keys: Iterable[Key], locks: Iterable[UUID] = ()) -> Standing:
        await tx.driver.execute("SAVEPOINT plain")
        await tx.driver.execute("INSERT INTO inbox (event_id) SELECT unnest($1::uuid[])", list(ids))
        await tx.driver.execute("ROLLBACK TO SAVEPOINT plain")  # nobody was there before: now as ever
        return await arrive(tx, ids, keys, locks)

    async def taken_for_done(self: Consumer, batch: Sequence[Message]) -> None:
        try:
            await apply_all(self, batch)
        except asyncpg.UniqueViolationError as repeat:
            if constraint_of(repeat) != "inbox_pkey":
                raise

    instead(inbox, "arrive", insert)
    instead(Consumer, "_apply_all", taken_for_done)
