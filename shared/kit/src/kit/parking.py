"""Parking by key: when one event of a key cannot be applied, later ones of that key wait behind it; others flow.

A key is parked for one of these reasons (`kind`):
- `waiting`: it names something unknown here, which may be on its way; tried again by itself, then needs a person.
- `fault`: our code failed in a way that it does not know; tried again three times, then needs a person.
- `refused`: a rule said no. Needs a person: mend the cause and retry, or discard with a reason.
- `gap`: an event is missing before it. Goes on by itself when the missing one comes (replay it from its service).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.errors import Malformed, NotFound, Refused
from contracts.event import Recorded
from kit.database import Transaction
from kit.inbox import Key

Kind = Literal["waiting", "fault", "refused", "gap"]

# How often and how soon (seconds, doubling) a parked key is tried by itself.
_TRIES: dict[Kind, tuple[int, float]] = {"waiting": (9, 0.1), "fault": (3, 0.5), "refused": (0, 0), "gap": (0, 0)}


@dataclass(frozen=True)
class ParkedKey:
    """A key that does not flow."""

    topic: str
    subject: UUID
    kind: str
    reason: str
    attempts: int
    next_attempt_at: datetime | None
    parked_at: datetime
    waiting: int


def kind_of(fault: Exception) -> Kind:
    if isinstance(fault, NotFound):
        return "waiting"
    return "refused" if isinstance(fault, Refused | Malformed) else "fault"


def reason_of(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"[:2000].replace("\0", "\ufffd")


async def park(tx: Transaction, topic: str, event: Recorded, kind: Kind, reason: str, attempts: int = 0) -> None:
    """Put an event aside and stop its key; the key keeps the reason of its first event."""
    pause = _pause(kind, attempts)
    _ = await tx.exec_driver_sql(_PARK_KEY, (topic, event.subject, kind, reason, pause))
    await put_behind(tx, topic, event)


async def put_behind(tx: Transaction, topic: str, event: Recorded) -> None:
    """Let an event of a parked key wait in its place."""
    _ = await tx.exec_driver_sql(_PUT, (topic, event.subject, event.sequence, _stored(event)))


async def wake_gap(tx: Transaction, key: Key) -> None:
    """The event that a key missed is there: go on now."""
    _ = await tx.exec_driver_sql(
        "UPDATE parked_key SET next_attempt_at = now() WHERE topic = $1 AND subject = $2 AND kind = 'gap'", key
    )


async def next_due(tx: Transaction) -> Key | None:
    """Lock a key whose next attempt is due."""
    row = (await tx.exec_driver_sql(_DUE)).first()
    return None if row is None else (row.topic, row.subject)


async def first_message(tx: Transaction, key: Key) -> Recorded | None:
    row = (await tx.exec_driver_sql(_FIRST, key)).first()
    return None if row is None else Recorded.model_validate_json(row[0])


async def remove(tx: Transaction, key: Key, sequence: int) -> None:
    _ = await tx.exec_driver_sql(
        "DELETE FROM parked_message WHERE topic = $1 AND subject = $2 AND sequence = $3", (*key, sequence)
    )


async def go_on(tx: Transaction, key: Key, sequence: int) -> None:
    """An event of a parked key is done: the next one is tried at once, and as often as any."""
    await remove(tx, key, sequence)
    await retry(tx, key)


async def free(tx: Transaction, key: Key) -> None:
    _ = await tx.exec_driver_sql("DELETE FROM parked_key WHERE topic = $1 AND subject = $2", key)


async def postpone(tx: Transaction, key: Key, kind: Kind, reason: str) -> None:
    """An attempt failed: try later, or leave it to a person."""
    row = (await tx.exec_driver_sql("SELECT attempts FROM parked_key WHERE topic = $1 AND subject = $2", key)).first()
    attempts = 1 if row is None else row[0] + 1
    _ = await tx.exec_driver_sql(_POSTPONE, (*key, kind, reason, attempts, _pause(kind, attempts)))


async def listed(tx: Transaction, limit: int = 500) -> list[ParkedKey]:
    rows = await tx.exec_driver_sql(_LISTED, (limit,))
    return [ParkedKey(**row) for row in rows.mappings()]


async def counts(tx: Transaction) -> tuple[int, int]:
    """How many keys need a person, and how many are tried again by themselves."""
    row = (await tx.exec_driver_sql(_COUNTS)).one()
    return row.needing, row.retrying


async def messages(tx: Transaction, key: Key) -> list[Recorded]:
    rows = await tx.exec_driver_sql(
        "SELECT recorded::text FROM parked_message WHERE topic = $1 AND subject = $2 ORDER BY sequence LIMIT 500", key
    )
    return [Recorded.model_validate_json(row[0]) for row in rows]


async def retry(tx: Transaction, key: Key) -> None:
    """Try a key again now. Raises NotFound."""
    done = await tx.exec_driver_sql(
        "UPDATE parked_key SET next_attempt_at = now(), attempts = 0 WHERE topic = $1 AND subject = $2", key
    )
    if not done.rowcount:
        raise NotFound(f"key {key[1]} of {key[0]} is not parked; list what is under GET /ops/parked")


async def discard(tx: Transaction, key: Key, reason: str, by: str) -> Recorded:
    """Give up the event that blocks a key and go on with the next; who did it and why is kept. Raises NotFound."""
    await retry(tx, key)
    event = await first_message(tx, key)
    if event is None:
        raise NotFound(f"key {key[1]} of {key[0]} has no event left; it goes on by itself")
    _ = await tx.exec_driver_sql(_DISCARD, (event.id, event.model_dump_json(), reason, by))
    await remove(tx, key, event.sequence)
    return event


def _stored(event: Recorded) -> str:
    """As JSON. Data that is not text, which no event has, cannot be kept in JSONB as it came."""
    text = event.data.decode("utf-8", "replace").replace("\0", "\ufffd")
    return event.model_copy(update={"data": text.encode()}).model_dump_json()


def _pause(kind: Kind, attempts: int) -> float | None:
    tries, first = _TRIES[kind]
    return first * 2**attempts if attempts < tries else None


_PARK_KEY = """
INSERT INTO parked_key (topic, subject, kind, reason, attempts, next_attempt_at)
VALUES ($1, $2, $3, $4, 0, now() + make_interval(secs => $5::float8)) ON CONFLICT DO NOTHING
"""
_PUT = """
INSERT INTO parked_message (topic, subject, sequence, recorded) VALUES ($1, $2, $3, $4::text::jsonb)
ON CONFLICT DO NOTHING
"""
_DUE = """
SELECT topic, subject FROM parked_key WHERE next_attempt_at <= now()
 ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_FIRST = """
SELECT recorded::text FROM parked_message WHERE topic = $1 AND subject = $2 ORDER BY sequence LIMIT 1
"""
_POSTPONE = """
UPDATE parked_key SET kind = $3, reason = $4, attempts = $5, next_attempt_at = now() + make_interval(secs => $6::float8)
 WHERE topic = $1 AND subject = $2
"""
_LISTED = """
SELECT topic, subject, kind, reason, attempts, next_attempt_at, parked_at,
       (SELECT count(*) FROM parked_message m WHERE m.topic = k.topic AND m.subject = k.subject) AS waiting
  FROM parked_key k ORDER BY parked_at LIMIT $1
"""
_COUNTS = """
SELECT count(*) FILTER (WHERE next_attempt_at IS NULL) AS needing,
       count(*) FILTER (WHERE next_attempt_at IS NOT NULL) AS retrying
  FROM parked_key
"""
_DISCARD = """
INSERT INTO discarded_message (event_id, recorded, reason, discarded_by) VALUES ($1, $2::text::jsonb, $3, $4)
"""
