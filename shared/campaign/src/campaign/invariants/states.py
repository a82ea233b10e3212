"""Each service's own state, computed again from the events that it told itself.

State and events are one commit. So a difference is an event that was lost before it was in the outbox, a change that
nobody told, or an event of something that was not done. Nothing excuses it but poison, which only pretends.
"""

from __future__ import annotations

from campaign.invariants.recomputing import Projection, latest, own, told


def number(path: str) -> str:
    return f"({path})::numeric"


def shown(*numbers: str) -> str:
    """Numbers as one text, without trailing zeros."""
    return "concat_ws(' ', " + ", ".join(f"trim_scale({each})" for each in numbers) + ")"


def summed(quantity: str, event: str) -> str:
    return f"coalesce(sum({quantity}) FILTER (WHERE event = '{event}'), 0)"


def begun(service: str, table: str, key: str, event: str, those: str = "true") -> Projection:
    """A row for each event that begins one, and one such event for each row."""
    return own(
        f"a row of {table}",
        service,
        f"SELECT {key}::text AS key, '1' AS value FROM {table} WHERE {those}",
        f"SELECT subject::text AS key, count(*)::text AS value FROM outbox"
        f" WHERE type = 'orderloop.{service}.{event}.v1' GROUP BY subject",
    )


def last(what: str, service: str, kept: str, key: str, table: str, **states: str) -> Projection:
    """A state that the last of these events says: in SQL, with its `data`."""
    said = " ".join(f"WHEN '{event}' THEN {state}" for event, state in states.items())
    return own(
        what,
        service,
        f"SELECT {key}::text AS key, {kept} AS value FROM {table}",
        told(*(f"{service}.{event}" for event in states)) + latest(f"CASE event {said} END"),
    )


# By line alone what was given back is not told: so the events name at least what is there, and may name more.
_ASKED = """
, asked AS (
  SELECT l->>'line_id' AS key, sum((l->'quantity'->>'value')::numeric) AS quantity
    FROM told, jsonb_array_elements(data->'lines') AS l GROUP BY 1
) SELECT key, trim_scale(least(quantity, {there}))::text AS value
    FROM asked JOIN ({those}) AS l USING (key) WHERE {there} <> 0
"""


def asked_for(what: str, service: str, there: str, those: str, *events: str) -> Projection:
    """There is no more of a line than these events name: `those` are the lines, with `key` and what `there` sums."""
    kept = f"SELECT key, trim_scale({there})::text AS value FROM ({those}) AS l WHERE {there} <> 0"
    return own(what, service, kept, told(*events) + _ASKED.format(there=there, those=those))


LINE = "l->>'line_id'"
QUANTITY = number("l->'quantity'->>'value'")
