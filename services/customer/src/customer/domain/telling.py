"""How each event reads on a customer's timeline: the table, one line for each event type.

Every event of the contracts that carries the customer, or an id by which the customer is found, has its line; a test
compares the table with the contracts, so a new event cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from contracts import customer, finance, inventory, order, quality, sales, service
from contracts.event import Event
from contracts.lines import LineQuantity
from contracts.values import Money, Quantity


class Kind(StrEnum):
    """What an entry is about; a reader filters by it."""

    CUSTOMER = "customer"
    OPPORTUNITY = "opportunity"
    QUOTE = "quote"
    ORDER = "order"
    STOCK = "stock"
    SHIPMENT = "shipment"
    CREDIT = "credit"
    INVOICE = "invoice"
    PAYMENT = "payment"
    CASE = "case"
    QUALITY = "quality"


E = TypeVar("E", bound=Event)

# Any: each function takes its own event type; `_tell` checks that the pair fits, and forgets which it was.
_Title = Callable[[Any], str]
_Row = tuple[type[Event], _Title]


@dataclass(frozen=True)
class Telling:
    """What an event is about and how it reads."""

    kind: Kind
    title: _Title


def _tell(event_type: type[E], title: Callable[[E], str]) -> _Row:
    return event_type, title


def _count(things: tuple[object, ...], noun: str) -> str:
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


def _sum(lines: tuple[LineQuantity, ...]) -> str:
    """The quantity of the lines, one sum for each unit: "12 C62 and 3 KGM"."""
    sums: dict[str, Quantity] = {}
    for line in lines:
        sums[line.quantity.unit] = sums.get(line.quantity.unit, Quantity.zero(line.quantity.unit)) + line.quantity
    return " and ".join(str(quantity) for quantity in sums.values()) or "nothing"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _whole(complete: bool) -> str:
    return "in full" if complete else "in part"


def _if_any(lines: tuple[LineQuantity, ...], what: str) -> str:
    return f"{what}: {_sum(lines)}" if lines else ""


def _listed(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _limit(limit: Money | None) -> str:
    return "no limit" if limit is None else str(limit)


def _day(day: date | None) -> str:
    return "no day" if day is None else str(day)


_TABLE: dict[Kind, tuple[_Row, ...]] = {
    Kind.CUSTOMER: (
        _tell(customer.CustomerRegistered, lambda e: f"Registered as customer {e.number}: {e.name}"),
        _tell(customer.CustomerProfileChanged, lambda e: f"Profile: {e.name}, {e.country}, {e.currency}"),
        _tell(customer.ContactAdded, lambda e: f"Contact named: {e.role}"),
        _tell(customer.CustomersMerged, lambda _: "A second record was merged into this customer"),
        _tell(customer.InteractionLogged, lambda e: f"Talked: {e.channel}"),
    ),
    Kind.OPPORTUNITY: (
        _tell(sales.LeadQualified, lambda _: "Lead qualified: it became an opportunity"),
        _tell(sales.OpportunityOpened, lambda e: f"Opportunity opened: {e.name}, {e.amount}, by {e.owner}"),
        _tell(sales.OpportunityCustomerNamed, lambda _: "Opportunity turned out to be this customer's"),
        _tell(sales.OpportunityAssigned, lambda e: f"Opportunity given to {e.owner}"),
        _tell(
            sales.OpportunityEstimated,
            lambda e: f"Opportunity estimated: {e.amount}, decided on {_day(e.expected_close_on)}",
        ),
        _tell(sales.OpportunityStageChanged, lambda e: f"Opportunity moved from {e.before} to {e.after}"),
        _tell(sales.OpportunityWon, lambda e: f"Opportunity won: {e.total}"),
        _tell(sales.OpportunityLost, lambda e: f"Opportunity lost: {e.reason}"),
        _tell(sales.OpportunityReopened, lambda e: f"Opportunity reopened: {e.stage}"),
    ),
    Kind.QUOTE: (
        _tell(sales.QuotePrepared, lambda e: f"Quote {e.number} revision {e.revision} prepared: {e.total}"),
        _tell(
            sales.QuoteSent, lambda e: f"Quote {e.number} revision {e.revision} sent: {e.total}, until {e.valid_until}"
        ),
        _tell(sales.QuoteSuperseded, lambda e: f"Quote revision {e.revision} replaced by revision {e.superseded_by}"),
        _tell(sales.QuoteAccepted, lambda e: f"Quote {e.number} revision {e.revision} accepted: {e.total}"),
        _tell(sales.QuoteRejected, lambda e: f"Quote revision {e.revision} rejected: {e.reason}"),
        _tell(sales.QuoteExpired, lambda e: f"Quote revision {e.revision} expired"),
    ),
    Kind.ORDER: (
        _tell(
            order.OrderPlaced, lambda e: f"Order {e.number} placed by {e.channel}: {_count(e.lines, 'line')}, {e.total}"
        ),
        _tell(
            order.OrderConfirmed,
            lambda e: f"Order {e.number} confirmed: {e.total}{_if_any(e.backordered, ', on back-order')}",
        ),
        _tell(
            order.PromiseDateChanged,
            lambda e: f"Promised day changed: {_day(e.before)}, now {_day(e.after)}, by {e.because}",
        ),
        _tell(order.OrderHoldApplied, lambda e: f"Order on {e.kind} hold: {e.reason}"),
        _tell(order.OrderHoldReleased, lambda e: f"Order off {e.kind} hold: {e.reason}"),
        _tell(order.OrderAmendmentRequested, lambda e: f"Smaller order asked for: {_sum(e.lines)} less"),
        _tell(order.OrderAmended, lambda e: f"Order amended: {_count(e.changes, 'line')} changed, now {e.total}"),
        _tell(order.OrderAmendmentRejected, lambda e: f"Amendment not possible: {e.reason}"),
        _tell(order.OrderCancellationRequested, lambda e: f"Cancellation asked for: {e.reason}"),
        _tell(order.OrderCancelled, lambda e: f"Order cancelled {_whole(e.complete)}: {e.cancelled}, {e.reason}"),
        _tell(order.OrderShipped, lambda e: f"Order shipped {_whole(e.complete)}: {_sum(e.lines)}"),
        _tell(order.OrderDelivered, lambda e: f"Order delivered {_whole(e.complete)}"),
        _tell(order.OrderClosed, lambda e: f"Order {e.number} closed"),
        _tell(order.FulfilmentStuck, lambda e: f"Order waits too long for {_words(e.waiting_for)}"),
        _tell(finance.OrderMarginComputed, lambda e: f"Margin of the order: {e.margin} on {e.revenue}"),
    ),
    Kind.STOCK: (
        _tell(order.StockRequested, lambda e: f"Stock asked for: {_sum(e.lines)}"),
        _tell(order.StockReleaseRequested, lambda e: f"Stock to be given back: {_sum(e.lines)}"),
        _tell(inventory.StockReserved, lambda e: f"Stock reserved: {_sum(e.lines)}"),
        _tell(inventory.StockBackordered, lambda e: f"Short: {_sum(e.lines)}{_if_any(e.withdrawn, ', taken back')}"),
        _tell(inventory.StockReleased, lambda e: f"Stock given back: {_sum(e.lines)}"),
    ),
    Kind.SHIPMENT: (
        _tell(order.ShipmentRequested, lambda e: f"Shipment asked for: {_sum(e.lines)}"),
        _tell(
            inventory.ShipmentPlanned,
            lambda e: f"{'Rest of a shipment' if e.split_from else 'Shipment'} planned: {_sum(e.lines)}",
        ),
        _tell(inventory.PickReleased, lambda _: "Goods are being picked"),
        _tell(inventory.ShipmentPacked, lambda e: f"Goods packed: {_sum(e.lines)}"),
        _tell(
            inventory.ShipmentDispatched,
            lambda e: f"Goods on their way: {_listed(_sum(e.lines), e.carrier, e.tracking_number)}",
        ),
        _tell(inventory.DeliveryConfirmed, lambda _: "Goods delivered"),
        _tell(inventory.ShipmentCancelled, lambda e: f"Shipment called back: {e.reason}"),
    ),
    Kind.QUALITY: (
        _tell(inventory.StockAdjusted, lambda e: f"Stock adjusted by {e.quantity}: {e.reason}"),
        _tell(inventory.LotQuarantined, lambda e: f"Lot {e.lot_number} quarantined: {e.quantity}, {e.reason}"),
        _tell(inventory.LotReleased, lambda e: f"Lot {e.lot_number} released: {e.quantity}, {e.reason}"),
        _tell(quality.NonconformanceRaised, lambda e: f"Nonconformance {e.number} raised, {e.severity}: {e.title}"),
        _tell(
            quality.NonconformanceContained,
            lambda e: f"Nonconformance contained: {_count(e.lot_ids, 'lot')}, {e.reason}",
        ),
        _tell(
            quality.NonconformanceDispositioned,
            lambda e: f"Decided on {e.quantity}: {_words(e.disposition)}, {e.reason}",
        ),
        _tell(quality.NonconformanceClosed, lambda _: "Nonconformance closed"),
        _tell(quality.CapaOpened, lambda e: f"Corrective action {e.number} opened: {e.title}, owner {e.owner}"),
        _tell(quality.CapaRootCauseIdentified, lambda e: f"Root cause found: {e.root_cause}"),
        _tell(
            quality.CapaPlanned,
            lambda e: f"Corrective action planned: {e.action}, {e.metric} over {e.window_days} days",
        ),
        _tell(quality.CapaImplemented, lambda e: f"Corrective action done, watched until {e.observe_until}"),
        _tell(quality.CapaVerifiedEffective, lambda e: f"Corrective action worked, checked by {e.verifier}"),
        _tell(quality.CapaFoundIneffective, lambda e: f"Corrective action did not work: {e.reason}"),
    ),
    Kind.CREDIT: (
        _tell(
            finance.CreditExposureChecked, lambda e: f"Credit checked, {e.reason}: {e.exposure} of {_limit(e.limit)}"
        ),
        _tell(finance.CreditLimitExceeded, lambda e: f"Credit limit exceeded: {e.exposure} of {e.limit}"),
        _tell(
            finance.CreditLimitCleared, lambda e: f"Credit free again, {e.reason}: {e.exposure} of {_limit(e.limit)}"
        ),
        _tell(finance.CreditStateChanged, lambda e: f"Credit {e.state}: {e.exposure} of {_limit(e.limit)}"),
    ),
    Kind.INVOICE: (
        _tell(finance.InvoiceIssued, lambda e: f"Invoice {e.number} issued: {e.gross}, due on {e.due_on}"),
        _tell(finance.InvoiceOverdue, lambda e: f"Invoice overdue since {e.due_on}: {e.open} open"),
        _tell(finance.InvoicePaid, lambda e: f"Invoice paid: {e.gross}"),
        _tell(finance.CreditNoteIssued, lambda e: f"Credit note {e.number} issued: {e.gross}, {e.reason}"),
    ),
    Kind.PAYMENT: (
        _tell(finance.PaymentReceived, lambda e: f"Payment received: {e.amount}, {e.reference}"),
        _tell(
            finance.PaymentAllocated, lambda e: f"Payment allocated: {e.amount}, {e.invoice_open} of the invoice open"
        ),
        _tell(finance.RefundIssued, lambda e: f"Refund issued: {e.amount}, {e.reason}"),
    ),
    Kind.CASE: (
        _tell(service.CaseOpened, lambda e: f"Case {e.number} opened, {e.kind}: {e.title}"),
        _tell(service.ComplaintFiled, lambda e: f"Complaint filed in case {e.number}, {e.severity}: {e.title}"),
        _tell(service.CaseAssigned, lambda e: f"Case assigned to {e.assignee}"),
        _tell(service.CaseWaiting, lambda e: f"Case waits for the {_words(e.waiting_on)}: {e.reason}"),
        _tell(service.CaseResolved, lambda e: f"Case resolved: {e.resolution}"),
        _tell(service.CaseReopened, lambda e: f"Case reopened: {e.reason}"),
        _tell(service.CaseClosed, lambda _: "Case closed"),
    ),
}

TOLD: Mapping[type[Event], Telling] = MappingProxyType(
    {event_type: Telling(kind, title) for kind, rows in _TABLE.items() for event_type, title in rows}
)
"""How to tell each event type that can concern a customer."""

SHOWN_TO_CUSTOMERS: frozenset[type[Event]] = frozenset(
    {
        customer.CustomerRegistered,
        customer.CustomerProfileChanged,
        sales.QuoteSent,
        sales.QuoteSuperseded,
        sales.QuoteAccepted,
        sales.QuoteRejected,
        sales.QuoteExpired,
        order.OrderPlaced,
        order.OrderConfirmed,
        order.PromiseDateChanged,
        order.OrderAmendmentRequested,
        order.OrderAmended,
        order.OrderAmendmentRejected,
        order.OrderCancellationRequested,
        order.OrderCancelled,
        order.OrderShipped,
        order.OrderDelivered,
        order.OrderClosed,
        inventory.ShipmentDispatched,
        inventory.DeliveryConfirmed,
        finance.InvoiceIssued,
        finance.InvoiceOverdue,
        finance.InvoicePaid,
        finance.CreditNoteIssued,
        finance.PaymentReceived,
        finance.PaymentAllocated,
        finance.RefundIssued,
        service.CaseOpened,
        service.ComplaintFiled,
        service.CaseResolved,
        service.CaseReopened,
        service.CaseClosed,
    }
)
"""What a customer may read of its own timeline: what it did itself or was told.

A new event is internal until it is named here: margins, credit, holds, drafts and our own quality work are nobody's
business but ours.
"""
