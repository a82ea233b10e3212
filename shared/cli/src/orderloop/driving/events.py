"""Watching the events of all services: who waits for one is told the moment that it comes."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from contracts import SERVICES
from contracts.errors import Unavailable
from contracts.event import Event

DEADLINE_SECONDS = 30.0


class NeverCame(Unavailable):
    """An event did not come in time; the message tells what came instead."""


@dataclass(frozen=True)
class Seen:
    """An event as it stands in a topic."""

    headers: dict[str, str]
    value: bytes = field(repr=False)

    @property
    def id(self) -> str:
        return self.headers["ce_id"]

    @cached_property
    def name(self) -> str:
        """The class name of the event, such as `OrderPlaced`."""
        return self.headers["ce_type"].split(".")[2]

    @property
    def service(self) -> str:
        return self.headers["ce_type"].split(".")[1]

    @property
    def subject(self) -> str:
        return self.headers["ce_subject"]

    @property
    def sequence(self) -> int:
        return int(self.headers["ce_sequence"])

    @property
    def correlation(self) -> str:
        return self.headers["ce_correlationid"]

    @property
    def causation(self) -> str:
        return self.headers["ce_causationid"]

    @property
    def actor(self) -> str:
        return self.headers["ce_actor"]

    @cached_property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.headers["ce_time"].replace("Z", "+00:00"))

    @cached_property
    def data(self) -> dict[str, Any]:  # Any: JSON
        return cast("dict[str, Any]", json.loads(self.value))

    def fits(self, wanted: dict[str, object]) -> bool:
        """Whether the data has all of these fields with these values, written as JSON writes them."""
        return all(self.data.get(name) == value for name, value in wanted.items())

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """Under what it is found: its type, and its type with each of its ids. What is no JSON object has no ids."""
        try:
            data = self.data.items()
        except (ValueError, AttributeError):
            return ((self.name, None),)
        ids = ((name, value) for name, value in data if name.endswith("_id") and isinstance(value, str))
        return ((self.name, None), *((self.name, each) for each in ids))


Key = tuple[str, tuple[str, str] | None]
"""A type of event, and perhaps one id that it names."""


@dataclass(eq=False)
class _Waiting:
    wanted: dict[str, object]
    found: asyncio.Future[Seen]


def _key(event: type[Event] | str, wanted: dict[str, object]) -> Key:
    """The narrowest key for what is wanted, so that neither looking nor telling goes through all of a type."""
    name = event if isinstance(event, str) else event.__name__
    ids = ((field, value) for field, value in wanted.items() if field.endswith("_id") and isinstance(value, str))
    return name, next(ids, None)


def _written(fields: dict[str, object]) -> dict[str, object]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in fields.items()}


class EventStream:
    """Everything that was published since it was opened, and who waits for what."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._by_key: dict[Key, list[Seen]] = defaultdict(list)
        self._by_correlation: dict[str, list[Seen]] = defaultdict(list)
        self._waiting: dict[Key, list[_Waiting]] = defaultdict(list)
        self.listeners: list[Callable[[Seen], None]] = []

    async def until(self, event: type[Event] | str, *, within: float = DEADLINE_SECONDS, **fields: object) -> Seen:
        """The first event of this type with these fields, past or to come. Raises NeverCame."""
        wanted = _written(fields)
        key = _key(event, wanted)
        for seen in self._by_key.get(key, ()):
            if seen.fits(wanted):
                return seen
        waiting = _Waiting(wanted, asyncio.get_running_loop().create_future())
        self._waiting[key].append(waiting)
        try:
            async with asyncio.timeout(within):
                return await waiting.found
        except TimeoutError as late:
            raise NeverCame(f"no {key[0]} with {wanted} within {within:.0f} s; {self._instead(wanted)}") from late
        finally:
            self._stop_waiting(key, waiting)

    async def until_count(
        self, event: type[Event] | str, count: int, *, within: float = DEADLINE_SECONDS, **fields: object
    ) -> Seen:
        """The nth event of this type with these fields, past or to come. Raises NeverCame."""
        came = asyncio.Event()

        def tell(_: Seen) -> None:
            came.set()

        self.listeners.append(tell)
        try:
            async with asyncio.timeout(within):
                while len(found := self.named(event, **fields)) < count:
                    came.clear()
                    await came.wait()
                return found[count - 1]
        except TimeoutError as late:
            found = self.named(event, **fields)
            raise NeverCame(f"{len(found)} of {count} {event} with {fields} within {within:.0f} s") from late
        finally:
            self.listeners.remove(tell)

    def named(self, event: type[Event] | str, **fields: object) -> list[Seen]:
        """All events of this type with these fields that came so far."""
        wanted = _written(fields)
        return [seen for seen in self._by_key.get(_key(event, wanted), ()) if seen.fits(wanted)]

    def thread(self, correlation: str) -> list[Seen]:
        """The events of one loop, in the order of their times."""
        return sorted(self._by_correlation[correlation], key=lambda seen: (seen.time, seen.sequence))

    def take(self, seen: Seen) -> None:
        """Remember an event and tell who waits for it."""
        self.seen.append(seen)
        self._by_correlation[seen.correlation].append(seen)
        for key in seen.keys:
            self._by_key[key].append(seen)
            for waiting in self._waiting.get(key, ()):
                if not waiting.found.done() and seen.fits(waiting.wanted):
                    waiting.found.set_result(seen)
        for listener in tuple(self.listeners):
            listener(seen)

    def forget(self) -> None:
        """Drop what came so far, so that a long run stays small."""
        self.seen.clear()
        self._by_key.clear()
        self._by_correlation.clear()

    def _stop_waiting(self, key: Key, waiting: _Waiting) -> None:
        self._waiting[key].remove(waiting)
        if not self._waiting[key]:
            del self._waiting[key]

    def _instead(self, wanted: dict[str, object]) -> str:
        values = set(map(str, wanted.values()))
        related = [seen.name for seen in self.seen if values & set(map(str, seen.data.values()))]
        return f"of the same ids came: {', '.join(related[-30:]) or 'nothing'}"


@asynccontextmanager
async def watching(kafka: str, services: Iterable[str] = SERVICES) -> AsyncGenerator[EventStream]:
    """Watch the topics of these services from now on."""
    topics = [f"{service}.events" for service in services]
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    stream = EventStream()
    try:
        await consumer.seek_to_end()
        reading = asyncio.create_task(_read(consumer, stream))
        try:
            yield stream
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, stream: EventStream) -> None:
    while True:
        polled = await consumer.getmany(timeout_ms=500, max_records=2000)
        for records in polled.values():
            for record in records:
                with suppress(KeyError, ValueError, IndexError):  # no CloudEvent: nothing that anybody waits for
                    stream.take(_seen(record))


def _seen(record: ConsumerRecord[bytes, bytes]) -> Seen:
    return Seen({name: value.decode() for name, value in record.headers}, record.value or b"")
