"""One order of five pieces at 10.00, told by three services from placing to closing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from contracts.event import Event
from contracts.finance import (
    CreditExposureChecked,
    CreditLimitExceeded,
    CreditNoteIssued,
    InvoiceIssued,
    InvoicePaid,
    OrderMarginComputed,
    PaymentAllocated,
    PaymentReceived,
    RefundIssued,
)
from contracts.ids import (
    CreditNoteId,
    CustomerId,
    HoldId,
    InvoiceId,
    ItemId,
    LineId,
    OrderId,
    PaymentId,
    RefundId,
    ReleaseId,
    ShipmentId,
    WarehouseId,
    new_id,
)
from contracts.inventory import (
    Backorder,
    DeliveryConfirmed,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentPacked,
    ShipmentPlanned,
    StockBackordered,
    StockReleased,
    StockReserved,
)
from contracts.lines import InvoicedLine, LineQuantity, OrderLine, ReservedLine, ShippedLine
from contracts.order import (
    LineChange,
    OrderAmended,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderDelivered,
    OrderHoldApplied,
    OrderPlaced,
    OrderShipped,
    ShipmentRequested,
    StockReleaseRequested,
    StockRequested,
)
from contracts.values import Money, Quantity

E = TypeVar("E", bound=Event)
TODAY = date(2026, 3, 2)


def euros(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def but(event: E, **changes: object) -> E:
    """The same event, bent."""
    return event.model_copy(update=changes)


@dataclass
class Loop:
    """Events are made when asked for, so that each test takes what it needs."""

    pieces: int = 5
    order_id: OrderId = field(default_factory=lambda: OrderId(new_id()))
    customer_id: CustomerId = field(default_factory=lambda: CustomerId(new_id()))
    line_id: LineId = field(default_factory=lambda: LineId(new_id()))
    item_id: ItemId = field(default_factory=lambda: ItemId(new_id()))
    shipment_id: ShipmentId = field(default_factory=lambda: ShipmentId(new_id()))
    invoice_id: InvoiceId = field(default_factory=lambda: InvoiceId(new_id()))
    payment_id: PaymentId = field(default_factory=lambda: PaymentId(new_id()))
    release_id: ReleaseId = field(default_factory=lambda: ReleaseId(new_id()))
    warehouse_id: WarehouseId = field(default_factory=lambda: WarehouseId(new_id()))

    def __post_init__(self) -> None:
        n = self.pieces
        self.placed = OrderPlaced(
            **self.order, number="SO-1", channel="shop", lines=(self.line(5),), total=euros("59.50"), ordered_on=TODAY
        )
        self.checked = CreditExposureChecked(**self.order, exposure=euros("59.50"), limit=None, reason="no limit")
        self.requested = StockRequested(**self.order, lines=self.of(5))
        self.reserved = StockReserved(order_id=self.order_id, lines=self.reserving(5))
        self.confirmed = OrderConfirmed(**self.order, number="SO-1", total=euros("59.50"))
        self.to_ship = ShipmentRequested(**self.order, lines=self.of(n))
        self.planned = ShipmentPlanned(**self.shipment, warehouse_id=self.warehouse_id, lines=self.of(n))
        self.packed = ShipmentPacked(**self.shipment, lines=self.of(n))
        self.left = ShipmentDispatched(
            **self.shipment, customer_id=self.customer_id, warehouse_id=self.warehouse_id, lines=self.sent(n)
        )
        self.shipped = OrderShipped(**self.order, shipment_id=self.shipment_id, lines=self.of(n), complete=n == 5)
        self.invoice = self.asks(n, Decimal(10 * n))
        self.arrived = DeliveryConfirmed(**self.shipment, customer_id=self.customer_id)
        self.delivered = OrderDelivered(**self.order, shipment_id=self.shipment_id, complete=n == 5)
        self.received = self.receives(self.invoice.gross.amount)
        self.allocated = self.allocates(self.invoice.gross.amount)
        self.paid = InvoicePaid(invoice_id=self.invoice_id, **self.order, gross=self.invoice.gross)
        self.closed = OrderClosed(**self.order, number="SO-1")
        self.margin = OrderMarginComputed(
            **self.order,
            opportunity_id=None,
            revenue=self.invoice.net,
            cost=euros(Decimal(2 * n)),
            margin=self.invoice.net - euros(Decimal(2 * n)),
            margin_percent=None,
        )

    @property
    def events(self) -> list[Event]:
        """All of it, in the order in which it happens."""
        return [
            self.placed, self.checked, self.requested, self.reserved, self.confirmed, self.to_ship, self.planned,
            self.packed, self.left, self.shipped, self.invoice, self.arrived, self.delivered, self.received,
            self.allocated, self.paid, self.closed, self.margin,
        ]  # fmt: skip

    def until(self, last: Event) -> list[Event]:
        found = self.events
        return found[: next(place for place, each in enumerate(found) if each is last) + 1]

    @property
    def order(self) -> dict[str, Any]:  # Any: for unpacking
        return {"order_id": self.order_id, "customer_id": self.customer_id}

    @property
    def shipment(self) -> dict[str, Any]:  # Any: for unpacking
        return {"shipment_id": self.shipment_id, "order_id": self.order_id}

    def line(self, pieces: int) -> OrderLine:
        return OrderLine(
            line_id=self.line_id,
            item_id=self.item_id,
            sku="SKU-1",
            quantity=Quantity.pieces(pieces),
            unit_price=euros("10.00"),
            tax_percent=Decimal(19),
        )

    def of(self, pieces: int) -> tuple[LineQuantity, ...]:
        return (LineQuantity(line_id=self.line_id, item_id=self.item_id, quantity=Quantity.pieces(pieces)),)

    def reserving(self, pieces: int) -> tuple[ReservedLine, ...]:
        [line] = self.of(pieces)
        return (ReservedLine(**dict(line), warehouse_id=self.warehouse_id),)

    def sent(self, pieces: int) -> tuple[ShippedLine, ...]:
        [line] = self.of(pieces)
        return (ShippedLine(**dict(line), cost=euros(Decimal(2 * pieces))),)

    def asks(self, pieces: int, net: Decimal, rate: int = 19, tax: str | None = None) -> InvoiceIssued:
        charged = euros(tax) if tax else euros(net).percent(Decimal(rate))
        line = InvoicedLine(
            line_id=self.line_id,
            item_id=self.item_id,
            quantity=Quantity.pieces(pieces),
            net=euros(net),
            tax_percent=Decimal(rate),
            tax=charged,
        )
        return InvoiceIssued(
            invoice_id=self.invoice_id,
            number="INV-1",
            **self.order,
            shipment_id=self.shipment_id,
            lines=(line,),
            net=euros(net),
            tax=charged,
            gross=euros(net) + charged,
            issued_on=TODAY,
            due_on=TODAY,
        )

    def receives(self, amount: str | Decimal) -> PaymentReceived:
        return PaymentReceived(
            payment_id=self.payment_id,
            customer_id=self.customer_id,
            amount=euros(amount),
            reference=str(self.payment_id),
            received_on=TODAY,
        )

    def allocates(self, amount: str | Decimal) -> PaymentAllocated:
        return PaymentAllocated(
            payment_id=self.payment_id,
            invoice_id=self.invoice_id,
            **self.order,
            amount=euros(amount),
            invoice_open=euros("0"),
            payment_unallocated=euros("0"),
        )

    def refunds(self, amount: str) -> RefundIssued:
        return RefundIssued(
            refund_id=RefundId(new_id()),
            payment_id=self.payment_id,
            order_id=None,
            customer_id=self.customer_id,
            amount=euros(amount),
            reason="too much",
        )

    def credits(self, gross: str) -> CreditNoteIssued:
        return CreditNoteIssued(
            credit_note_id=CreditNoteId(new_id()),
            number="CN-1",
            invoice_id=self.invoice_id,
            **self.order,
            lines=(),
            gross=euros(gross),
            reason="broken",
        )

    def over_limit(self) -> CreditLimitExceeded:
        return CreditLimitExceeded(**self.order, exposure=euros("59.50"), limit=euros("1"))

    def hold(self) -> OrderHoldApplied:
        return OrderHoldApplied(**self.order, hold_id=HoldId(new_id()), kind="credit", reason="over the limit")

    def short(self, pieces: int) -> StockBackordered:
        [line] = self.of(pieces)
        return StockBackordered(order_id=self.order_id, lines=(Backorder(**dict(line)),))

    def asks_back(self, pieces: int) -> StockReleaseRequested:
        return StockReleaseRequested(order_id=self.order_id, release_id=self.release_id, lines=self.of(pieces))

    def gives_back(self, pieces: int) -> StockReleased:
        return StockReleased(order_id=self.order_id, release_id=self.release_id, lines=self.of(pieces))

    def cancels(self, pieces: int) -> OrderCancelled:
        return OrderCancelled(
            **self.order,
            lines=self.of(pieces),
            total=euros("0"),
            cancelled=euros("0"),
            reason="changed my mind",
            complete=pieces == 5,
        )

    def amends(self, pieces: int) -> OrderAmended:
        change = LineChange(line_id=self.line_id, before=Quantity.pieces(5), after=Quantity.pieces(pieces))
        return OrderAmended(**self.order, lines=(self.line(pieces),), changes=(change,), total=euros("0"))

    def calls_back(self) -> ShipmentCancelled:
        return ShipmentCancelled(**self.shipment, reason="called back")


def without(events: Sequence[Event], *left_out: Event) -> list[Event]:
    return [each for each in events if not any(each is one for one in left_out)]
