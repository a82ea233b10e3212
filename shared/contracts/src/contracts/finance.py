"""What the finance service tells: credit, invoices, cash, margin."""

from datetime import date
from typing import Literal

from contracts.event import Event
from contracts.ids import (
    CreditNoteId,
    CustomerId,
    InvoiceId,
    OpportunityId,
    OrderId,
    PaymentId,
    RefundId,
    ShipmentId,
)
from contracts.lines import InvoicedLine
from contracts.values import ExactDecimal, Money

CreditState = Literal["ok", "watch", "blocked"]


class CreditExposureChecked(Event):
    """The order fits into the customer's credit, or needs none (`prepaid`, no limit set)."""

    order_id: OrderId
    customer_id: CustomerId
    exposure: Money
    """What the customer would owe with this order: open orders, shipped not invoiced, open invoices, less cash."""
    limit: Money | None
    reason: str


class CreditLimitExceeded(Event):
    """The order does not fit into the customer's credit."""

    order_id: OrderId
    customer_id: CustomerId
    exposure: Money
    limit: Money


class CreditLimitCleared(Event):
    """The order that did not fit now does."""

    order_id: OrderId
    customer_id: CustomerId
    exposure: Money
    limit: Money | None
    reason: str


class CreditStateChanged(Event):
    """How much more the customer may owe: `watch` from 80 % of the limit on, `blocked` above it."""

    customer_id: CustomerId
    state: CreditState
    exposure: Money
    limit: Money | None


class InvoiceIssued(Event):
    """We ask for money for what was shipped. An issued invoice never changes."""

    invoice_id: InvoiceId
    number: str
    order_id: OrderId
    customer_id: CustomerId
    shipment_id: ShipmentId
    lines: tuple[InvoicedLine, ...]
    net: Money
    tax: Money
    gross: Money
    issued_on: date
    due_on: date


class InvoiceOverdue(Event):
    """The day by which the invoice was to be paid has passed."""

    invoice_id: InvoiceId
    order_id: OrderId
    customer_id: CustomerId
    open: Money
    due_on: date


class InvoicePaid(Event):
    """Nothing is open on this invoice."""

    invoice_id: InvoiceId
    order_id: OrderId
    customer_id: CustomerId
    gross: Money


class CreditNoteIssued(Event):
    """We take back part of what an invoice asked for."""

    credit_note_id: CreditNoteId
    number: str
    invoice_id: InvoiceId
    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[InvoicedLine, ...]
    gross: Money
    reason: str


class PaymentReceived(Event):
    """Money came in. `reference` is the payer's or provider's, and comes once."""

    payment_id: PaymentId
    customer_id: CustomerId
    amount: Money
    reference: str
    received_on: date
    order_id: OrderId | None = None


class PaymentAllocated(Event):
    """A part of a payment settles a part of an invoice."""

    payment_id: PaymentId
    invoice_id: InvoiceId
    order_id: OrderId
    customer_id: CustomerId
    amount: Money
    invoice_open: Money
    payment_unallocated: Money


class RefundIssued(Event):
    """Money goes back to the customer."""

    refund_id: RefundId
    payment_id: PaymentId
    order_id: OrderId | None
    customer_id: CustomerId
    amount: Money
    reason: str


class OrderMarginComputed(Event):
    """What the closed order brought: revenue net of tax and credits, less the cost of the goods."""

    order_id: OrderId
    customer_id: CustomerId
    opportunity_id: OpportunityId | None
    revenue: Money
    cost: Money
    margin: Money
    margin_percent: ExactDecimal | None
