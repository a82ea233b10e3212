"""The outbox: events are written in the transaction that made them true.

One statement numbers the events of each aggregate without a gap, finds the loop they belong to and stores them. It
locks the aggregate's row in `stream` before it draws outbox ids, so that ids rise in commit order per key: what the
relay relies on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from contracts.event import LOOP_IDS, Event
from contracts.ids import new_id
from kit.context import SYSTEM, Cause, cause
from kit.database import Part, Transaction, driver

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


async def append(tx: Transaction, events: Sequence[Caused], also: Part | None = None) -> int:
    """Write events to the outbox, and `also` in the same statement; returns how many events.

    An event's correlation is that of its own aggregate's first event; else that of the first id in `LOOP_IDS` which it
    names and which is known here, from our own events or from events that reached us; else its cause's.
    """
    rows = [_row(each) for each in events]
    if not rows:
        if also is not None:
            await also.run(tx)
        return 0
    known = [(row[2], rank, loop_id) for row, rank, loop_id in _loop_ids(events, rows)]
    parameters = (*_columns(rows, 9), *_columns(known, 3), *(also.parameters if also is not None else ()))
    _ = await (await driver(tx)).execute(_statement(also), *parameters)
    return len(rows)


def _statement(also: Part | None) -> str:
    return f"WITH {f'{also.after(12)}, ' if also is not None else ''}{_APPEND}"


_Row = tuple[UUID, str, UUID, UUID, UUID, str, str | None, datetime, bytes]


def _row(each: Caused) -> _Row:
    event, why = each.event, each.cause
    fallback = why.correlation_id or why.causation_id
    value = event.model_dump_json().encode()
    now = datetime.now(UTC)
    return (
        new_id(),
        event.type_name(),
        event.subject,
        fallback,
        why.causation_id,
        why.actor,
        why.traceparent,
        now,
        value,
    )


def _loop_ids(events: Sequence[Caused], rows: list[_Row]) -> Iterable[tuple[_Row, int, UUID]]:
    for each, row in zip(events, rows, strict=True):
        for rank, name in enumerate(LOOP_IDS):
            loop_id: UUID | None = getattr(each.event, name, None)
            if loop_id is not None:
                yield row, rank, loop_id


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]


_APPEND = """
new AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                       $8::timestamptz[], $9::bytea[]) WITH ORDINALITY
    AS n(event_id, type, subject, fallback, causation_id, actor, traceparent, recorded_at, value, place)
), named AS (
  SELECT DISTINCT ON (n.subject) n.subject, coalesce(s.correlation_id, a.correlation_id) AS correlation_id
    FROM unnest($10::uuid[], $11::int[], $12::uuid[]) AS n(subject, rank, loop_id)
    LEFT JOIN stream s ON s.subject = n.loop_id
    LEFT JOIN LATERAL (SELECT correlation_id FROM applied WHERE subject = n.loop_id LIMIT 1) a ON true
   WHERE coalesce(s.correlation_id, a.correlation_id) IS NOT NULL
   ORDER BY n.subject, n.rank
), numbered AS (
  INSERT INTO stream (subject, last, correlation_id)
  SELECT new.subject, count(*), coalesce(named.correlation_id, (array_agg(new.fallback ORDER BY place))[1])
    FROM new LEFT JOIN named USING (subject) GROUP BY new.subject, named.correlation_id ORDER BY new.subject
  ON CONFLICT (subject) DO UPDATE SET last = stream.last + excluded.last
  RETURNING subject, last, correlation_id
)
INSERT INTO outbox (event_id, type, subject, sequence,
                    correlation_id, causation_id, actor, traceparent, recorded_at, value)
SELECT event_id, type, n.subject,
       last - count(*) OVER (PARTITION BY n.subject) + row_number() OVER (PARTITION BY n.subject ORDER BY place),
       numbered.correlation_id, causation_id, actor, traceparent, recorded_at, value
  FROM new n JOIN numbered USING (subject)
 ORDER BY place
"""
