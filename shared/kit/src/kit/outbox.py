"""The outbox: events are written in the transaction that made them true.

One statement numbers the events of each aggregate without a gap, finds the loop they belong to and stores them. It
locks the aggregate's row in `stream` before it draws outbox ids, so that ids rise in commit order per key: what the
relay relies on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from contracts.event import LOOP_IDS, Event
from contracts.ids import new_id
from kit.bulk import Due
from kit.context import SYSTEM, Cause, cause
from kit.database import Part, Transaction

Outcome = Event | Sequence[Event] | None
"""What a handler returns: the events it caused, the one that answers the caller first."""


@dataclass(frozen=True)
class Caused:
    """An event and why it is written."""

    event: Event
    cause: Cause


def events_of(outcome: Outcome) -> tuple[Event, ...]:
    if outcome is None:
        return ()
    return (outcome,) if isinstance(outcome, Event) else tuple(outcome)


def caused(outcome: Outcome) -> list[Caused]:
    """The outcome's events, caused by what is at hand."""
    why = cause.get() or Cause(causation_id=new_id(), actor=SYSTEM)
    return [Caused(event, why) for event in events_of(outcome)]


async def append(tx: Transaction, events: Sequence[Caused], also: Part | None = None, *, soon: bool = False) -> int:
    """Write events to the outbox, `also`, and what the transaction holds, in one statement; returns how many events.

    The correlation of an event about a step of the loop (an order, a shipment …) is that of the step's first event.
    That of a first event, and of one about what many loops share (an item, a lot, a customer), is that of the first id
    in `LOOP_IDS` which it names and which is known here, from our own events or from events that reached us; else its
    cause's; else that of its subject's first event.

    With `soon`, for who tells nobody anything, the commit will not wait for the disk. A crash of the database in the
    next moments forgets effects together with offsets: then the events come again. Who keeps offsets in mind has to
    compare them after such a crash: see `Consumer.offsets_known_at`.
    """
    parts, wanted, parameters = list[str](), list[str](), list[object]()
    if events:
        parts.append(_APPEND)
        parameters += _columns(_rows(events), 11)
        parameters += _columns(_subjects(events), 3)
        parameters += _columns(list(_loop_ids(events)), 4)
    if also is not None:
        parts.append(also.after(len(parameters)))
        parameters += also.parameters
    due = Due() if tx.held is None else tx.held.take()
    if due.statements:
        writes, counts = due.sql(len(parameters))
        parts.append(writes)
        wanted.append(counts)
        parameters += due.columns
    if soon:
        wanted.append("set_config('synchronous_commit', 'off', true)")
    if parts:
        sql = f"WITH {', '.join(parts)} SELECT {', '.join(wanted) or '1'}"
        with nullcontext() if tx.held is None else tx.held.refusing():
            [counted] = await tx.driver.fetch(sql, *parameters)
        due.check(counted[: len(due.numbers)])
    return len(events)


_Row = tuple[UUID, str, UUID, int, UUID, str, str | None, datetime, bytes, bool, UUID | None]


def _rows(events: Sequence[Caused]) -> list[_Row]:
    """The events, each with how many of its subject come after it."""
    after = Counter(each.event.subject for each in events)
    now = datetime.now(UTC)
    rows: list[_Row] = []
    for each in events:
        event, why, subject = each.event, each.cause, each.event.subject
        after[subject] -= 1
        value = event.model_dump_json().encode()
        is_step = event.subject_field() in LOOP_IDS
        about = (why.causation_id, why.actor, why.traceparent, now, value, is_step, why.correlation_id)
        rows.append((new_id(), event.type_name(), subject, after[subject], *about))
    return rows


def _subjects(events: Sequence[Caused]) -> list[tuple[UUID, int, UUID]]:
    """Each subject, in the order in which all lock them, how many events it has, and the last resort of its loop."""
    counts = Counter(each.event.subject for each in events)
    first = {each.event.subject: each.cause for each in reversed(events)}
    return [(id, counts[id], first[id].correlation_id or first[id].causation_id) for id in sorted(counts)]


def _loop_ids(events: Sequence[Caused]) -> Iterable[tuple[int, UUID, int, UUID]]:
    """The place of an event, its subject, the rank of an id that it names, the id."""
    for place, each in enumerate(events, start=1):
        said = vars(each.event)  # its fields: to ask pydantic for those that it has not costs more than all the rest
        for rank, name in enumerate(LOOP_IDS):
            loop_id: UUID | None = said.get(name)
            if loop_id is not None:
                yield place, each.event.subject, rank, loop_id


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]


# What is asked of `stream` and `applied` names its ids as an array: of a join with unnest the planner, which knows
# nothing of the values, makes a scan of the whole table.
_APPEND = """
known AS (
  SELECT subject, correlation_id, 0 AS far FROM stream WHERE subject = ANY($18::uuid[])
  UNION ALL
  SELECT subject, correlation_id, 1 FROM applied WHERE subject = ANY($18::uuid[])
), named AS (
  SELECT DISTINCT ON (n.place) n.place, n.subject, k.correlation_id AS loop
    FROM unnest($15::bigint[], $16::uuid[], $17::int[], $18::uuid[]) AS n(place, subject, rank, loop_id)
    JOIN known k ON k.subject = n.loop_id
   ORDER BY n.place, n.rank, k.far
), numbered AS (
  INSERT INTO stream (subject, last, correlation_id)
  SELECT s.subject, s.events,
         coalesce((SELECT loop FROM named WHERE named.subject = s.subject ORDER BY place LIMIT 1), s.fallback)
    FROM unnest($12::uuid[], $13::bigint[], $14::uuid[]) AS s(subject, events, fallback)
  ON CONFLICT (subject) DO UPDATE SET last = stream.last + excluded.last
  RETURNING subject, last, correlation_id
), told AS (
  INSERT INTO outbox (event_id, type, subject, sequence,
                      correlation_id, causation_id, actor, traceparent, recorded_at, value)
  SELECT n.event_id, n.type, n.subject, numbered.last - n.after,
         CASE WHEN n.is_step THEN numbered.correlation_id
              ELSE coalesce(named.loop, n.caused_in, numbered.correlation_id) END,
         n.causation_id, n.actor, n.traceparent, n.recorded_at, n.value
    FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::text[],
                $8::timestamptz[], $9::bytea[], $10::bool[], $11::uuid[]) WITH ORDINALITY
      AS n(event_id, type, subject, after, causation_id, actor, traceparent, recorded_at, value,
           is_step, caused_in, place)
    JOIN numbered ON numbered.subject = n.subject
    LEFT JOIN named ON named.place = n.place
   ORDER BY n.place
)
"""
