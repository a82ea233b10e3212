"""Parking by key: when one event of a key cannot be applied, later ones of that key wait behind it; others flow.

A key is parked for one of these reasons (`kind`):
- `waiting`: it names something unknown here, which may be on its way; tried again by itself for a day, and at once when
  its worker has caught up with a backlog; then needs a person.
- `fault`: our code failed in a way that it does not know; tried again three times, then needs a person.
- `refused`: a rule said no. Needs a person: mend the cause and retry, or discard with a reason.
- `gap`: an event is missing before it. Goes on at once when the missing one comes (replay it from its service). It is
  also tried a few times by itself: the missing one may have been applied by another worker while this one was parked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.errors import Malformed, NotFound, Refused
from contracts.event import Recorded
from kit.database import Transaction
from kit.inbox import Key

Kind = Literal["waiting", "fault", "refused", "gap"]

# The pauses (seconds) after which a parked key is tried by itself. What is unknown may be in a backlog of hours: quick
# tries for a minute, then every 30 s up to an hour, then every 10 minutes up to a day.
_PAUSES: dict[Kind, tuple[float, ...]] = {
    "waiting": (*(0.1 * 2**n for n in range(9)), *[30.0] * 118, *[600.0] * 138),
    "fault": (0.5, 1.0, 2.0),
    "refused": (),
    # For longer than a transaction lasts.
    "gap": tuple(0.5 * 2**n for n in range(6)),
}


class AnotherBlocks(Refused):
    """Who discards an event names it, and has looked at it; it is the one that blocks its key now."""


class EventsMissing(Refused):
    """An event is discarded in its turn: what has not come before it would be passed over unseen."""


class AlreadyApplied(Refused):
    """What has had its effect cannot be discarded."""


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
    """Put an event aside and stop its key; the key keeps the reason of its first event.

    A key that is parked already is locked: else a retry could let it go before this event is seen behind it.
    """
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


async def wake_waiting(tx: Transaction) -> None:
    """What was unknown may have come: try now. Such an attempt does not count."""
    _ = await tx.exec_driver_sql(_WAKE_WAITING)


async def next_due(tx: Transaction, most: int) -> list[Key]:
    """Lock keys whose next attempt is due."""
    return [(row.topic, row.subject) for row in await tx.exec_driver_sql(_DUE, (most,))]


async def first_messages(tx: Transaction, keys: Sequence[Key]) -> dict[Key, Recorded]:
    """The event that blocks each key, if there is one left."""
    rows = await tx.exec_driver_sql(_FIRST, _split(keys))
    return {(row.topic, row.subject): Recorded.model_validate_json(row.recorded) for row in rows}


async def remove(tx: Transaction, key: Key, sequence: int) -> None:
    _ = await tx.exec_driver_sql(
        "DELETE FROM parked_message WHERE topic = $1 AND subject = $2 AND sequence = $3", (*key, sequence)
    )


async def go_on(tx: Transaction, done: Mapping[Key, int]) -> None:
    """An event of each of these keys is done: the next one is tried at once, and as often as any."""
    keys = _split(list(done))
    _ = await tx.exec_driver_sql(_REMOVE_DONE, (*keys, list(done.values())))
    _ = await tx.exec_driver_sql(_TRY_NEXT, keys)


async def free(tx: Transaction, keys: Sequence[Key]) -> None:
    """Let those go of which nothing is left."""
    _ = await tx.exec_driver_sql(_FREE, _split(keys))


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


async def blocking(tx: Transaction, key: Key, event_id: UUID) -> Recorded:
    """The event that blocks a key, if it is this one; the key is locked. Raises NotFound, AnotherBlocks."""
    await retry(tx, key)
    event = (await first_messages(tx, [key])).get(key)
    if event is None:
        raise NotFound(f"key {key[1]} of {key[0]} has no event left; it goes on by itself")
    if event.id != event_id:
        raise AnotherBlocks(f"event {event_id} does not block this key: {event.id} does now; look at that one first")
    return event


async def discard(tx: Transaction, key: Key, event: Recorded, reason: str, by: str) -> None:
    """Give up the event that blocks a key and go on with the next; who did it and why is kept."""
    _ = await tx.exec_driver_sql(_DISCARD, (event.id, event.model_dump_json(), reason, by))
    await remove(tx, key, event.sequence)


def check_turn(event: Recorded, expected: int) -> None:
    """Raises EventsMissing or AlreadyApplied, unless the event is the next one of its key."""
    if event.sequence > expected:
        missing = f"the events from {expected} to {event.sequence - 1} of this key have not come"
        raise EventsMissing(f"{missing}; replay them at their service, then look again")
    if event.sequence < expected:
        raise AlreadyApplied(f"event {event.sequence} of this key has been applied meanwhile; retry the key")


def _stored(event: Recorded) -> str:
    """As JSON. Data that is not text, which no event has, cannot be kept in JSONB as it came."""
    text = event.data.decode("utf-8", "replace").replace("\0", "\ufffd")
    return event.model_copy(update={"data": text.encode()}).model_dump_json()


def _pause(kind: Kind, attempts: int) -> float | None:
    return _PAUSES[kind][attempts] if attempts < len(_PAUSES[kind]) else None


def _split(keys: Sequence[Key]) -> tuple[list[str], list[UUID]]:
    return [topic for topic, _ in keys], [subject for _, subject in keys]


_PARK_KEY = """
INSERT INTO parked_key (topic, subject, kind, reason, attempts, next_attempt_at)
VALUES ($1, $2, $3, $4, 0, now() + make_interval(secs => $5::float8))
ON CONFLICT (topic, subject) DO UPDATE SET kind = parked_key.kind
"""
_PUT = """
INSERT INTO parked_message (topic, subject, sequence, recorded) VALUES ($1, $2, $3, $4::text::jsonb)
ON CONFLICT DO NOTHING
"""
_WAKE_WAITING = """
UPDATE parked_key SET next_attempt_at = now(), attempts = greatest(attempts - 1, 0)
 WHERE (topic, subject) IN (
   SELECT topic, subject FROM parked_key
    WHERE kind = 'waiting' AND (next_attempt_at IS NULL OR next_attempt_at > now()) FOR UPDATE SKIP LOCKED)
