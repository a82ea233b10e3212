"""The relay: what was committed to the outbox goes to Kafka, in order per key, and nothing is left out.

It reads windows between two snapshots (decision 0002): a row is in the window if and only if its transaction
committed between them, whatever its id. The cursor moves after Kafka has acknowledged the whole window. An advisory
lock makes one relay active per database; the epoch stops one that lost its lock without noticing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import cast

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from kit.cluster import stopped
from kit.database import FAULTS, server_settings
from kit.envelope import headers_of
from kit.partition import partition_of
from kit.telemetry import Metrics

log = logging.getLogger(__name__)

LOCK = "SELECT pg_try_advisory_lock(hashtext('orderloop.relay'))"
NOTHING_YET = "3:3:"
"""The snapshot before the first transaction that a user can run."""

PAGE = 2000
CHANNEL = "outbox"

LONGEST_PAUSE = 1.0
"""Seconds between two attempts to lead while a server does not answer."""

KEEP_EVERY = 0.1
"""Seconds after which the cursor is kept, at the latest."""

REST_AT_MOST = 0.05
"""Seconds that the relay rests after it has sent something, or as long as that took, if that is less.

What is committed meanwhile is sent together: the more there is to do, the larger and so cheaper is the next batch, for
the broker and for all who read it. When there is little to do sending takes a few milliseconds.
"""


class LostTheLead(Exception):
    """Another relay has taken over: it moved the epoch."""


class Relay:
    """Sends the outbox of one database to one topic. `run` until cancelled; several may run, one is active."""

    def __init__(self, dsn: str, kafka: str, service: str, *, poll: float = 0.5, metrics: Metrics) -> None:
        self.dsn = dsn
        self.kafka = kafka
        self.service = service
        self.topic = f"{service}.events"
        self.poll = poll
        self.metrics = metrics
        self.epoch: int | None = None
        self.published = 0
        self.last_fault: str | None = None
        self._wake = asyncio.Event()
        self._seen = self._kept = NOTHING_YET
        self._kept_at = 0.0

    @property
    def active(self) -> bool:
        return self.epoch is not None

    def wake(self) -> None:
        """Something was committed: look now rather than at the next poll."""
        self._wake.set()

    async def run(self) -> None:
        pause = 0.2
        while True:
            try:
                async with self._lead() as (connection, producer):
                    pause = 0.2
                    await self._lead_on(connection, producer)
            except (*FAULTS, KafkaError, LostTheLead) as fault:
                self.last_fault = f"{type(fault).__name__}: {fault}"
                log.warning("relay pauses %.1f s: %s", pause, self.last_fault)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    @asynccontextmanager
    async def _lead(self) -> AsyncGenerator[tuple[asyncpg.Connection, AIOKafkaProducer]]:
        """Become the active relay: hold the lock, take the next epoch, have a fresh producer."""
        async with AsyncExitStack() as leaving:
            connection = await asyncpg.connect(
                self.dsn, timeout=5, command_timeout=15, server_settings=_settings(self.service)
            )
            _ = leaving.callback(connection.terminate)
            await self._wait_for_lock(connection)
            producer = self._producer()
            # A producer whose send failed cannot be used again (aiokafka#1017).
            _ = leaving.push_async_callback(stopped, producer)
            _ = leaving.push_async_callback(self._let_go, connection)
            async with asyncio.timeout(15):
                await producer.start()
            await connection.add_listener(CHANNEL, self._notified)
            await self._take_over(connection)
            yield connection, producer

    def _producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            bootstrap_servers=self.kafka,
            client_id=f"{self.service}-relay",
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=10_000,
            max_batch_size=900_000,
            compression_type="lz4",  # zstd costs broker and readers as much again as a batch of one event does
        )

    async def _let_go(self, connection: asyncpg.Connection) -> None:
        try:
            with suppress(Exception):
                async with asyncio.timeout(1):
                    await self._keep(connection)
        finally:
            self.epoch = None

    def _notified(self, *_: object) -> None:
        self.wake()

    async def _wait_for_lock(self, connection: asyncpg.Connection) -> None:
        while not await connection.fetchval(LOCK):
            self.last_fault = None  # another relay is active: nothing is wrong here
            await asyncio.sleep(1)

    async def _take_over(self, connection: asyncpg.Connection) -> None:
        """Begin a new epoch where the last one kept its cursor."""
        [row] = await connection.fetch(_TAKE_OVER, NOTHING_YET)
        self.epoch = int(row["epoch"])
        self._seen = self._kept = row["snapshot"]
        self.last_fault = None
        self.metrics.relay_epoch.set(self.epoch)
        log.info("relay of %s is active, epoch %s", self.topic, self.epoch)

    async def _lead_on(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        while True:
            self._wake.clear()
            begun = time.monotonic()
            sent = await self.cycle(connection, producer)
            if 0 < sent < PAGE:
                await asyncio.sleep(min(time.monotonic() - begun, REST_AT_MOST))
            if sent < PAGE:  # what was committed since then has set it again
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.poll if self._kept == self._seen else KEEP_EVERY):
                        await self._wake.wait()

    async def cycle(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        """Publish one window; returns the number of events. Raises LostTheLead.

        The cursor is kept now and then: who leads next sends what came since again, and consumers drop it.
        """
        rows = await connection.fetch(_LOOK, PAGE + 1, self._seen)
        bounds = rows[0]
        if bounds["epoch"] != self.epoch:
            raise LostTheLead(f"epoch {self.epoch} of {self.topic} is over")
        if len(rows) > PAGE:
            sent = await self._publish_at_length(connection, producer, self._seen, bounds["now"])
        else:
            sent = await self._publish(producer, [row for row in rows if row["id"] is not None])
        if sent or bounds["far"]:
            self._seen = bounds["now"]
        if self._kept != self._seen and time.monotonic() - self._kept_at > KEEP_EVERY:
            await self._keep(connection)
        if not sent:
            self.metrics.relay_oldest_unpublished_seconds.set(0)
        return sent + (await self._replay(connection, producer) if bounds["replaying"] else 0)

    async def _publish_at_length(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, before: str, now: str
    ) -> int:
        """A window of many pages, through one cursor."""
        sent = 0
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            cursor = await connection.cursor(_WINDOW, before, now)
            rows = await cursor.fetch(PAGE)
            while rows:  # the next page is read while this one is sent
                done, following = await asyncio.gather(
                    self._publish(producer, rows), cursor.fetch(PAGE), return_exceptions=True
                )
                for each in (done, following):
                    if isinstance(each, BaseException):
                        raise each
                sent, rows = sent + cast("int", done), cast("list[asyncpg.Record]", following)
        return sent

    async def _publish(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> int:
        if rows:
            oldest = (datetime.now(UTC) - rows[0]["recorded_at"]).total_seconds()
            self.metrics.relay_oldest_unpublished_seconds.set(oldest)
            await self._send(producer, rows)
            self.published += len(rows)
            self.metrics.events_published.add(len(rows))
        return len(rows)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> None:
        """One record batch a partition, all awaited: a record batch is whole or not there."""
        partitions = sorted(await producer.partitions_for(self.topic))
        waiting: list[asyncio.Future[object]] = []
        for partition, batch in self._batches(producer, partitions, rows):
            waiting.append(await producer.send_batch(batch, self.topic, partition=partition))
        async with asyncio.timeout(15):
            _ = await asyncio.gather(*waiting)

    def _batches(
        self, producer: AIOKafkaProducer, partitions: Sequence[int], rows: Sequence[asyncpg.Record]
    ) -> list[tuple[int, BatchBuilder]]:
        full: list[tuple[int, BatchBuilder]] = []
        filling: dict[int, BatchBuilder] = defaultdict(producer.create_batch)
        for row in rows:
            key = str(row["subject"]).encode()
            partition = partitions[partition_of(key, len(partitions))]
            if not self._added(filling[partition], key, row):
                full.append((partition, filling.pop(partition)))
                if not self._added(filling[partition], key, row):
                    raise ValueError(f"event {row['event_id']} does not fit into a record batch")
        return full + list(filling.items())

    def _added(self, batch: BatchBuilder, key: bytes, row: asyncpg.Record) -> bool:
        at = int(row["recorded_at"].timestamp() * 1000)
        return (
            batch.append(timestamp=at, key=key, value=row["value"], headers=headers_of(row, self.service)) is not None
        )

    async def _keep(self, connection: asyncpg.Connection) -> None:
        """Move the cursor to what has been acknowledged. Raises LostTheLead."""
        if await connection.execute(_MOVE, self._seen, self.epoch) != "UPDATE 1":
            raise LostTheLead(f"epoch {self.epoch} of {self.topic} is over")
        self._kept, self._kept_at = self._seen, time.monotonic()

    async def _replay(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        """Send a page of the oldest open replay request again: the same event ids, and only what was sent before."""
        request = await connection.fetchrow(_OPEN_REPLAY)
        if request is None:
            return 0
        rows = await connection.fetch(
            _REPLAYED, request["last_id"], request["subject"], request["from_time"], request["to_time"], PAGE
        )
        if rows:
            await self._send(producer, rows)
        last: int = rows[-1]["id"] if rows else request["last_id"]
        _ = await connection.execute(_REPLAY_MOVES, request["id"], last, len(rows), len(rows) < PAGE)
        return len(rows)


def _settings(service: str) -> dict[str, str]:
    # A page of a long window is sent inside the transaction that reads them.
    return server_settings(f"{service}-relay") | {"idle_in_transaction_session_timeout": "60000"}


_TAKE_OVER = """
INSERT INTO relay_cursor (one, epoch, snapshot) VALUES (true, 1, $1)
ON CONFLICT (one) DO UPDATE SET epoch = relay_cursor.epoch + 1 RETURNING epoch, snapshot
"""

# The window in one round trip, when it is short: what this statement sees and the stored snapshot did not.
_LOOK = """
WITH c AS MATERIALIZED (
  SELECT epoch, pg_current_snapshot()::text AS now, pg_snapshot_xmax($2::text::pg_snapshot) AS before_max,
         ARRAY(SELECT pg_snapshot_xip($2::text::pg_snapshot)) AS in_progress,
         pg_snapshot_xmax(pg_current_snapshot())::text::numeric
         - pg_snapshot_xmax($2::text::pg_snapshot)::text::numeric > 2000 AS far,
         EXISTS (SELECT FROM replay WHERE done_at IS NULL) AS replaying
    FROM relay_cursor
)
SELECT c.epoch, c.now, c.far, c.replaying, t.*
  FROM c LEFT JOIN (
    SELECT * FROM (
      SELECT * FROM outbox WHERE xid >= (SELECT before_max FROM c)
      UNION ALL
      SELECT * FROM outbox WHERE xid = ANY ((SELECT in_progress FROM c)::xid8[])
    ) w ORDER BY id LIMIT $1
  ) t ON true
 ORDER BY t.id
