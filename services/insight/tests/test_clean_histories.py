"""Clean histories: nothing is ever found in them, in whatever order Kafka lets them arrive."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.customer import CustomersMerged
from contracts.event import Event, Recorded
from contracts.finance import CreditNoteIssued
from contracts.insight import DiscrepancyDetected
from contracts.inventory import StockBackordered
from contracts.order import OrderAmended, OrderCancelled
from insight.domain.checks.payments import invoices_settled_by
from insight.domain.comparing import compare_item, compare_order, compare_payment
from insight.domain.finding import Finding
from insight.domain.hearing import HEARD, What, subjects_of
from insight.domain.statement import Statement
from testkit.servers import Servers

from .insight_proof.arrivals import Key, Rounds, recorded, shuffled
from .insight_proof.goods import Company, Dice
from .insight_proof.life import Life
from .insight_proof.watcher import a_watcher

ORDERS = 800
"""`make insight-proof` takes as many as one has patience for: 30,000 orders are a million events."""


async def test_nothing_is_found_in_hundreds_of_clean_orders_at_any_quiet_moment(servers: Servers) -> None:
    rounds = Rounds(Company.founded(Dice(3)), at_once=ORDERS)
    kinds: Counter[str] = Counter()
    async with a_watcher(servers.postgres) as watcher:
        while messages := rounds.more(ORDERS):
            kinds.update(each.recorded.type for each in messages)
            await watcher.hears(messages)
            await watcher.compares()
        found, parked = await watcher.told(DiscrepancyDetected), await watcher.parked()

    assert (found, parked) == ([], 0)
    assert watcher.compared > 5 * ORDERS
    rare = (OrderCancelled, OrderAmended, StockBackordered, CreditNoteIssued, CustomersMerged)
    assert all(kinds[each.type_name()] > 20 for each in rare)


class Heard:
    """What was heard so far, by subject."""

    def __init__(self) -> None:
        self.said: dict[tuple[UUID, What], list[Statement[Event]]] = {}
        self.survivors: dict[UUID, UUID] = {}

    def hear(self, each: Recorded) -> None:
        event = each.event()
        if isinstance(event, CustomersMerged):
            merged = [known for known, survivor in self.survivors.items() if survivor == event.customer_id]
            remains = self.survivors.get(event.survivor_id, event.survivor_id)
            self.survivors |= dict.fromkeys([event.customer_id, *merged], remains)
        elif event is not None and isinstance(event, HEARD):
            for subject in subjects_of(event):
                statement = Statement(event, each.id, each.sequence, each.time, each.time)
                self.said.setdefault(subject, []).append(statement)

    def findings(self) -> list[Finding]:
        return [finding for (about, what), said in self.said.items() for finding in self._of(about, what, said)]

    def _of(self, about: UUID, what: What, said: list[Statement[Event]]) -> list[Finding]:
        if what == "order":
            return compare_order(about, said, self.survivors).findings
        if what == "item":
            return compare_item(said).findings
        if what == "invoice":
            return []
        notes = [note for invoice in invoices_settled_by(said) for note in self.said.get((invoice, "invoice"), [])]
        return compare_payment(about, [*said, *notes], self.survivors).findings


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1_000_000), shuffles=st.integers(1, 1_000_000))
def test_no_order_of_arrival_across_services_invents_a_discrepancy(seed: int, shuffles: int) -> None:
    """What is told between two quiet moments may come in any order that keeps the order per key."""
    life, dice, sequences = Life(Company.founded(Dice(seed), items=3)), Dice(shuffles), Counter[Key]()
    heard = Heard()
    for episode in life.episodes():
        for message in shuffled([recorded(event, sequences) for event in episode], dice):
            heard.hear(message.recorded)

        assert heard.findings() == []
