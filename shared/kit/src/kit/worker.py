"""The worker: takes events from Kafka, has them applied, tries parked keys again.

Offsets live in the service's own database, in the transaction of the effects; the group's in Kafka only follow, for
those who watch lag there. One poll is one transaction: `docs/decisions/0004-one-poll-one-transaction.md`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from math import inf

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError

from kit import inbox
from kit.aligning import Aligning
from kit.cluster import cluster_of, stopped
from kit.consumer import Consumer, OffsetsUncertain, following
from kit.database import is_transient
from kit.inbox import Message, messages_of

log = logging.getLogger(__name__)

SESSION_SECONDS = 6.0
"""For so long a killed worker keeps its partitions, and a new one waits for them. Most brokers want at least this."""

LONGEST_PAUSE = 1.0
"""Seconds between two attempts while a server does not answer."""

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

TOPICS_EVERY = 5.0
"""Seconds after which the client looks for topics that were not there: a broker that lost its disk has none yet."""

RETRY_POLL = 0.5
"""Seconds between two looks at the parked keys."""

HELD_FOR = 0.1
"""Seconds for which events that no other service waits for are held, to be applied together."""

REST_AT_MOST = 0.01
"""Seconds that the worker rests after a batch, or as long as the batch took, if that is less.

What comes meanwhile is applied together. A worker with little to do is not resting when something comes, and applies
it at once; the more there is to do, the longer a batch takes, and the larger and so cheaper is the next.
"""


BACKLOG_SECONDS = 1.0
"""Who was behind for so long has caught up with a backlog: what parked keys wait for may have been in it."""


class Stalled(Exception):
    """The client does not deliver although the broker has more, or from where it should not: it is built anew."""


class Worker:
    """Runs until cancelled. Any number of workers of one service share the partitions."""

    def __init__(
        self, consumer: Consumer, kafka: str, *, max_records: int = 500, session_seconds: float = SESSION_SECONDS
    ) -> None:
        self.consumer = consumer
        self.session_seconds = session_seconds
        self.kafka = kafka
        self.max_records = max_records
        self.assigned: set[TopicPartition] = set()
        self.last_fault: str | None = None
        self.seek_fault: Exception | None = None
        self.held: list[Message] = []
        self.aligning = Aligning(4 * max_records)
        self.next: dict[tuple[str, int], int] = {}
        """What comes next in each partition, as far as we know."""
        self.known_at = inf
        """Since when we know what comes next. A crash during an attempt may take back a part of that attempt."""
        self.revocations = 0
        self._held_until = 0.0
        self._rests_until = 0.0
        self._behind_since: float | None = None
        self._caught_up = False
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
                    self.consumer.cluster = await self.ask_cluster() or self.consumer.cluster
                if self.consumer.cluster is None:
                    raise Stalled("the broker does not say of which cluster it is")
                client.subscribe(self.consumer.reactions.topics(), listener=_SeekToOurs(self, client))
                self.last_fault, self.seek_fault, self.assigned = None, None, set()
                self.give_up()
                pause = 0.2
                await self._poll(client)
            except Exception as fault:
                if not isinstance(fault, KafkaError | Stalled) and not is_transient(fault):
                    raise
                self.last_fault = f"{type(fault).__name__}: {fault}"
                log.warning("worker pauses %.1f s: %s", pause, self.last_fault)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            finally:
                await stopped(client)

    def _client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self.kafka,
            group_id=self.consumer.service,
            client_id=self.consumer.service,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=self.max_records,
            session_timeout_ms=int(self.session_seconds * 1000),
            heartbeat_interval_ms=int(self.session_seconds * 1000 / 4),
            rebalance_timeout_ms=int(REBALANCE_SECONDS * 1000),
            max_poll_interval_ms=300_000,
            fetch_max_wait_ms=500,
            metadata_max_age_ms=int(TOPICS_EVERY * 1000),
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
                if self.is_time():
                    batch, self.held = self.held[: self.max_records], self.held[self.max_records :]
                    self._make_room()
                    begun = time.monotonic()
                    await self.apply(batch)
                    self.rest(time.monotonic() - begun)
                if self._caught_up and not self.held:
                    await self._try_waiting()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def give_up(self) -> None:
        """Forget what was read and not applied: it is read again, here or by another worker."""
        self.held.clear()
        self.next.clear()
        self.aligning.clear()
        self._make_room()

    def _make_room(self) -> None:
        """Let more be read, when what is held is less than a batch: some was taken from it, or all was given up."""
        if len(self.held) < self.max_records:
            self._room.set()

    async def _read(self, client: AIOKafkaConsumer) -> None:
        """Take records from the client as soon as they come.

        The client asks the broker for nothing more of a partition whose records lie with it; one that is emptied late
        misses the request that is under way and waits for the next, up to half a second.
        """
        followed = delivered = time.monotonic()
        behind = False
        while not self._stopping:
            asked = time.monotonic()
            try:
                async with asyncio.timeout(STALLED_AFTER):
                    places = self.aligning.asked()
                    polled = await client.getmany(*places, timeout_ms=250, max_records=self.max_records)
            except TimeoutError as silent:
                raise Stalled(f"no poll has returned for {STALLED_AFTER:.0f} s") from silent
            if self.seek_fault is not None:
                raise Stalled(f"the offsets do not hold: {self.seek_fault}") from self.seek_fault
            # What came before `_SeekToOurs` was done comes again, from where the database says.
            ours = {place: messages_of(records) for place, records in polled.items() if place in self.assigned}
            delivered = time.monotonic() if ours else delivered
            unread = await self._unread(client)
            if due := self.aligning.due(ours, unread, time.monotonic() - asked):
                self.hold(due)
            self._note(time.monotonic(), bool(unread))
            if time.monotonic() - followed > LOOK_EVERY:
                followed = time.monotonic()
                cluster, _ = await asyncio.gather(self.ask_cluster(), self._tell_kafka(client))
                if cluster is not None and cluster != self.consumer.cluster:
                    raise Stalled(f"the broker belongs to another cluster: {cluster}, not {self.consumer.cluster}")
                was_behind, behind = behind, followed - delivered > SILENT_AFTER and await self._behind(client)
                if was_behind and behind:
                    raise Stalled(f"the broker has more, but nothing came for {SILENT_AFTER:.0f} s")
            await self._room.wait()
            if not self.consumer.has_urgent and not unread:
                await asyncio.sleep(HELD_FOR)  # one fetch then brings what would have been many

    async def _unread(self, client: AIOKafkaConsumer) -> set[TopicPartition]:
        """The partitions of which the broker has more, as far as the client knows; it does not ask for this."""
        ends = {place: client.highwater(place) for place in self.assigned & client.assignment()}
        return {place for place, end in ends.items() if end is None or await client.position(place) < end}

    def _note(self, now: float, behind: bool) -> None:
        """Find the end of a backlog."""
        if behind:
            self._behind_since = self._behind_since or now
        elif self._behind_since is not None:
            self._caught_up = self._caught_up or now - self._behind_since > BACKLOG_SECONDS
            self._behind_since = None

    async def _try_waiting(self) -> None:
        """After a backlog: what waiting keys miss may have been in it."""
        try:
            await self.consumer.wake_waiting()
            self._caught_up = False
            self.retry_soon()
        except Exception as fault:
            if not is_transient(fault):
                raise

    def hold(self, batch: list[Message]) -> None:
        """Put a poll behind what is held. When somebody waits for one of its effects, all is due after the rest."""
        now = time.monotonic()
        if not self.held:
            self._held_until = now + HELD_FOR
        self.held += batch
        if len(self.held) >= self.max_records:
            self._room.clear()
            self._held_until = now
            self._due.set()
        elif any(self.consumer.is_urgent(message) for message in batch):
            self._held_until = min(self._held_until, max(now, self._rests_until))
            self._due.set()

    def rest(self, took: float) -> None:
        """After a batch that took so many seconds."""
        self._rests_until = time.monotonic() + min(took, REST_AT_MOST)

    def is_time(self) -> bool:
        return bool(self.held) and (self._stopping or time.monotonic() >= self._held_until)

    def _patience(self) -> float:
        """How many seconds to wait for something urgent."""
        return max(0.001, self._held_until - time.monotonic()) if self.held else 0.25

    async def apply(self, batch: list[Message]) -> None:
        """Apply a batch, again and again while the database does not answer; the client stays in its group."""
        pause, taken = 0.1, self.revocations
        while True:
            if self.seek_fault is not None:  # what is held now may come after what was lost
                raise Stalled(f"the offsets do not hold: {self.seek_fault}") from self.seek_fault
            if self.revocations != taken:
                return  # it comes again, to whoever has its partitions now
            self.consumer.offsets_known_at = self.known_at  # not what is compared while it goes on: see `known_at`
            try:
                await self.consumer.apply(batch)
                self.next.update(following(batch))
                return
            except OffsetsUncertain:
                await self._compare_offsets()
            except Exception as fault:
                if not is_transient(fault):
                    raise
                log.warning("a batch of %d waits %.1f s: %s: %s", len(batch), pause, type(fault).__name__, fault)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _compare_offsets(self) -> None:
        """Is the database as far as we know? If it is not, the client is built anew and begins where it is.

        A crash takes it back by what it had not yet brought to the disk: see `outbox.append`. Until it is built
        anew nothing at all is applied: it would come after what was lost.
        """
        try:
            known, at = await self.read_offsets()
        except Exception as fault:
            if not is_transient(fault):
                raise
            await asyncio.sleep(0.1)
            return  # nothing is applied before it is known
        behind = [place for place, next in self.next.items() if known.get(place, 0) < next]
        if behind:
            self.seek_fault = Stalled(f"the database has gone back in {len(behind)} partitions")
        self.known_at = -inf if behind else at

    async def ask_cluster(self) -> str | None:
        """The cluster of the broker; None when it does not answer, which does not make it another one."""
        return await cluster_of(self.kafka)

    async def read_offsets(self) -> tuple[dict[tuple[str, int], int], float]:
        """What the database says comes next in each partition of this cluster, and since when that is known."""
        asked = time.monotonic()
        async with self.consumer.database.begin() as tx:
            known = await inbox.offsets(tx, self.consumer.reactions.topics(), self.consumer.cluster)
            return known, max(asked, tx.opened)

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
                if await self.consumer.are_offsets_uncertain():
                    await self._compare_offsets()
            except Exception as fault:
                if not is_transient(fault):
                    log.exception("a parked key could not be tried again")
                await asyncio.sleep(1)
            self._retry_now.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(RETRY_POLL):
                    _ = await self._retry_now.wait()


class _SeekToOurs(ConsumerRebalanceListener):
    """Whoever gets a partition goes on where the database says. The client awaits what it declares as plain methods."""

    def __init__(self, worker: Worker, client: AIOKafkaConsumer) -> None:
        self.worker = worker
        self.client = client

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        self.worker.revocations += 1
        self.worker.assigned = set()
        self.worker.give_up()

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        try:
            known, at = await self.worker.read_offsets()
            for place in assigned:
                begin = known.get((place.topic, place.partition), 0)
                self.worker.next[place.topic, place.partition] = begin
                self.client.seek(place, begin)
            self.worker.assigned = set(assigned)
            self.worker.known_at = at
        except Exception as fault:
            self.worker.seek_fault = fault  # the client would only log it, and go on where Kafka remembers
