"""Discrepancies of every kind among clean orders: all found, and nothing else, with both sides and their events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from contracts.insight import DiscrepancyDetected, Side
from insight.domain.kinds import Kind
from testkit.servers import Servers

from .insight_proof.arrivals import Key, Rounds, recorded, shuffled
from .insight_proof.goods import Company, Dice
from .insight_proof.watcher import a_watcher
from .planted import Expected, planted

BY_THE_CONSUMER = {Kind.EVENT_MISSING, Kind.EVENT_NOT_READABLE}
"""What cannot be heard at all: see test_waiting_events.py."""


def said(side: Side) -> tuple[str, str, str, set[UUID]]:
    return (side.service, side.says, side.value, {each.event_id for each in side.events})


def expected(side: Expected, ids: Mapping[int, UUID]) -> tuple[str, str, str, set[UUID]]:
    service, says, value, behind = side
    return (service, says, value, {ids[id(event)] for event in behind})


def test_there_is_one_of_every_kind() -> None:
    assert Counter(each.kind for each in planted()) == dict.fromkeys(set(Kind) - BY_THE_CONSUMER, 1)


async def test_every_planted_discrepancy_is_found_among_clean_orders_and_nothing_else(servers: Servers) -> None:
    plants, dice = planted(), Dice(7)
    rounds = Rounds(Company.founded(dice), at_once=300)
    events = [event for each in plants for event in each.events]
    told = [recorded(event, sequences) for sequences in [Counter[Key]()] for event in events]
    ids = {id(event): each.id for event, each in zip(events, told, strict=True)}
    async with a_watcher(servers.postgres) as watcher:
        for _ in range(3):
            await watcher.hears(rounds.more(300))
        await watcher.hears(shuffled(told, dice))
        await watcher.compares()
        found = await watcher.told(DiscrepancyDetected)

    assert Counter(each.kind for each in found) == dict.fromkeys((each.kind.value for each in plants), 1)
    by_kind = {each.kind: each for each in found}
    for each in plants:
        it = by_kind[each.kind.value]
        assert (said(it.one), said(it.other)) == (expected(each.one, ids), expected(each.other, ids)), each.kind
        assert it.meaning == each.kind.meaning
