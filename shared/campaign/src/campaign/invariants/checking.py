"""The check: all facts once, all invariants over them, the counts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from campaign.invariants import (
    applying,
    books,
    causes,
    commands,
    orders,
    parking,
    projections,
    publishing,
    quietness,
    resources,
    stock,
)
from campaign.invariants.facts import Facts, looking
from campaign.invariants.findings import Counts, Findings, Violation, shown
from campaign.invariants.place import Place, Told
from campaign.invariants.topics import Topics

Invariant = Callable[[Facts], Awaitable[list[Violation]]]

INVARIANTS: Mapping[str, Invariant] = {
    "I1": orders.i1_won_is_ordered_once,
    "I2": stock.i2_goods_add_up,
    "I3": books.i3_books_balance,
    "I4": applying.i4_no_lost_effect,
    "I5": applying.i5_no_doubled_effect,
    "I6": publishing.i6_no_ghost,
    "I7": applying.i7_applied_in_order,
    "I8": publishing.i8_no_gap,
    "I9": publishing.i9_first_sent_in_order,
    "I10": commands.i10_done_is_done,
    "I11": commands.i11_same_answer,
    "I12": projections.i12_projections_are_what_was_told,
    "I13": parking.i13_parked_is_poisoned,
    "I14": orders.i14_nothing_stuck,
    "I15": causes.i15_cause_before_effect,
    "I16": resources.i16_nothing_leaks,
    "I17": quietness.i17_all_has_come_to_its_end,
    "I18": commands.i18_counts_are_the_drivers,
}


async def check(place: Place, topics: Topics, told: Told | None = None) -> Findings:
    """Check every invariant on a platform that is quiet. `topics` is kept from check to check of one platform."""
    began = time.monotonic()
    async with looking(place, topics, told or Told()) as facts:
        answers = await asyncio.gather(*(invariant(facts) for invariant in INVARIANTS.values()))
        found = [each for answer in answers for each in answer]
        counts, notes = counted(facts, found), _notes(facts)
    number = Counter(each.invariant for each in found)
    return Findings(shown(found), dict(number), counts, time.monotonic() - began, notes)


async def census(place: Place, topics: Topics) -> Counter[str]:
    """Events by type that people's commands have told so far: what `Told.before` takes."""
    async with looking(place, topics, Told()) as facts:
        return commands.census(facts)


def counted(facts: Facts, found: Sequence[Violation]) -> Counts:
    number = Counter(each.invariant for each in found)
    names = Counter(each.name for each in facts.written.values() if each.event_id not in facts.poisoned)
    deliveries, repeats = 0, 0
    for service, sent in facts.topics.sent.items():
        readers = len(facts.subscriptions.readers.get(service, frozenset()) & facts.databases.keys())
        events = [each.event_id for each in sent if each.event_id is not None]
        deliveries += readers * len(events)
        repeats += readers * (len(events) - len(set(events)))
    return Counts(
        loops=names["OrderClosed"],
        orders=names["OrderPlaced"],
        events=len(facts.written),
        deliveries=deliveries,
        duplicates_absorbed=repeats,
        lost=number["I4"],
        doubled=number["I5"],
        reordered=number["I7"] + number["I9"],
        unbalanced=number["I2"] + number["I3"],
    )


def _notes(facts: Facts) -> tuple[str, ...]:
    blind = [each.service for each in facts.databases.values() if not each.probed]
    notes: list[str] = []
    if blind:
        notes.append(
            f"no probe in {', '.join(blind)}: I5 sees only effects that told events, I7 only where each key stands"
        )
    if not facts.told.journals:
        notes.append("no journal: I11 and I18 have nothing to compare, I10 compares answers with effects only")
    if facts.told.baseline is None:
        notes.append("no baseline: I16 does not look at files and memory of processes")
    return tuple(notes)
