"""Which events are heard, and of which subjects each speaks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts import finance, inventory, order
from contracts.event import Event

What = Literal["order", "payment", "item", "invoice"]
"""Orders, payments and items are compared; what is kept by invoice is looked at with its payments."""

COMPARED: frozenset[What] = frozenset({"order", "payment", "item"})

LATE = timedelta(minutes=1)
"""What was recorded longer ago than this when it is heard shows that somebody, or we, are catching up."""

OF_ORDERS: tuple[type[Event], ...] = (
    order.OrderPlaced, order.StockRequested, order.StockReleaseRequested, order.OrderConfirmed, order.OrderHoldApplied,
    order.OrderAmended, order.OrderAmendmentRejected, order.OrderCancelled, order.ShipmentRequested, order.OrderShipped,
    order.OrderDelivered, order.OrderClosed,
    inventory.StockReserved, inventory.StockBackordered, inventory.StockReleased, inventory.ShipmentPlanned,
    inventory.ShipmentPacked, inventory.ShipmentDispatched, inventory.DeliveryConfirmed, inventory.ShipmentCancelled,
    finance.CreditExposureChecked, finance.CreditLimitExceeded, finance.CreditLimitCleared, finance.InvoiceIssued,
    finance.InvoicePaid, finance.OrderMarginComputed,
)  # fmt: skip

_SUBJECTS: dict[type[Event], tuple[tuple[str, What], ...]] = {
    **dict.fromkeys(OF_ORDERS, (("order_id", "order"),)),
    finance.PaymentReceived: (("payment_id", "payment"),),
    finance.PaymentAllocated: (("order_id", "order"), ("payment_id", "payment")),
    finance.RefundIssued: (("payment_id", "payment"),),
    finance.CreditNoteIssued: (("order_id", "order"), ("invoice_id", "invoice")),
    inventory.AvailabilityChanged: (("item_id", "item"),),
}

HEARD = tuple(_SUBJECTS)


def subjects_of(event: Event) -> list[tuple[UUID, What]]:
    """Of what the event speaks."""
    said = vars(event)
    return [(said[field], what) for field, what in _SUBJECTS[type(event)]]


def is_late(recorded_at: datetime, now: datetime) -> bool:
    return now - recorded_at > LATE
