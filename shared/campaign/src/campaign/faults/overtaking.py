"""A slow transaction that others overtake: it takes its numbers first and commits last, and the relay looks in between.

Nobody reacts to what it tells, so it changes nothing but the outbox. A relay whose cursor is an outbox id leaves out
what the slow one told first; one that goes by transaction ids sends what it told last before what came before that.
"""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import asyncpg

from contracts.ids import new_id
from kit.context import SYSTEM

GLANCE = 0.02
"""Seconds between two looks at the relay's cursor."""


async def overtake(slow: asyncpg.Connection, quick: asyncpg.Connection, service: str) -> tuple[UUID, UUID]:
    """Once, as long as the relay takes to look; returns the key that the slow one tells of alone, and the other one.

    The slow one draws its transaction id and an outbox id; the quick one tells of a key and commits; the relay's
    cursor passes that; and only then the slow one tells of that key, too, and commits.
    """
    alone, both = uuid4(), uuid4()
    async with slow.transaction():
        await _tell(slow, service, alone)
        async with quick.transaction():
            await _tell(quick, service, both)
        await _passed(quick, both)
        await _tell(slow, service, both)
    return alone, both


async def _passed(connection: asyncpg.Connection, subject: UUID) -> None:
    """Wait until the relay's cursor is behind what was told of it."""
    while True:
        if await connection.fetchval(_PASSED, subject):
            return
        await asyncio.sleep(GLANCE)


async def _tell(connection: asyncpg.Connection, service: str, subject: UUID) -> None:
    """As `kit.outbox` does it: number the event under the lock of its key, then draw its outbox id."""
    type_name = f"orderloop.{service}.Overtaken.v1"
    _ = await connection.execute(_TELL, subject, new_id(), type_name, new_id(), SYSTEM)
    _ = await connection.execute("NOTIFY outbox")


_TELL = """
WITH numbered AS (
  INSERT INTO stream (subject, last, correlation_id) VALUES ($1, 1, $4)
  ON CONFLICT (subject) DO UPDATE SET last = stream.last + 1 RETURNING last, correlation_id
)
INSERT INTO outbox (event_id, type, subject, sequence, correlation_id, causation_id, actor, recorded_at, value)
SELECT $2, $3, $1, last, correlation_id, $4, $5, clock_timestamp(), '{}' FROM numbered
"""
_PASSED = """
SELECT pg_visible_in_snapshot(xid, (SELECT snapshot::pg_snapshot FROM relay_cursor)) FROM outbox WHERE subject = $1
"""
