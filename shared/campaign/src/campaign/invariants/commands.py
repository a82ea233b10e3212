"""What the driver was told against what the databases hold: I10 done is done, I11 the same answer, I18 the counts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from campaign.invariants import journal
from campaign.invariants.facts import Facts, Row, Written
from campaign.invariants.findings import Violation
from campaign.load.history import Command
from kit.context import SYSTEM

NOTHING = hashlib.sha256(b"").hexdigest()

Answers = Mapping[tuple[str, str], Row]
"""By service and key, what is kept under `Idempotency-Key`."""

KINDS = {
    "sales POST /quotes/*/accept": "orderloop.sales.OpportunityWon.v1",
    "order POST /orders": "orderloop.order.OrderPlaced.v1",
    "order POST /orders/*/holds": "orderloop.order.OrderHoldApplied.v1",
    "inventory POST /shipments/*/dispatch": "orderloop.inventory.ShipmentDispatched.v1",
    "inventory POST /shipments/*/deliver": "orderloop.inventory.DeliveryConfirmed.v1",
    "inventory POST /goods-receipts": "orderloop.inventory.GoodsReceived.v1",
    "finance POST /payments": "orderloop.finance.PaymentReceived.v1",
    "service POST /cases": "orderloop.service.CaseOpened.v1",
    "customer POST /customers": "orderloop.customer.CustomerRegistered.v1",
}
"""Commands of which each one that is done tells exactly one event of this type."""


async def i10_done_is_done(facts: Facts) -> list[Violation]:
    """What was answered as done is done once; what was refused is not done; the unknown is done once or not at all.

    And of every command, whoever sent it: its effect and the answer that is kept for a repeat are both there, or none.
    """
    answers = await _answers(facts)
    subjects = {service: {str(each.subject) for each in one.outbox} for service, one in facts.databases.items()}
    wrong = [each for command in facts.journal.values() for each in _wrong(command, answers, subjects)]
    return wrong + [found for service in facts.databases for found in _matched(facts, service, answers)]


def _wrong(command: Command, answers: Answers, subjects: Mapping[str, set[str]]) -> Iterable[Violation]:
    service, route = command.first.service, journal.route(command)
    evidence = {"key": command.key, "route": route}
    rows = [answers[service, key] for key in journal.keys(command) if (service, key) in answers]
    done = len(rows)
    least, most = {"ok": (1, 1), "refused": (0, _late(command, rows)), "unknown": (0, 1)}[command.outcome]
    if not least <= done <= most:
        yield Violation("I10", f"{route} is {command.outcome} for the driver and was done {done} times", evidence)
    for subject in sorted(journal.subjects(command) - subjects[service]):
        what = f"{route} was answered as done and what it told is not in the outbox"
        yield Violation("I10", what, evidence | {"subject": subject})


def _late(command: Command, rows: Sequence[Row]) -> int:
    """How often a command that was refused in the end may be done: once, if a lost sending came through afterwards.

    What was done before the refusal would have been the answer instead of it.
    """
    return int(_unheard(command) and all(row["created_at"] > command.attempts[-1].begun.at for row in rows))


def _unheard(command: Command) -> bool:
    return any(each.outcome == "unknown" for each in command.attempts)


def _matched(facts: Facts, service: str, answers: Answers) -> Iterable[Violation]:
    kept = Counter(row["body"] for (of, _), row in answers.items() if of == service and row["body"])
    done = Counter(told[0].value for told in of_commands(facts, service))
    for value, number in (done - kept).items():
        what = f"{service} has done a command {number} times more than it has kept its answer"
        yield Violation("I10", what, {"service": service, "first event": value.decode(errors="replace")})
    for value, number in (kept - done).items():
        what = f"{service} has kept the answer of a command {number} times more than it was done"
        yield Violation("I10", what, {"service": service, "answer": value.decode(errors="replace")})


def of_commands(facts: Facts, service: str) -> Iterable[list[Written]]:
    """What each command of people has told: neither an event nor a timer has caused it, and it is no poison."""
    for (of, cause), told in facts.by_cause.items():
        if of == service and cause not in facts.written and _people_told(facts, told):
            yield told


def _people_told(facts: Facts, told: list[Written]) -> bool:
    """What only events can cause is for I15 to tell."""
    for_people = any(each.type not in facts.subscriptions.by_reactions_only for each in told)
    return for_people and told[0].actor.partition(":")[0] != SYSTEM and told[0].event_id not in facts.poisoned


async def i11_same_answer(facts: Facts) -> list[Violation]:
    """All answers to one command that say "done" are the same bytes, and those that are kept."""
    answers = await _answers(facts)
    found: list[Violation] = []
    for key, command in facts.journal.items():
        said = {(status, digest or NOTHING) for status, digest in journal.given(command)}
        rows = [answers.get((command.first.service, each)) for each in journal.keys(command)]
        kept = {(row["status"], hashlib.sha256(row["body"] or b"").hexdigest()) for row in rows if row is not None}
        if said and len(said | kept) > 1:
            evidence = {"key": key, "answered": sorted(map(str, said)), "kept": sorted(map(str, kept))}
            found.append(Violation("I11", f"{journal.route(command)} has {len(said | kept)} answers", evidence))
    return found


async def i18_counts_are_the_drivers(facts: Facts) -> list[Violation]:
    """Of each kind as many events as the driver was told are done; what it does not know may be there besides.

    Nor does it know of what was refused in the end, after a sending of which nothing was heard: see `_late`.
    """
    if not facts.told.journals:
        return []
    done = Counter(journal.route(each) for each in facts.journal.values() if each.outcome == "ok")
    unknown = Counter(journal.route(each) for each in facts.journal.values() if each.outcome != "ok" and _unheard(each))
    there, before = census(facts), facts.told.before or {}
    found: list[Violation] = []
    for route, kind in KINDS.items():
        least, number = done[route], there[kind] - before.get(kind, 0)
        if not least <= number <= least + unknown[route]:
            what = f"{route} was done {least} times for the driver, and {number} times in the database"
            evidence = {"unknown": unknown[route], "before": before.get(kind, 0)}
            found.append(Violation("I18", what, evidence | {"route": route, "type": kind}))
    return found


def census(facts: Facts) -> Counter[str]:
    """By type, how many events people's commands have told."""
    told = (each for service in facts.databases for events in of_commands(facts, service) for each in events)
    return Counter(each.type for each in told)


async def _answers(facts: Facts) -> Answers:
    found: dict[tuple[str, str], Row] = {}
    for service in facts.databases:
        for row in await facts.rows(service, "SELECT key, status, body, created_at FROM idempotency"):
            found[service, row["key"]] = row
    return found
