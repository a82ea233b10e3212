"""The worker: takes events from Kafka, has them applied, tries parked keys again.

Offsets live in the service's own database, in the transaction of the effects; the group's offsets in Kafka only
follow, for those who watch lag there. One poll, over all assigned partitions, is one transaction: see
`docs/decisions/0004-one-poll-one-transaction.md`.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from kit import inbox
from kit.consumer import Consumer
from kit.database import is_transient
from kit.envelope import NotACloudEvent, read
from kit.inbox import Message

log = logging.getLogger(__name__)

SESSION_SECONDS = 10.0
"""For so long a killed worker keeps its partitions, and a new one waits for them."""

REBALANCE_SECONDS = 20.0
"""For so long a group waits for its members when it shares out anew; a poll does not return before."""

STALLED_AFTER = 45.0
"""Seconds without a poll that returns before the client is built anew (aiokafka#1154).

More than session and rebalance together: who gives up joining too soon is one more member to wait for.
"""

SILENT_AFTER = 8.0
"""Seconds without a record, though the broker has some at two looks in a row, before the client is built anew."""

LOOK_EVERY = 5.0
"""Seconds between two looks at whether the broker has more."""

RETRY_POLL = 0.5
"""Seconds between two looks at the parked keys."""

HELD_FOR = 0.1
"""Seconds for which events that no other service waits for are held, to be applied together."""


class Stalled(Exception):
    """The client does not deliver although the broker has more."""


class Worker:
    """Runs until cancelled. Any number of workers of one service share the partitions."""

    def __init__(self, consumer: Consumer, kafka: str, *, max_records: int = 500) -> None:
        self.consumer = consumer
        self.kafka = kafka
        self.max_records = max_records
        self.assigned: set[TopicPartition] = set()
        self.last_fault: str | None = None
        self.seek_fault: Exception | None = None
        self.held: list[Message] = []
        self._held_until = 0.0
        self._stopping = False
        self._due = asyncio.Event()
        self._room = asyncio.Event()
        self._retry_now = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self.last_fault is None

    def stop(self) -> None:
        """Finish what is held, then return from `run`."""
        self._stopping = True
        self._due.set()

    def retry_soon(self) -> None:
        """Look at the parked keys now."""
        self._retry_now.set()

    async def run(self) -> None:
        if not self.consumer.reactions.topics():
            return
        async with asyncio.TaskGroup() as tasks:
            retries = tasks.create_task(self._retry_parked())
            await self._consume()
            _ = retries.cancel()

    async def _consume(self) -> None:
        pause = 0.2
        while not self._stopping:
            client = self._client()
            try:
                async with asyncio.timeout(30):
                    await client.start()
                client.subscribe(self.consumer.reactions.topics(), listener=_SeekToOurs(self, client))
                self.last_fault, self.seek_fault, self.assigned, self.held = None, None, set(), []
                self._room.set()
                pause = 0.2
                await self._poll(client)
            except Exception as fault:
                if not isinstance(fault, KafkaError | Stalled) and not is_transient(fault):
                    raise
                self.last_fault = f"{type(fault).__name__}: {fault}"
                log.warning("worker pauses %.1f s: %s", pause, self.last_fault)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)
            finally:
                with suppress(Exception):
                    async with asyncio.timeout(5):  # stop can hang while no broker answers (aiokafka#1101, #659)
                        await client.stop()

    def _client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.kafka,
            group_id=self.consumer.service,
            client_id=self.consumer.service,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=self.max_records,
            session_timeout_ms=int(SESSION_SECONDS * 1000),
            heartbeat_interval_ms=3_000,
            rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=500,
            partition_assignment_strategy=[StickyPartitionAssignor],
        )

    async def _poll(self, client: AIOKafkaConsumer) -> None:
        """Apply what is read, while more is read."""
        reading = asyncio.create_task(self._read(client))
        try:
            while not self._stopping or self.held:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._patience()):
                        await self._due.wait()
                self._due.clear()
                if reading.done():
                    reading.result()
                if self._is_time():
                    batch, self.held = self.held, []
                    self._room.set()
                    await self._apply(batch)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _read(self, client: AIOKafkaConsumer) -> None:
        """Take records from the client as soon as they come.

        The client asks the broker for nothing more of a partition whose records lie with it; one that is emptied late
        misses the request that is under way and waits for the next, up to half a second.
        """
        followed = delivered = time.monotonic()
        behind = False
        while not self._stopping:
            try:
                async with asyncio.timeout(STALLED_AFTER):
                    polled = await client.getmany(timeout_ms=250, max_records=self.max_records)
            except TimeoutError as silent:
                raise Stalled(f"no poll has returned for {STALLED_AFTER:.0f} s") from silent
            if self.seek_fault is not None:
                raise Stalled(f"the offsets could not be read: {self.seek_fault}") from self.seek_fault
            # What came before `_SeekToOurs` was done comes again, from where the database says.
            ours = {place: records for place, records in polled.items() if place in self.assigned}
            if ours:
                delivered = time.monotonic()
                self._hold(merged(ours))
            if time.monotonic() - followed > LOOK_EVERY:
                followed = time.monotonic()
                await self._tell_kafka(client)
                was_behind, behind = behind, followed - delivered > SILENT_AFTER and await self._behind(client)
                if was_behind and behind:
                    raise Stalled(f"the broker has more, but nothing came for {SILENT_AFTER:.0f} s")
            await self._room.wait()
            if not self.consumer.has_urgent:
                await asyncio.sleep(HELD_FOR)  # one fetch then brings what would have been many

    def _hold(self, batch: list[Message]) -> None:
        """Put a poll behind what is held. When somebody waits for one of its effects, all of it is due now."""
        now = time.monotonic()
        if not self.held:
            self._held_until = now + HELD_FOR
        self.held += batch
        if len(self.held) >= self.max_records:
            self._room.clear()
            self._held_until = now
        if any(self.consumer.is_urgent(message) for message in batch):
            self._held_until = now
        if self._held_until <= now:
            self._due.set()

    def _is_time(self) -> bool:
        return bool(self.held) and (self._stopping or time.monotonic() >= self._held_until)

    def _patience(self) -> float:
        """How many seconds to wait for something urgent."""
        return max(0.001, self._held_until - time.monotonic()) if self.held else 0.25

    async def _apply(self, batch: list[Message]) -> None:
        """Apply a batch, again and again while the database does not answer; the client stays in its group."""
        pause = 0.1
        while True:
            try:
                return await self.consumer.apply(batch)
            except Exception as fault:
                if not is_transient(fault):
                    raise
                log.warning("a batch of %d waits %.1f s: %s: %s", len(batch), pause, type(fault).__name__, fault)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    async def _tell_kafka(self, client: AIOKafkaConsumer) -> None:
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(2):
                await client.commit()

    async def _behind(self, client: AIOKafkaConsumer) -> bool:
        with suppress(KafkaError, TimeoutError):
            async with asyncio.timeout(2):
                ends = await client.end_offsets(list(client.assignment()))
                return any([await client.position(place) < end for place, end in ends.items()])
        return False

    async def _retry_parked(self) -> None:
        while True:
            try:
                while await self.consumer.retry_parked():
                    pass
            except Exception as fault:
                if not is_transient(fault):
                    log.exception("a parked key could not be tried again")
                await asyncio.sleep(1)
            self._retry_now.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_POLL):
                    _ = await self._retry_now.wait()


class _SeekToOurs(ConsumerRebalanceListener):
    """Whoever gets a partition goes on where the database says, not where Kafka remembers.

    The client awaits these methods, although it declares them as plain ones.
    """

    def __init__(self, worker: Worker, client: AIOKafkaConsumer) -> None:
        self.worker = worker
        self.client = client

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.worker.assigned = set()
        self.worker.held.clear()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        database, topics = self.worker.consumer.database, self.worker.consumer.reactions.topics()
        try:
            async with database.begin() as tx:
                known = await inbox.offsets(tx, topics)
            for place in assigned:
                self.client.seek(place, known.get((place.topic, place.partition), 0))
            self.worker.assigned = set(assigned)
        except Exception as fault:
            self.worker.seek_fault = fault  # the client would only log it, and go on where Kafka remembers


def merged(polled: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]]) -> list[Message]:
    """One batch out of all partitions, by time; within a partition in its order."""
    return list(heapq.merge(*map(_messages, polled.values()), key=lambda message: message.recorded.time))


def _messages(records: Sequence[ConsumerRecord[bytes, bytes]]) -> list[Message]:
    found: list[Message] = []
    for record in records:
        try:
            event = read(record.headers, record.value)
        except NotACloudEvent as foreign:
            # Nothing of ours writes such a record: it has no key that could be parked, and stays in the topic.
            log.error("record %s/%d@%d is skipped: %s", record.topic, record.partition, record.offset, foreign)
            continue
        found.append(Message(record.topic, record.partition, record.offset, event))
    return found
