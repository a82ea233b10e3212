"""Whatever happens to an order, in whatever order: no quantity is made or lost, and it closes once, when settled."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from contracts.errors import OrderloopError
from contracts.event import Event
from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, ShipmentId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    OrderAmended,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderPlaced,
    ShipmentRequested,
    StockReleaseRequested,
    StockRequested,
)
from contracts.values import Money, Quantity
from order.domain.fulfilment import Wait, wait_of
from order.domain.line import LineProgress, State
from order.domain.order import Order
from order.domain.promise import Status

numbers = st.integers(min_value=1, max_value=9)
places = st.integers(min_value=0, max_value=3)
STATES: tuple[State, ...] = ("pending", "asked", "backordered", "reserved", "picking", "shipped", "cancelled")


def a_line(number: int) -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="A-1",
        quantity=Quantity.pieces(number),
        unit_price=Money(amount=Decimal("0.13"), currency="EUR"),
        tax_percent=Decimal(19),
    )


class Histories(RuleBasedStateMachine):
    """One order; inventory, finance and people do to it what its state allows."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.told_total = Money.zero("EUR")
        self.net_ordered = Decimal(0)

    @initialize(quantities=st.lists(numbers, min_size=1, max_size=2))
    def place(self, quantities: list[int]) -> None:
        self.order = Order(
            number="SO-1",
            customer_id=CustomerId(new_id()),
            channel="phone",
            lines=[LineProgress.of(a_line(number)) for number in quantities],
            ordered_on=date(2026, 1, 5),
        )
        self.happened([self.order.place()])
        self.net_ordered = Decimal(sum(quantities))

    @rule()
    def credit_fits(self) -> None:
        self.happened(self.order.approve_credit())

    @rule()
    def credit_does_not_fit(self) -> None:
        self.happened(self.order.refuse_credit("too much"))

    @rule(place=places, number=numbers)
    def reserve(self, place: int, number: int) -> None:
        line = self.line(place)
        self.happened(self.order.reserve(self.up_to(line, number, line.asked + line.backordered)))

    @rule(place=places, number=numbers)
    def run_short(self, place: int, number: int) -> None:
        line = self.line(place)
        self.happened(self.order.backorder(self.up_to(line, number, line.asked)))

    @rule(place=places, number=numbers)
    def withdraw(self, place: int, number: int) -> None:
        line = self.line(place)
        taken = self.up_to(line, number, line.reserved + line.picking)
        self.happened(self.order.backorder(taken, withdrawn=taken))

    @rule()
    def hold(self) -> None:
        if self.order.is_over:
            self.is_refused(lambda: self.order.apply_hold("manual", "wait"))
        else:
            self.happened([self.order.apply_hold("manual", "wait")])

    @rule()
    def release_hold(self) -> None:
        by_hand = [hold for hold in self.order.standing_holds if hold.kind == "manual"]
        if by_hand:
            self.happened(self.order.release_hold(by_hand[0].hold_id, "done"))

    @rule(place=places, number=st.integers(min_value=0, max_value=12), added=st.booleans())
    def amend(self, place: int, number: int, added: bool) -> None:
        line = self.line(place)
        wanted = {line.line_id: Decimal(number)}
        lines = [a_line(2)] if added and len(self.order.lines) < 4 else []
        before = self.snapshot()
        try:
            self.happened(self.order.amend(wanted, lines))
        except OrderloopError:
            assert self.snapshot() == before

    @rule()
    def cancel(self) -> None:
        if self.order.is_open and self.order.release is None:
            self.happened(self.order.cancel("no more"))
        else:
            self.is_refused(lambda: self.order.cancel("no more"))

    @rule(share=st.integers(min_value=0, max_value=2))
    def give_back(self, share: int) -> None:
        """Inventory answers with nothing, a part, or all of what it was asked for and still has."""
        release = self.order.release
        if release is None:
            return
        lines = [self.up_to(line, int(line.open) * share // 2, self.asked_back(line)) for line in self.order.lines]
        self.happened(self.order.released(release.release_id, [each for one in lines for each in one]))

    @rule(place=places, number=numbers)
    def ship(self, place: int, number: int) -> None:
        line = self.line(place)
        lines = self.up_to(line, number, line.picking)
        if lines:
            invoiced = [each.shipment_id for each in self.order.deliveries if not each.is_dispatched]
            self.happened([self.order.ship(invoiced[0] if invoiced else ShipmentId(new_id()), lines)])

    @rule(which=places)
    def deliver(self, which: int) -> None:
        under_way = [each for each in self.order.deliveries if each.is_dispatched and not each.delivered]
        if under_way:
            self.happened(self.order.deliver(under_way[which % len(under_way)].shipment_id))

    @rule(which=places)
    def invoice(self, which: int) -> None:
        open_ones = [each for each in self.order.deliveries if each.invoice_id is None]
        if open_ones:
            shipment_id = open_ones[which % len(open_ones)].shipment_id
            self.happened(self.order.invoice(shipment_id, InvoiceId(new_id())))

    @rule()
    def invoice_before_dispatch(self) -> None:
        heard_early = any(not each.is_dispatched for each in self.order.deliveries)
        if any(line.picking for line in self.order.lines) and not heard_early:
            self.happened(self.order.invoice(ShipmentId(new_id()), InvoiceId(new_id())))

    @rule(which=places)
    def pay(self, which: int) -> None:
        unpaid = [each.invoice_id for each in self.order.deliveries if each.invoice_id and not each.paid]
        if unpaid:
            self.happened(self.order.pay(unpaid[which % len(unpaid)]))

    @invariant()
    def no_quantity_is_made_or_lost(self) -> None:
        for line in self.order.lines:
            parts = [line.inside(state) for state in STATES]
            assert line.ordered == sum(parts)
            assert line.is_conserved
            assert min(parts) >= 0

    @invariant()
    def what_was_told_adds_up_to_what_is_ordered(self) -> None:
        assert self.net_ordered == sum(line.ordered - self.told_cancelled(line) for line in self.order.lines)

    @invariant()
    def the_status_follows_from_lines_and_facts_alone(self) -> None:
        again = Order(
            number="other",
            customer_id=CustomerId(new_id()),
            channel="shop",
            lines=[replace(line) for line in self.order.lines],
            ordered_on=date(2000, 1, 1),
            confirmed=self.order.confirmed,
            closed=self.order.closed,
        )
        assert self.order.status is again.status

    @invariant()
    def an_order_closes_at_most_once_and_only_when_settled(self) -> None:
        closings = sum(isinstance(event, OrderClosed) for event in self.events)
        assert closings == (1 if self.order.closed else 0)
        settled = all(each.is_settled for each in self.order.deliveries)
        has_left = any(line.shipped for line in self.order.lines)
        if has_left and settled and not self.order.is_open:
            assert self.order.status is Status.CLOSED
        if self.order.closed:
            assert settled
            assert not self.order.is_open

    @invariant()
    def an_order_is_confirmed_at_most_once(self) -> None:
        assert sum(isinstance(event, OrderConfirmed) for event in self.events) <= 1

    @invariant()
    def an_order_waits_for_nothing_only_when_it_is_over(self) -> None:
        assert (wait_of(self.order) is Wait.NOTHING) == self.order.is_over

    def happened(self, events: Sequence[Event]) -> None:
        held = bool(self.order.standing_holds) or self.order.release is not None
        for event in events:
            assert not (held and isinstance(event, StockRequested | ShipmentRequested | OrderConfirmed))
            if isinstance(event, OrderAmended):
                self.net_ordered += sum((change.after - change.before).value for change in event.changes)
            if isinstance(event, OrderCancelled):
                assert event.lines
                assert event.total + event.cancelled == self.told_total
                self.net_ordered -= sum(line.quantity.value for line in event.lines)
            if isinstance(event, OrderPlaced | OrderAmended | OrderCancelled):
                self.told_total = event.total
        self.events += events

    def is_refused(self, act: Callable[[], object]) -> None:
        before = self.snapshot()
        with pytest.raises(OrderloopError):
            _ = act()
        assert self.snapshot() == before

    def line(self, place: int) -> LineProgress:
        return self.order.lines[place % len(self.order.lines)]

    def up_to(self, line: LineProgress, number: int, there: Decimal) -> list[LineQuantity]:
        quantity = min(Decimal(number), there)
        return [line.as_quantity(quantity)] if quantity else []

    def asked_back(self, line: LineProgress) -> Decimal:
        """What inventory was asked for last, as far as it has not left since."""
        asked = [event for event in self.events if isinstance(event, StockReleaseRequested)][-1]
        wanted = sum((each.quantity.value for each in asked.lines if each.line_id == line.line_id), Decimal(0))
        return min(wanted, line.open - line.pending)

    def told_cancelled(self, line: LineProgress) -> Decimal:
        """Cancelled and told; a cancellation that waits for inventory is told with its answer."""
        waits = () if self.order.release is None else self.order.release.cancelled_already
        untold = sum((each.quantity.value for each in waits if each.line_id == line.line_id), Decimal(0))
        return line.cancelled - untold

    def snapshot(self) -> object:
        order = self.order
        lines = [(line.line, *(line.inside(state) for state in STATES)) for line in order.lines]
        return lines, list(order.holds), order.release, order.status, order.credit_approved


Histories.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None, derandomize=True)
TestHistories = Histories.TestCase
