"""I15: nothing happens without a cause that came before it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from campaign.invariants.facts import Facts, Written
from campaign.invariants.findings import Violation


async def i15_cause_before_effect(facts: Facts) -> list[Violation]:
    """A cause that is an event was told before its effect, and has passed the fence of the service that it moved.

    What only reactions tell has an event as its cause. A correlation is the cause of the first event of its loop.
    """
    slack = timedelta(seconds=facts.told.clock_slack)
    found: list[Violation] = []
    for (service, cause), told in facts.by_cause.items():
        event = facts.written.get(cause)
        if event is not None:
            found += [_violation(what, told[0], event) for what in _out_of_turn(facts, service, event, told, slack)]
        elif told[0].event_id not in facts.poisoned and all(_needs_event(facts, each) for each in told):
            found.append(_violation(f"{service} has told {told[0].name}, which only an event can cause", told[0]))
    return found + _orphans(facts)


def _out_of_turn(facts: Facts, service: str, cause: Written, told: list[Written], slack: timedelta) -> Iterable[str]:
    if told[0].recorded_at + slack < cause.recorded_at:
        yield f"{service} has told {told[0].name} before its cause {cause.name}"
    own = cause.type.split(".")[1] == service
    if own and told[0].id < cause.id:
        yield f"{service} has told {told[0].name} before its own cause {cause.name}"
    if cause.event_id not in facts.databases[service].inbox:
        yield f"{service} has told {told[0].name} because of {cause.name}, which it has not received"


def _needs_event(facts: Facts, each: Written) -> bool:
    return each.type in facts.subscriptions.by_reactions_only


def _orphans(facts: Facts) -> list[Violation]:
    known = {cause for _, cause in facts.by_cause}
    return [
        _violation(f"{each.name} belongs to a loop that nothing has begun", each)
        for each in facts.written.values()
        if each.correlation_id not in known
    ]


def _violation(what: str, effect: Written, cause: Written | None = None) -> Violation:
    evidence = {
        "event_id": str(effect.event_id),
        "type": effect.type,
        "causation_id": str(effect.causation_id),
        "correlation_id": str(effect.correlation_id),
        "recorded_at": effect.recorded_at.isoformat(),
    }
    return Violation("I15", what, evidence | ({} if cause is None else {"cause at": cause.recorded_at.isoformat()}))
