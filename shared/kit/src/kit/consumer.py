"""Applying events: a batch in one transaction, and what to do when one of its events cannot be applied.

In this order, each a statement for the whole batch: fence (inbox), positions and parked keys, locks, effects (what they
read and write is held, see `held.py`), outbox, positions and offsets. The Kafka client is in `worker.py`; this knows
only the database.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from math import inf
from uuid import UUID

from pydantic import ValidationError

from contracts.errors import Malformed, Unavailable
from contracts.event import Event, Recorded
from kit import inbox, outbox, parking
from kit.context import Cause, cause, recorded, written
from kit.database import Database, StaleWrite, Transaction, as_refusal, is_transient
from kit.held import holding
from kit.inbox import Key, Message
from kit.locks import lock
from kit.outbox import Caused
from kit.reactions import Reactions
from kit.telemetry import Metrics, span

RETRY_TOGETHER = 100
"""At most so many parked keys are tried in one transaction."""

Decided = list[tuple[Message, Event | None]]


class EventNotReadable(Malformed):
    """An event's data has the form that its schema in `schemas/events` describes."""


class OffsetsUncertain(Unavailable):
    """The database was connected to anew since the offsets were read: a crash may have taken it back a moment."""


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
        self.offsets_known_at = inf
        """When the offsets were read that the batches follow on; on a connection that is younger none is applied."""
        self.cluster: str | None = None
        """The Kafka cluster that the messages come from; the offsets are its own. None while it is not known."""
        self._together = 1
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
            alone = len(batch) == 1
            if is_transient(fault) and (alone or not isinstance(fault, StaleWrite)):
                raise
            if alone:
                await self._park(batch[0], _refusal_in(fault))
            else:  # halve it until the guilty one is found, or until no two of them are in each other's way
                middle = len(batch) // 2
                await self.apply(batch[:middle])
                await self.apply(batch[middle:])

    async def are_offsets_uncertain(self) -> bool:
        """Whether the database was connected to anew since the offsets were read."""
        async with self.database.read() as tx:
            return tx.opened > self.offsets_known_at

    async def _apply_all(self, batch: Sequence[Message]) -> None:
        async with self._following() as tx:
            due = await self._due(tx, batch)
            applied = {m.key: m.recorded for m in due}
            async with holding(tx):
                events = await self._effects(tx, [message.recorded for message in due])
                moved = inbox.advancing(applied, following(batch), self.cluster)
                _ = await outbox.append(tx, events, moved, soon=not events)
        self._count(due)
        if events:
            self.committed()

    @asynccontextmanager
    async def _following(self) -> AsyncGenerator[Transaction]:
        """A transaction that may move the offsets on. Raises OffsetsUncertain."""
        async with self.database.begin() as tx:
            if tx.opened > self.offsets_known_at:
                raise OffsetsUncertain("compare the offsets, then go on")
            yield tx

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
        await self._read_ahead(tx, [event for _, event in known])
        for each, event in known:
            told += await self._react(tx, each, event)
        await self._feed(tx, known)
        return told

    async def _read_ahead(self, tx: Transaction, events: Sequence[Event]) -> None:
        for types, read in self.reactions.aheads:
            if taken := [event for event in events if type(event) in types]:
                await read(taken, tx)

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
        async with self._following() as tx:
            last, _ = await inbox.positions(tx, [message.key])
            if last.get(message.key, 0) < message.recorded.sequence:  # else another worker has applied it meanwhile
                kind, reason = parking.kind_of(fault), parking.reason_of(fault)
                await parking.park(tx, message.topic, message.recorded, kind, reason)
            await inbox.advance(tx, {}, following([message]), self.cluster)

    async def wake_waiting(self) -> None:
        """What waits for something unknown is tried at once: it may have come."""
        async with self.database.begin() as tx:
            await parking.wake_waiting(tx)

    async def retry_parked(self) -> bool:
        """Try parked keys that are due, the next event of each, in one transaction. Says whether there were some.

        How many depends on luck: after a failure half as many, down to one, which is put off then; else twice as many.
        """
        told = 0
        async with self.database.begin() as tx:
            keys = await parking.next_due(tx, self._together)
            if not keys:
                return False
            try:
                async with tx.begin_nested():
                    told = await self._retry(tx, keys)
                self._together = min(2 * self._together, RETRY_TOGETHER)
            except Exception as fault:
                if is_transient(fault):
                    raise
                self._together = max(1, len(keys) // 2)
                if len(keys) == 1:
                    refusal = _refusal_in(fault)
                    await parking.postpone(tx, keys[0], parking.kind_of(refusal), parking.reason_of(refusal))
        if told:
            self.committed()
        return True

    async def _retry(self, tx: Transaction, keys: Sequence[Key]) -> int:
        first = await parking.first_messages(tx, keys)
        expected = await self._expected(tx, first)
        due, done = dict[Key, Recorded](), dict[Key, int]()
        for key, event in first.items():
            if event.sequence > expected[key]:
                await parking.postpone(tx, key, "gap", f"event {expected[key]} of this key has not come yet")
                continue
            done[key] = event.sequence
            if event.sequence == expected[key]:
                due[key] = event
        told = await self._make_up(tx, due)
        await parking.go_on(tx, done)
        await parking.free(tx, keys)
        return len(told)

    async def _make_up(self, tx: Transaction, due: Mapping[Key, Recorded]) -> list[Caused]:
        told: list[Caused] = []
        if due:
            events = sorted(due.values(), key=lambda event: event.time)
            await lock(tx, self._locks(events))
            async with holding(tx):
                told = await self._effects(tx, events)
                _ = await outbox.append(tx, told)
            await inbox.advance(tx, due, {})
        return told

    async def _expected(self, tx: Transaction, first: Mapping[Key, Recorded]) -> dict[Key, int]:
        """The number of each key's next event.

        The fence comes first: who has waited there for another worker that applies this event sees how far it went.
        """
        _ = await inbox.fence(tx, [event.id for event in first.values()])
        last, _ = await inbox.positions(tx, first)
        return {key: last.get(key, 0) + 1 for key in first}

    async def discard_parked(self, key: Key, event_id: UUID, reason: str, by: str) -> Recorded:
        """Give up the event that blocks a key; the rest of the key goes on. Raises NotFound or Refused."""
        async with self.database.begin() as tx:
            event = await parking.blocking(tx, key, event_id)
            parking.check_turn(event, (await self._expected(tx, {key: event}))[key])
            await parking.discard(tx, key, event, reason, by)
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


def following(batch: Sequence[Message]) -> dict[tuple[str, int], int]:
    """The offset of each partition that comes after the batch."""
    found: dict[tuple[str, int], int] = {}
    for message in batch:
        place = (message.topic, message.partition)
        found[place] = max(found.get(place, 0), message.offset + 1)
    return found
