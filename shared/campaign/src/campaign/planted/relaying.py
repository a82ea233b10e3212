"""Relays that leave something out, or send it in another order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import MessageBatch
from aiokafka.producer.sender import SendProduceReqHandler

from campaign.planted.bug import bug, instead
from kit import outbox, relay
from kit.database import Part, Transaction
from kit.outbox import Caused
from kit.relay import PAGE, Relay

# pyright: reportPrivateUsage=false

CLAIMED_AT_ONCE = 2
IMPATIENT_MS = 2_000


@bug(
    "relay-cursor-on-id",
    "the relay's cursor is the highest outbox id that it has sent (and transactions last 0 to 40 ms longer)",
    fault="F13",
    shows="I4",
)
def cursor_on_id(_service: str, _roles: Sequence[str]) -> None:
    """Ids are drawn before the commit: one that commits late lies below the cursor and is never sent.

    The home-made relay of countless tutorials; kamu-cli#1398, SQLStreamStore#121.
    """

    async def cycle(self: Relay, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            rows = await connection.fetch(_ABOVE, self._seen)
            now = str(await connection.fetchval("SELECT pg_current_snapshot()::text"))
        return await _sent(self, connection, producer, rows, now)

    instead(Relay, "cycle", cycle)
    _unevenly_long_transactions()


@bug(
    "relay-xmin-window",
    "the relay sends what lies below the oldest open transaction, by transaction id",
    fault="F18",
    shows="I9",
)
def xmin_window(_service: str, _roles: Sequence[str]) -> None:
    """A transaction that has its id first may be the second to lock the aggregate: its event overtakes the other.

    The well-known cure of the cursor on id, as in Watermill's adapter for PostgreSQL.
    """

    async def cycle(self: Relay, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            now = str(await connection.fetchval("SELECT pg_current_snapshot()::text"))
            rows = await connection.fetch(_BELOW_XMIN, self._seen, now)
        return await _sent(self, connection, producer, rows, now)

    instead(Relay, "cycle", cycle)


@bug(
    "relay-skip-locked",
    "two relays a service are active, each claims a few rows with SKIP LOCKED",
    fault="F4",
    shows="I9",
)
def skip_locked(_service: str, _roles: Sequence[str]) -> None:
    """Of two events of a key each takes one, and the second may be there first.

    MassTransit, faststream-outbox and most home-made relays have this shape; MassTransit#3512.
    """
    run = Relay.run

    async def two(self: Relay) -> None:
        twin = Relay(self.dsn, self.kafka, self.service, poll=self.poll, metrics=self.metrics)
        _ = await asyncio.gather(run(self), run(twin))

    async def at_once(_: Relay, connection: asyncpg.Connection) -> None:
        await connection.execute(_SENT_BEFORE)

    async def cycle(self: Relay, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        async with connection.transaction():
            rows = await connection.fetch(_CLAIM, CLAIMED_AT_ONCE)
            _ = await self._publish(producer, rows)
            await connection.execute(_NOTE, [row["id"] for row in rows])
        if not rows:
            await connection.execute(_ALL_IS_SENT)
        return PAGE if rows else 0  # who has found something looks again at once

    async def keep(self: Relay, _: asyncpg.Connection) -> None:
        self._kept = self._seen

    for name, what in {"run": two, "_wait_for_lock": at_once, "cycle": cycle, "_keep": keep}.items():
        instead(Relay, name, what)


@bug(
    "cursor-before-acknowledgement",
    "the relay keeps its cursor before Kafka has acknowledged (and gives up a send after two seconds)",
    fault="F6",
    shows="I4",
)
def cursor_before_acknowledgement(_service: str, _roles: Sequence[str]) -> None:
    """At most once instead of at least once: what was on its way when Kafka died is not sent again."""

    async def cycle(self: Relay, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        rows = await connection.fetch(relay._LOOK, PAGE + 1, self._seen)
        self._seen = rows[0]["now"]
        await self._keep(connection)
        return await self._publish(producer, [row for row in rows if row["id"] is not None])

    instead(Relay, "cycle", cycle)
    _impatient_producers()


@bug(
    "producer-reused",
    "a producer whose send has failed is used again (and gives up a send after two seconds)",
    fault="F6",
    shows="I4 I9",
)
def producer_reused(_service: str, _roles: Sequence[str]) -> None:
    """Its sequence numbers have gone on without what was lost: the broker refuses all that it sends from then on.

    aiokafka#1017, open.
    """
    lead_on = Relay._lead_on

    async def go_on(self: Relay, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        while True:
            try:
                await lead_on(self, connection, producer)
            except (KafkaError, TimeoutError) as fault:
                self.last_fault = f"{type(fault).__name__}: {fault}"
            await asyncio.sleep(0.2)

    instead(Relay, "_lead_on", go_on)
    _impatient_producers()


async def _sent(
    self: Relay, connection: asyncpg.Connection, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record], now: str
) -> int:
    """Publish, then keep the cursor: that far these relays do as they should."""
    sent = await self._publish(producer, rows)
    self._seen = now
    await self._keep(connection)
    return sent


def _unevenly_long_transactions() -> None:
    """As under real load: some commit later than others after they have written their events."""
    append = outbox.append

    async def slowly(tx: Transaction, events: Sequence[Caused], also: Part | None = None, *, soon: bool = False) -> int:
        written = await append(tx, events, also, soon=soon)
        await asyncio.sleep(random.uniform(0, 0.04))
        return written

    instead(outbox, "append", slowly)


def _impatient_producers() -> None:
    """Idempotent producers of aiokafka try for ever; those of others give up: Java's after `delivery.timeout.ms`."""

    def can_retry(_: SendProduceReqHandler, error: KafkaError, batch: MessageBatch) -> bool:
        return bool(error.retriable) and not batch.expired()

    instead(SendProduceReqHandler, "_can_retry", can_retry)
    instead(relay, "AIOKafkaProducer", _impatient)


def _impatient(**given: Any) -> AIOKafkaProducer:  # Any: the client's options
    options: dict[str, Any] = {**given, "request_timeout_ms": IMPATIENT_MS}
    return AIOKafkaProducer(**options)


_ABOVE = """
SELECT * FROM outbox
 WHERE id > coalesce((SELECT max(id) FROM outbox WHERE pg_visible_in_snapshot(xid, $1::text::pg_snapshot)), 0)
 ORDER BY id
"""
_BELOW_XMIN = """
SELECT * FROM outbox
 WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND xid < pg_snapshot_xmin($2::text::pg_snapshot)
 ORDER BY xid, id
"""
_SENT_BEFORE = "CREATE SCHEMA IF NOT EXISTS campaign; CREATE TABLE IF NOT EXISTS campaign.sent (id bigint PRIMARY KEY)"
_CLAIM = """
SELECT * FROM outbox o WHERE NOT EXISTS (SELECT FROM campaign.sent s WHERE s.id = o.id)
 ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_NOTE = "INSERT INTO campaign.sent SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING"
_ALL_IS_SENT = """
UPDATE relay_cursor SET snapshot = pg_current_snapshot()::text
 WHERE NOT EXISTS (SELECT FROM outbox o WHERE NOT EXISTS (SELECT FROM campaign.sent s WHERE s.id = o.id))
"""