"""

_WINDOW = """
WITH s AS MATERIALIZED (
  SELECT $2::text::pg_snapshot AS now, pg_snapshot_xmax($1::text::pg_snapshot) AS before_max,
         pg_snapshot_xmax($2::text::pg_snapshot) AS now_max,
         ARRAY(SELECT pg_snapshot_xip($1::text::pg_snapshot)) AS in_progress
)
SELECT * FROM (
  SELECT * FROM outbox WHERE xid >= (SELECT before_max FROM s) AND xid < (SELECT now_max FROM s)
  UNION ALL
  SELECT * FROM outbox WHERE xid = ANY ((SELECT in_progress FROM s)::xid8[])
) t WHERE pg_visible_in_snapshot(xid, (SELECT now FROM s)) ORDER BY id
"""

_MOVE = "UPDATE relay_cursor SET snapshot = $1, moved_at = now() WHERE epoch = $2"

_OPEN_REPLAY = "SELECT * FROM replay WHERE done_at IS NULL ORDER BY id LIMIT 1"

_REPLAYED = """
SELECT * FROM outbox
 WHERE id > $1 AND ($2::uuid IS NULL OR subject = $2)
   AND ($3::timestamptz IS NULL OR recorded_at >= $3) AND ($4::timestamptz IS NULL OR recorded_at < $4)
   AND pg_visible_in_snapshot(xid, (SELECT snapshot::pg_snapshot FROM relay_cursor))
 ORDER BY id LIMIT $5
"""

_REPLAY_MOVES = """
UPDATE replay SET last_id = $2, sent = sent + $3, done_at = CASE WHEN $4 THEN now() END WHERE id = $1
"""
