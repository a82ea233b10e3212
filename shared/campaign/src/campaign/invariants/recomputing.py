"""What is kept against what was told: two statements each, compared key by key."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.invariants.facts import Facts
from campaign.invariants.findings import Violation


@dataclass(frozen=True)
class Projection:
    """Two statements that answer the same keys with the same values, each with columns `key` and `value` as text."""

    what: str
    kept_by: str
    kept: str
    told_by: str
    told: str


def own(what: str, service: str, kept: str, told: str) -> Projection:
    """A service's own state against its own events."""
    return Projection(what, service, kept, service, told)


async def differing(facts: Facts, projection: Projection) -> list[Violation]:
    """What a parked event is about is left out; but not within one service, where state and event are one commit."""
    kept = {row["key"]: row["value"] for row in await facts.rows(projection.kept_by, projection.kept)}
    rows = await facts.rows(projection.told_by, projection.told)
    told = {row["key"]: row["value"] for row in rows if row["key"] is not None}  # poison names nothing
    excused = _poisoned(facts) if projection.kept_by == projection.told_by else facts.held_up
    return [
        Violation(
            "I12",
            f"{projection.kept_by}: {projection.what} is {kept.get(key, 'not there')}, {projection.told_by} has told"
            f" {told.get(key, 'nothing')}",
            {"about": key},
        )
        for key in sorted(kept.keys() | told.keys())
        if kept.get(key) != told.get(key) and key not in excused
    ]


def _poisoned(facts: Facts) -> frozenset[str]:
    """The subjects of events that were written into an outbox without anything having happened."""
    return frozenset(str(each.key[1]) for each in facts.poison)


def told(*types: str) -> str:
    """The start of a statement over these events: `told` with `subject`, `sequence`, `event` and `data`."""
    listed = ", ".join(f"'orderloop.{each}.v1'" for each in types)
    return (
        "WITH told AS (SELECT id, event_id, subject, sequence, type, split_part(type, '.', 3) AS event,"
        f" convert_from(value, 'UTF8')::jsonb AS data FROM outbox WHERE type IN ({listed})) "
    )


def latest(columns: str) -> str:
    """The last event of each subject."""
    found = f"SELECT DISTINCT ON (subject) subject::text AS key, {columns} AS value"
    return f"{found} FROM told ORDER BY subject, sequence DESC"


def per_line(quantity: str = "l->'quantity'->>'value'") -> str:
    return (
        f"SELECT l->>'line_id' AS key, trim_scale(sum(({quantity})::numeric))::text AS value"
        " FROM told, jsonb_array_elements(data->'lines') AS l GROUP BY 1"
    )
