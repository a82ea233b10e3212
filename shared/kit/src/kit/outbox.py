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

    The correlation of an event about a step of the loop (an order, a shipment …) is that of the step's first event.
    That of a first event, and of one about what many loops share (an item, a lot, a customer), is that of the first id
    in `LOOP_IDS` which it names and which is known here, from our own events or from events that reached us; else its
    cause's; else that of its subject's first event.
    """
    rows = [_row(each) for each in events]
    if not rows:
        if also is not None:
            await also.run(tx)
        return 0
    known = list(_loop_ids(events))
    parameters = (*_columns(rows, 11), *_columns(known, 3), *(also.parameters if also is not None else ()))
    _ = await (await driver(tx)).execute(_statement(also), *parameters)
    return len(rows)


def _statement(also: Part | None) -> str:
    return f"WITH {f'{also.after(14)}, ' if also is not None else ''}{_APPEND}"


_Row = tuple[UUID, str, UUID, UUID, UUID, str, str | None, datetime, bytes, bool, UUID | None]


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
        event.subject_field() in LOOP_IDS,
        why.correlation_id,
    )


def _loop_ids(events: Sequence[Caused]) -> Iterable[tuple[int, int, UUID]]:
    """The place of an event, the rank of an id that it names, the id."""
    for place, each in enumerate(events, start=1):
        said = vars(each.event)  # its fields: to ask pydantic for those that it has not costs more than all the rest
        for rank, name in enumerate(LOOP_IDS):
            loop_id: UUID | None = said.get(name)
            if loop_id is not None:
                yield place, rank, loop_id


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]


_APPEND = """
new AS (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
                       $8::timestamptz[], $9::bytea[], $10::bool[], $11::uuid[]) WITH ORDINALITY
    AS n(event_id, type, subject, fallback, causation_id, actor, traceparent, recorded_at, value,
         is_step, caused_in, place)
), named AS (
  SELECT DISTINCT ON (n.place) n.place, coalesce(s.correlation_id, a.correlation_id) AS loop
    FROM unnest($12::bigint[], $13::int[], $14::uuid[]) AS n(place, rank, loop_id)
    LEFT JOIN stream s ON s.subject = n.loop_id
    LEFT JOIN LATERAL (SELECT correlation_id FROM applied WHERE subject = n.loop_id LIMIT 1) a ON true
   WHERE coalesce(s.correlation_id, a.correlation_id) IS NOT NULL
   ORDER BY n.place, n.rank
), numbered AS (
  INSERT INTO stream (subject, last, correlation_id)
  SELECT subject, count(*), coalesce((array_agg(loop ORDER BY place) FILTER (WHERE loop IS NOT NULL))[1],
                                     (array_agg(fallback ORDER BY place))[1])
    FROM new LEFT JOIN named USING (place) GROUP BY subject ORDER BY subject
  ON CONFLICT (subject) DO UPDATE SET last = stream.last + excluded.last
  RETURNING subject, last, correlation_id
)
INSERT INTO outbox (event_id, type, subject, sequence,
                    correlation_id, causation_id, actor, traceparent, recorded_at, value)
SELECT event_id, type, n.subject,
       last - count(*) OVER (PARTITION BY n.subject) + row_number() OVER (PARTITION BY n.subject ORDER BY place),
       CASE WHEN is_step THEN numbered.correlation_id ELSE coalesce(loop, caused_in, numbered.correlation_id) END,
       causation_id, actor, traceparent, recorded_at, value
  FROM new n JOIN numbered USING (subject) LEFT JOIN named USING (place)
 ORDER BY place
"""
