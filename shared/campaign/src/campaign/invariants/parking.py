"""I13: what is parked is what was poisoned."""

from __future__ import annotations

from collections.abc import Iterable

from campaign.invariants.facts import Facts, Poison
from campaign.invariants.findings import Violation


async def i13_parked_is_poisoned(facts: Facts) -> list[Violation]:
    """Each service that reacts to a poisoned event has parked it (or it was discarded), and nothing else."""
    found = [each for poison in facts.poison for each in _swallowed(facts, poison)]
    keys = {each.key for each in facts.poison}
    for service, database in facts.databases.items():
        for each in database.parked:
            if (each.topic, each.subject) not in keys:
                what = f"{service} has parked a key that nobody poisoned: {each.reason}"
                evidence = {"topic": each.topic, "subject": str(each.subject), "kind": each.kind}
                found.append(Violation("I13", what, evidence))
        for event_id in sorted(database.discarded - facts.poisoned):
            what = f"{service} has given up an event that nobody poisoned"
            found.append(Violation("I13", what, {"event_id": str(event_id)}))
    return found


def _swallowed(facts: Facts, poison: Poison) -> Iterable[Violation]:
    for consumer in sorted(facts.subscriptions.heard_by.get(poison.type, ())):
        if consumer in facts.databases and poison.event_id not in facts.databases[consumer].aside:
            what = f"{consumer} has not set aside what was poisoned"
            yield Violation("I13", what, {"event_id": str(poison.event_id), "type": poison.type})
