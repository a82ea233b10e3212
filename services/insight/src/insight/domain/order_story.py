"""An order as order, inventory and finance tell it, joined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from contracts.event import Event
from contracts.finance import CreditNoteIssued, InvoiceIssued, InvoicePaid, PaymentAllocated
from contracts.inventory import (
    DeliveryConfirmed,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentPacked,
    ShipmentPlanned,
    StockBackordered,
    StockReleased,
    StockReserved,
)
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    OrderAmended,
    OrderCancelled,
    OrderClosed,
    OrderDelivered,
    OrderPlaced,
    OrderShipped,
    ShipmentRequested,
    StockRequested,
)
from insight.domain.finding import Place
from insight.domain.statement import Statement
from insight.domain.story import NONE, ZERO, Story, Tally, by_id, tallied

Lines = tuple[LineQuantity, ...]
Survivors = Mapping[UUID, UUID]
"""Who remains of a customer that was merged."""


class OrderStory(Story):
    """The joined sides of an order that was placed. What the checks share is worked out once."""

    def __init__(self, placed: Statement[OrderPlaced], statements: Iterable[Statement[Event]], survivors: Survivors):
        super().__init__(statements)
        self.placed = placed
        self.order_id: UUID = placed.event.order_id
        self.survivors = survivors

    def place(self, **more: UUID) -> Place:
        return Place(order_id=self.order_id, **more)

    def who_remains(self, customer_id: UUID) -> UUID:
        return self.survivors.get(customer_id, customer_id)

    @property
    def currency(self) -> str:
        return self.placed.event.total.currency

    @cached_property
    def lines(self) -> dict[UUID, OrderLine]:
        """Each line as it was told last. Its quantity includes what was cancelled of it."""
        amended = self.last(OrderAmended)
        now = self.placed.event.lines if amended is None else amended.event.lines
        return {line.line_id: line for line in now}

    @cached_property
    def terms(self) -> list[Statement[Event]]:
        """What says how much of what the order is for."""
        return [self.placed, *self.all(OrderAmended), *self.all(OrderCancelled)]

    @cached_property
    def prices(self) -> dict[UUID, set[Decimal]]:
        """Every price that a line ever had: what was invoiced before a change keeps the one it had."""
        found: dict[UUID, set[Decimal]] = {}
        for said in (self.placed, *self.all(OrderAmended)):
            for line in said.event.lines:
                found.setdefault(line.line_id, set()).add(line.unit_price.amount)
        return found

    @cached_property
    def cancelled(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(OrderCancelled), lambda event: quantities(event.lines))

    @cached_property
    def cancelled_as_a_whole(self) -> list[Statement[OrderCancelled]]:
        return [each for each in self.all(OrderCancelled) if each.event.complete]

    def wanted(self, line_id: UUID) -> Decimal:
        """What of a line is shipped or still to be."""
        line = self.lines.get(line_id)
        return ZERO if line is None else line.quantity.value - self.cancelled.get(line_id, NONE).amount

    @cached_property
    def requested(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(StockRequested), lambda event: quantities(event.lines))

    @cached_property
    def reserved(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(StockReserved), lambda event: quantities(event.lines))

    @cached_property
    def short(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(StockBackordered), lambda event: quantities(event.lines))

    @cached_property
    def withdrawn(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(StockBackordered), lambda event: quantities(event.withdrawn))

    @cached_property
    def released(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(StockReleased), lambda event: quantities(event.lines))

    @cached_property
    def to_ship(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(ShipmentRequested), lambda event: quantities(event.lines))

    @cached_property
    def planned(self) -> Mapping[UUID, Tally]:
        """Without the rests of partial shipments, which were planned before."""
        first = [each for each in self.all(ShipmentPlanned) if each.event.split_from is None]
        return tallied(first, lambda event: quantities(event.lines))

    @cached_property
    def left(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(ShipmentDispatched), lambda event: quantities(event.lines))

    @cached_property
    def shipped(self) -> Mapping[UUID, Tally]:
        return tallied(self.all(OrderShipped), lambda event: quantities(event.lines))

    @cached_property
    def plans(self) -> dict[UUID, list[Statement[ShipmentPlanned]]]:
        return by_id(self.all(ShipmentPlanned), lambda event: event.shipment_id)

    @cached_property
    def packings(self) -> dict[UUID, list[Statement[ShipmentPacked]]]:
        return by_id(self.all(ShipmentPacked), lambda event: event.shipment_id)

    @cached_property
    def callbacks(self) -> dict[UUID, list[Statement[ShipmentCancelled]]]:
        return by_id(self.all(ShipmentCancelled), lambda event: event.shipment_id)

    @cached_property
    def dispatches(self) -> dict[UUID, list[Statement[ShipmentDispatched]]]:
        return by_id(self.all(ShipmentDispatched), lambda event: event.shipment_id)

    @cached_property
    def shippings(self) -> dict[UUID, list[Statement[OrderShipped]]]:
        return by_id(self.all(OrderShipped), lambda event: event.shipment_id)

    @cached_property
    def arrivals(self) -> dict[UUID, list[Statement[DeliveryConfirmed]]]:
        return by_id(self.all(DeliveryConfirmed), lambda event: event.shipment_id)

    @cached_property
    def deliveries(self) -> dict[UUID, list[Statement[OrderDelivered]]]:
        return by_id(self.all(OrderDelivered), lambda event: event.shipment_id)

    @cached_property
    def invoices(self) -> dict[UUID, list[Statement[InvoiceIssued]]]:
        return by_id(self.all(InvoiceIssued), lambda event: event.invoice_id)

    @cached_property
    def invoices_of_shipments(self) -> dict[UUID, list[Statement[InvoiceIssued]]]:
        return by_id(self.all(InvoiceIssued), lambda event: event.shipment_id)

    @cached_property
    def payings(self) -> dict[UUID, list[Statement[InvoicePaid]]]:
        return by_id(self.all(InvoicePaid), lambda event: event.invoice_id)

    @cached_property
    def allocations(self) -> dict[UUID, list[Statement[PaymentAllocated]]]:
        return by_id(self.all(PaymentAllocated), lambda event: event.invoice_id)

    @cached_property
    def credit_notes(self) -> dict[UUID, list[Statement[CreditNoteIssued]]]:
        return by_id(self.all(CreditNoteIssued), lambda event: event.invoice_id)

    @property
    def is_over(self) -> bool:
        """Nothing more is expected to be said of it; a credit note or a refund may be."""
        return bool(self.all(OrderClosed) or self.cancelled_as_a_whole)


def quantities(lines: Iterable[LineQuantity]) -> list[tuple[UUID, Decimal]]:
    return [(line.line_id, line.quantity.value) for line in lines]
