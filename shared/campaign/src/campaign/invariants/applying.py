"""From the topic to the effect: I4 nothing lost, I5 nothing doubled, I7 in order."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from campaign.invariants.facts import Facts, Row, Written
from campaign.invariants.findings import Violation


async def i4_no_lost_effect(facts: Facts) -> list[Violation]:
    """Every row of an outbox is in its topic, and in the inbox of every service that reacts to its type.

    What a consumer has set aside (parked, discarded) is not lost: whether it may stand there is for I13 to say.
    """
    found: list[Violation] = []
    for service, database in facts.databases.items():
        sent = {each.event_id for each in facts.topics.sent[service]}
        unsent = [each for each in database.outbox if each.event_id not in sent]
        found += [Violation("I4", f"{each.name} of {service} never came to its topic", _told(each)) for each in unsent]
    for consumer in facts.databases:
        found += _lost(facts, consumer)
    return found


def _lost(facts: Facts, consumer: str) -> Iterable[Violation]:
    database = facts.databases[consumer]
    reached = database.inbox | database.aside
    heard = facts.subscriptions.heard_in(consumer)
    for event_id, each in facts.written.items():
        if each.type in heard and event_id not in reached:
            yield Violation("I4", f"{consumer} has no effect of {each.name}", {"consumer": consumer} | _told(each))


async def i5_no_doubled_effect(facts: Facts) -> list[Violation]:
    """No event has its effect twice: one row in the probe, one transaction of all that it causes in a service.

    Past an event that a service does not react to two of its workers may go at once: there is no effect to double.
    """
    found: list[Violation] = []
    for (service, cause), told in facts.by_cause.items():
        if len({each.xid for each in told}) > 1:
            because = facts.written[cause].name if cause in facts.written else "one command"
            what = f"{service} has told the effects of {because} in several transactions"
            found.append(Violation("I5", what, {"cause": str(cause), "told": [each.id for each in told]}))
    for service, database in facts.databases.items():
        heard = sorted(facts.subscriptions.heard_in(service))
        for row in await facts.rows(service, _REPEATED, heard) if database.probed else []:
            evidence = {"event_id": str(row["event_id"]), "applied": row["applied"], "consumer": service}
            found.append(Violation("I5", f"{service} has applied {row['type']} {row['applied']} times", evidence))
    return found


async def i7_applied_in_order(facts: Facts) -> list[Violation]:
    """Per consumer and aggregate the applied sequence is 1 … n in the order of the effects, n the last that was told.

    Numbers that were discarded may be missing; of a key that is parked the rest is still to come.
    """
    found: list[Violation] = []
    for service, database in facts.databases.items():
        if database.probed:
            skipped = {(row["topic"], row["subject"], row["sequence"]) for row in await facts.rows(service, _DISCARDED)}
            steps = await facts.rows(service, _STEPS, sorted(facts.subscriptions.heard_in(service)))
            found += [_jump(service, row) for row in steps if not _allowed(row, skipped)]
        found += await _not_the_last(facts, service)
    return found


def _allowed(step: Row, skipped: set[tuple[str, UUID, int]]) -> bool:
    missing = range(step["before"] + 1, step["sequence"])
    return bool(missing) and all((step["topic"], step["subject"], number) in skipped for number in missing)


def _jump(service: str, step: Row) -> Violation:
    what = f"{service} has applied number {step['sequence']} of an aggregate after number {step['before']}"
    return Violation("I7", what, {"consumer": service, "topic": step["topic"], "subject": str(step["subject"])})


async def _not_the_last(facts: Facts, consumer: str) -> list[Violation]:
    """Where the consumer stands, against what the producers have told."""
    rows = await facts.rows(consumer, "SELECT topic, subject, last FROM applied")
    applied = {(row["topic"], row["subject"]): row["last"] for row in rows}
    parked = {(each.topic, each.subject) for each in facts.databases[consumer].parked}
    poisoned = {each.key for each in facts.poison}
    due = {
        (f"{service}.events", each.subject): each.sequence
        for service, database in facts.databases.items()
        if facts.reads(consumer, service)
        for each in database.outbox
    }
    wrong = [key for key in applied.keys() | due.keys() if applied.get(key) != due.get(key) and key not in parked]
    return [
        Violation(
            "I7",
            f"{consumer} stands at number {applied.get(key, 0)} of an aggregate that has {due.get(key, 0)}",
            {"consumer": consumer, "topic": key[0], "subject": str(key[1])},
        )
        for key in sorted(wrong, key=str)
        if key not in poisoned
    ]


def _told(each: Written) -> dict[str, object]:
    return {"event_id": str(each.event_id), "type": each.type, "outbox": each.id}


_REPEATED = """
SELECT event_id, min(type) AS type, count(*) AS applied FROM campaign.effect
 WHERE type = ANY($1::text[]) GROUP BY event_id HAVING count(*) > 1
"""
_STEPS = """
SELECT * FROM (
  SELECT topic, subject, sequence, coalesce(lag(sequence) OVER (PARTITION BY topic, subject ORDER BY id), 0) AS before
    FROM (SELECT *, min(id) OVER (PARTITION BY event_id) AS first FROM campaign.effect) effects
   WHERE id = first OR type = ANY($1::text[])
) steps WHERE sequence <> before + 1
"""
_DISCARDED = """
SELECT split_part(recorded->>'source', '/', 3) || '.events' AS topic, (recorded->>'subject')::uuid AS subject,
       (recorded->>'sequence')::bigint AS sequence
  FROM discarded_message
"""