"""
_DUE = """
SELECT topic, subject FROM parked_key WHERE next_attempt_at <= now()
 ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
_FIRST = """
SELECT k.topic, k.subject, m.recorded::text AS recorded FROM unnest($1::text[], $2::uuid[]) AS k(topic, subject),
       LATERAL (SELECT recorded FROM parked_message m WHERE m.topic = k.topic AND m.subject = k.subject
                 ORDER BY sequence LIMIT 1) AS m
"""
_REMOVE_DONE = """
DELETE FROM parked_message USING unnest($1::text[], $2::uuid[], $3::bigint[]) AS d(topic, subject, sequence)
 WHERE parked_message.topic = d.topic AND parked_message.subject = d.subject AND parked_message.sequence = d.sequence
   AND parked_message.subject = ANY($2::uuid[])
"""
_TRY_NEXT = """
UPDATE parked_key SET next_attempt_at = now(), attempts = 0 FROM unnest($1::text[], $2::uuid[]) AS k(topic, subject)
 WHERE parked_key.topic = k.topic AND parked_key.subject = k.subject AND parked_key.subject = ANY($2::uuid[])
"""
_FREE = """
DELETE FROM parked_key USING unnest($1::text[], $2::uuid[]) AS k(topic, subject)
 WHERE parked_key.topic = k.topic AND parked_key.subject = k.subject AND parked_key.subject = ANY($2::uuid[])
   AND NOT EXISTS (SELECT FROM parked_message m WHERE m.topic = k.topic AND m.subject = k.subject)
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
