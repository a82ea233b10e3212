"""The facts that are compared, as far as they matter here, read out of the services' answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from orderloop.http import Json

NOTHING = Decimal(0)
LEFT = frozenset({"dispatched", "delivered"})
STILL_HERE = frozenset({"planned", "picking", "packed"})


@dataclass(frozen=True)
class OrderLine:
    """Where the quantity of a line is, as the order service says; `pending` is what inventory has not answered."""

    line_id: str
    item_id: str
    sku: str
    unit_price: Decimal
    tax_percent: Decimal
    ordered: Decimal
    pending: Decimal
    backordered: Decimal
    reserved: Decimal
    picking: Decimal
    shipped: Decimal
    cancelled: Decimal

    @property
    def open(self) -> Decimal:
        return self.pending + self.backordered + self.reserved + self.picking


@dataclass(frozen=True)
class Delivery:
    shipment_id: str
    dispatched: bool
    delivered: bool
    invoice_id: str | None
    paid: bool


@dataclass(frozen=True)
class Order:
    order_id: str
    number: str
    status: str
    customer_id: str
    opportunity_id: str | None
    currency: str
    prepaid: bool
    on_credit_hold: bool
    lines: tuple[OrderLine, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def is_over(self) -> bool:
        return self.status in ("closed", "cancelled")

    @property
    def is_settled(self) -> bool:
        """Nothing is open, and all that left has arrived and is paid."""
        done = all(each.delivered and each.paid for each in self.deliveries)
        return bool(self.deliveries) and done and not any(line.open for line in self.lines)


@dataclass(frozen=True)
class Part:
    """So many of an order line in a shipment or on an invoice."""

    line_id: str
    quantity: Decimal
    net: Decimal = NOTHING


@dataclass(frozen=True)
class Shipment:
    shipment_id: str
    order_id: str
    status: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Invoice:
    invoice_id: str
    number: str
    order_id: str
    customer_id: str
    shipment_id: str
    parts: tuple[Part, ...]
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    credited: Decimal
    settled: Decimal
    waived: Decimal
    open: Decimal


@dataclass(frozen=True)
class Payment:
    payment_id: str
    reference: str
    customer_id: str
    prepayment: bool
    amount: Decimal
    allocations: tuple[tuple[str, Decimal], ...]
    refunded: Decimal
    unallocated: Decimal


@dataclass(frozen=True)
class CreditAccount:
    customer_id: str
    name: str
    open_orders: Decimal
    receivables: Decimal
    unallocated_cash: Decimal
    exposure: Decimal
    waiting: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """A refund or a credit note: what it is about, and how much it is."""

    number: str
    about: str
    amount: Decimal


@dataclass(frozen=True)
class Trouble:
    """Something that a service says of itself does not hold or does not flow."""

    about: str
    said: str
    expected: str = ""


@dataclass(frozen=True)
class Proved:
    """What a service has proved by itself: how many statements, and which do not hold."""

    statements: int
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All that one reading has brought."""

    won: Sequence[str] = ()
    orders: Sequence[Order] = ()
    shipments: Sequence[Shipment] = ()
    services: frozenset[str] = frozenset()
    """The items that need no stock."""
    reserved: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    """By item, over all warehouses."""
    bought: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    """By order line: what purchases bring for it."""
    bought_in_doubt: frozenset[str] = frozenset()
    """The order lines of purchases whose cancellation the supplier has not answered."""
    short: dict[str, Decimal] = field(default_factory=dict[str, Decimal])
    """By order line: what nobody has bought."""
    invoices: Sequence[Invoice] = ()
    credit_notes: Sequence[Document] = ()
    payments: Sequence[Payment] = ()
    refunds: Sequence[Document] = ()
    accounts: Sequence[CreditAccount] = ()
    complaints: Sequence[str] = ()
    nonconformances: Sequence[str] = ()
    """The cases that they were raised for."""
    books: Proved = Proved(0)
    stock: Proved = Proved(0)
    parked: Proved = Proved(0)
    timers: Proved = Proved(0)


def order_of(answer: Json) -> Order:
    return Order(
        order_id=answer["order_id"],
        number=answer["number"],
        status=answer["status"],
        customer_id=answer["customer_id"],
        opportunity_id=answer["opportunity_id"],
        currency=answer["total"]["currency"],
        prepaid=answer["prepaid"],
        on_credit_hold=any(hold["stands"] and hold["kind"] == "credit" for hold in answer["holds"]),
        lines=tuple(_order_line(line) for line in answer["lines"]),
        deliveries=tuple(_delivery(each) for each in answer["deliveries"]),
    )


def shipment_of(answer: Json) -> Shipment:
    parts = tuple(Part(line["line_id"], Decimal(line["quantity"]["value"])) for line in answer["lines"])
    return Shipment(answer["shipment_id"], answer["order_id"], answer["status"], parts)


def invoice_of(answer: Json) -> Invoice:
    return Invoice(
        invoice_id=answer["invoice_id"],
        number=answer["number"],
        order_id=answer["order_id"],
        customer_id=answer["customer_id"],
        shipment_id=answer["shipment_id"],
        parts=tuple(
            Part(line["line_id"], Decimal(line["quantity"]["value"]), amount(line["net"])) for line in answer["lines"]
        ),
        currency=answer["gross"]["currency"],
        **{name: amount(answer[name]) for name in _SUMS},
    )


def payment_of(answer: Json) -> Payment:
    return Payment(
        payment_id=answer["payment_id"],
        reference=answer["reference"],
        customer_id=answer["customer_id"],
        prepayment=answer["prepayment"],
        amount=amount(answer["amount"]),
        allocations=tuple((each["invoice_id"], amount(each["amount"])) for each in answer["allocations"]),
        refunded=amount(answer["refunded"]),
        unallocated=amount(answer["unallocated"]),
    )


def account_of(answer: Json) -> CreditAccount:
    return CreditAccount(
        customer_id=answer["customer_id"],
        name=answer["name"],
        open_orders=amount(answer["open_orders"]),
        receivables=amount(answer["receivables"]),
        unallocated_cash=amount(answer["unallocated_cash"]),
        exposure=amount(answer["exposure"]),
        waiting=tuple(each["order_id"] for each in answer["waiting"]),
    )


def amount(money: Json) -> Decimal:
    return Decimal(money["amount"])


def summed(pairs: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sum of each key."""
    sums: dict[str, Decimal] = {}
    for key, number in pairs:
        sums[key] = sums.get(key, NOTHING) + number
    return sums


def _order_line(line: Json) -> OrderLine:
    return OrderLine(
        line_id=line["line_id"],
        item_id=line["item_id"],
        sku=line["sku"],
        unit_price=amount(line["unit_price"]),
        **{name: Decimal(line[name]) for name in _QUANTITIES},
    )


def _delivery(answer: Json) -> Delivery:
    return Delivery(
        shipment_id=answer["shipment_id"],
        dispatched=bool(answer["lines"]),
        delivered=answer["delivered"],
        invoice_id=answer["invoice_id"],
        paid=answer["paid"],
    )


_QUANTITIES = ("tax_percent", "ordered", "pending", "backordered", "reserved", "picking", "shipped", "cancelled")
_SUMS = ("net", "tax", "gross", "credited", "settled", "waived", "open")
