"""Applying events: a batch in one transaction, and what to do when one of its events cannot be applied.

In this order, each a statement for the whole batch: fence (inbox), positions and parked keys, locks, effects, outbox,
positions and offsets. The Kafka client is in `worker.py`; this knows only the database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from pydantic import ValidationError

from contracts.errors import Malformed
from contracts.event import Event, Recorded
from kit import inbox, outbox, parking
from kit.context import Cause, cause, recorded, written
from kit.database import Database, Transaction, as_refusal, is_transient
from kit.inbox import Key, Message
from kit.locks import lock
from kit.outbox import Caused
from kit.reactions import Reactions
from kit.telemetry import Metrics, span

Decided = list[tuple[Message, Event | None]]


class EventNotReadable(Malformed):
    """An event's data has the form that its schema in `schemas/events` describes."""


class Consumer:
    """Applies events to one database. `committed` is called after each commit that wrote events."""

    def __init__(
        self, service: str, database: Database, reactions: Reactions, committed: Callable[[], None], metrics: Metrics
    ) -> None:
        self.service = service
        self.database = database
        self.reactions = reactions
        self.committed = committed
        self.metrics = metrics
        self._handled = reactions.handled()
        self._urgent = {
            event.type_name() for event, found in reactions.effects.items() if any(each.tells for each in found)
        }

    @property
    def has_urgent(self) -> bool:
        return bool(self._urgent)

    def is_urgent(self, message: Message) -> bool:
        """Whether another service waits for the effect; what is only remembered here may be applied a little later."""
        return message.recorded.type in self._urgent

    async def apply(self, batch: Sequence[Message]) -> None:
        """Apply a batch; what cannot be applied is parked. Raises only faults that pass by themselves."""
        if not batch:
            return
        try:
            await self._apply_all(batch)
        except Exception as fault:
            if is_transient(fault):
                raise
            if len(batch) == 1:
                await self._park(batch[0], _refusal_in(fault))
            else:  # halve it until the guilty one is found
                middle = len(batch) // 2
                await self.apply(batch[:middle])
                await self.apply(batch[middle:])

    async def _apply_all(self, batch: Sequence[Message]) -> None:
        async with self.database.begin() as tx:
            due = await self._due(tx, batch)
            events = await self._effects(tx, [message.recorded for message in due])
            advancing = inbox.advancing({m.key: m.recorded for m in due}, _offsets(batch))
            _ = await outbox.append(tx, events, advancing)
        self._count(due)
        if events:
            self.committed()

    async def _due(self, tx: Transaction, batch: Sequence[Message]) -> list[Message]:
        """The messages that are neither repeats nor behind a parked key nor after a gap, in order."""
        ids = [m.recorded.id for m in batch if m.recorded.type in self._handled]
        standing = await inbox.arrive(tx, ids, {m.key for m in batch}, self._locks([m.recorded for m in batch]))
        new, last, parked = standing.new, standing.last, standing.parked
        due: list[Message] = []
        for message in batch:
            event, key = message.recorded, message.key
            expected = last.get(key, 0) + 1
            if event.sequence > expected and key not in parked:
                expected = await self._look_again(tx, key, last, parked)
            if event.sequence < expected or (event.type in self._handled and event.id not in new):
                continue
            if key in parked:
                await self._wait_behind(tx, message, parked[key], expected)
            elif event.sequence > expected:
                parked[key] = "gap"
                await parking.park(tx, message.topic, event, "gap", f"event {expected} of this key has not come yet")
            else:
                last[key] = event.sequence
                due.append(message)
        return due

    async def _look_again(self, tx: Transaction, key: Key, last: dict[Key, int], parked: dict[Key, str]) -> int:
        """A key whose first event was applied while `arrive` waited is seen by a later statement only."""
        fresh, still_parked = await inbox.positions(tx, [key])
        last[key] = max(last.get(key, 0), fresh.get(key, 0))
        parked.update(still_parked)
        return last[key] + 1

    async def _wait_behind(self, tx: Transaction, message: Message, kind: str, expected: int) -> None:
        await parking.put_behind(tx, message.topic, message.recorded)
        if kind == "gap" and message.recorded.sequence == expected:
            await parking.wake_gap(tx, message.key)

    async def _effects(self, tx: Transaction, events: Sequence[Recorded]) -> list[Caused]:
        known = [(each, _event_of(each)) for each in events if each.type in self._handled]
        told: list[Caused] = []
        for each, event in known:
            told += await self._react(tx, each, event)
        await self._feed(tx, known)
        return told

    def _locks(self, events: Sequence[Recorded]) -> set[UUID]:
        """What the effects of these events will write. One that cannot be read has none: it will be parked."""
        found: set[UUID] = set()
        for each in events:
            with suppress(EventNotReadable):
                event = _event_of(each) if each.type in self._handled else None
                for reaction in self.reactions.effects.get(type(event), ()) if event is not None else ():
                    if reaction.locks is not None:
                        found.update(reaction.locks(event))
        return found

    async def _react(self, tx: Transaction, each: Recorded, event: Event) -> list[Caused]:
        told: list[Caused] = []
        for reaction in self.reactions.effects.get(type(event), ()):
            with span(f"{self.service} {reaction.name}", kind="consumer", traceparent=each.traceparent) as traceparent:
                tokens = (
                    cause.set(Cause(each.id, each.actor, each.correlation_id, traceparent)),
                    recorded.set(each),
                    written.set(None),
                )
                try:
                    told += outbox.caused(await reaction.effect(event, tx))
                finally:
                    cause.reset(tokens[0])
                    recorded.reset(tokens[1])
                    written.reset(tokens[2])
        return told

    async def _feed(self, tx: Transaction, known: Sequence[tuple[Recorded, Event]]) -> None:
        for types, effect in self.reactions.feeds:
            taken = [each for each, event in known if type(event) in types]
            if taken:
                await effect(taken, tx)

    async def _park(self, message: Message, fault: Exception) -> None:
        """Park one message, in a transaction of its own that also moves the offset past it."""
        async with self.database.begin() as tx:
            last, _ = await inbox.positions(tx, [message.key])
            if last.get(message.key, 0) < message.recorded.sequence:  # else another worker has applied it meanwhile
                kind, reason = parking.kind_of(fault), parking.reason_of(fault)
                await parking.park(tx, message.topic, message.recorded, kind, reason)
            await inbox.advance(tx, {}, _offsets([message]))

    async def retry_parked(self) -> bool:
        """Try the parked key that is due first: one event, one transaction. Says whether there was one."""
        events = 0
        async with self.database.begin() as tx:
            key = await parking.next_due(tx)
            if key is None:
                return False
            try:
                async with tx.begin_nested():
                    events = await self._retry(tx, key)
            except Exception as fault:
                if is_transient(fault):
                    raise
                refusal = _refusal_in(fault)
                await parking.postpone(tx, key, parking.kind_of(refusal), parking.reason_of(refusal))
        if events:
            self.committed()
        return True

    async def _retry(self, tx: Transaction, key: Key) -> int:
        event = await parking.first_message(tx, key)
        if event is None:
            await parking.free(tx, key)
            return 0
        last, _ = await inbox.positions(tx, [key])
        expected = last.get(key, 0) + 1
        if event.sequence > expected:
            await parking.postpone(tx, key, "gap", f"event {expected} of this key has not come yet")
            return 0
        told: list[Caused] = []
        if event.sequence == expected:
            _ = await inbox.fence(tx, [event.id])
            await lock(tx, self._locks([event]))
            told = await self._effects(tx, [event])
            _ = await outbox.append(tx, told)
            await inbox.advance(tx, {key: event}, {})
        await parking.go_on(tx, key, event.sequence)
        return len(told)

    async def discard_parked(self, key: Key, reason: str, by: str) -> Recorded:
        """Give up the event that blocks a key; the rest of the key goes on. Raises NotFound."""
        async with self.database.begin() as tx:
            event = await parking.discard(tx, key, reason, by)
            await inbox.advance(tx, {key: event}, {})
        return event

    def _count(self, due: Sequence[Message]) -> None:
        if not self.metrics.on:
            return
        now = datetime.now(UTC)
        for message in due:
            seconds = (now - message.recorded.time).total_seconds()
            about = {"event": message.recorded.type, "consumer": self.service}
            self.metrics.consumer_lag_seconds.record(seconds, about)
            if message.recorded.type in self._handled:
                self.metrics.hop_seconds.record(seconds, about)
        self.metrics.events_consumed.add(len(due))


def _event_of(each: Recorded) -> Event:
    try:
        event = each.event()
    except ValidationError as error:
        raise EventNotReadable(f"{each.type} {each.id} does not fit its schema: {error}") from error
    assert event is not None, "a handled type has a class"
    return event


def _refusal_in(fault: Exception) -> Exception:
    return as_refusal(fault) or fault


def _offsets(batch: Sequence[Message]) -> dict[tuple[str, int], int]:
    following: dict[tuple[str, int], int] = defaultdict(int)
    for message in batch:
        place = (message.topic, message.partition)
        following[place] = max(following[place], message.offset + 1)
    return dict(following)
