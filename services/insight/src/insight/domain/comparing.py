"""All checks of one subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.event import Event
from contracts.order import OrderPlaced
from insight.domain.checks import closing, credit, invoices, money, payments, shipments, stock
from insight.domain.checks.payments import PaymentStory
from insight.domain.finding import Finding, Findings, Place
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory, Survivors
from insight.domain.statement import Statement, side, silent, speaker
from insight.domain.story import Story

ORDER_CHECKS: tuple[Callable[[OrderStory], Findings], ...] = (
    credit.credit_never_checked,
    credit.confirmed_without_credit,
    credit.over_limit_not_held,
    stock.stock_not_answered,
    stock.reserved_more_than_requested,
    stock.short_of_more_than_requested,
    stock.release_not_answered,
    stock.released_more_than_asked,
    stock.released_less_than_asked,
    stock.change_never_finished,
    shipments.requested_not_planned,
    shipments.planned_more_than_requested,
    shipments.dispatched_not_planned,
    shipments.dispatched_not_as_packed,
    shipments.dispatched_though_called_back,
    shipments.dispatched_more_than_ordered,
    shipments.dispatched_after_cancellation,
    shipments.dispatched_not_shipped,
    shipments.shipped_not_dispatched,
    shipments.shipped_otherwise,
    shipments.arrived_not_delivered,
    shipments.delivered_not_arrived,
    invoices.shipped_not_invoiced,
    invoices.invoiced_not_shipped,
    invoices.invoiced_twice,
    invoices.invoiced_otherwise,
    invoices.invoice_price_differs,
    invoices.invoice_tax_rate_differs,
    invoices.invoice_tax_differs,
    invoices.invoice_total_differs,
    invoices.currency_differs,
    invoices.customer_differs,
    money.unknown_invoice,
    money.credited_more_than_invoiced,
    money.invoice_overallocated,
    money.paid_not_settled,
    money.settled_not_paid,
    money.paid_otherwise,
    closing.closed_unpaid,
    closing.closed_undelivered,
    closing.closed_incomplete,
    closing.never_closed,
    closing.closed_without_margin,
    closing.margin_revenue_differs,
    closing.margin_cost_differs,
)

PAYMENT_CHECKS: tuple[Callable[[PaymentStory], Findings], ...] = (
    payments.unknown_payment,
    payments.allocated_more_than_received,
    payments.refunded_more_than_unallocated,
    payments.payment_customer_differs,
)

ITEM_CHECKS: tuple[Callable[[Story], Findings], ...] = (
    payments.availability_negative,
    payments.availability_does_not_add_up,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a subject; `is_over` when nothing more is expected to be said of it."""

    findings: list[Finding]
    is_over: bool


def compare_order(order_id: UUID, statements: Sequence[Statement[Event]], survivors: Survivors) -> Verdict:
    """What others say of an order that was never placed cannot be compared with anything."""
    placed = next((each for each in statements if isinstance(each.event, OrderPlaced)), None)
    if placed is None:
        return Verdict([_never_placed(order_id, statements)] if statements else [], is_over=False)
    order = OrderStory(placed, statements, survivors)  # pyright: ignore[reportArgumentType]  (its event was looked at)
    return Verdict([finding for check in ORDER_CHECKS for finding in check(order)], order.is_over)


def compare_payment(payment_id: UUID, statements: Sequence[Statement[Event]], survivors: Survivors) -> Verdict:
    payment = PaymentStory(payment_id, statements, survivors)
    return Verdict([finding for check in PAYMENT_CHECKS for finding in check(payment)], payment.is_over)


def compare_item(statements: Sequence[Statement[Event]]) -> Verdict:
    item = Story(statements)
    return Verdict([finding for check in ITEM_CHECKS for finding in check(item)], is_over=False)


def _never_placed(order_id: UUID, statements: Sequence[Statement[Event]]) -> Finding:
    first = min(statements, key=lambda each: (each.at, each.event_id))
    one = side(speaker(first), "deals with", type(first.event).__name__, statements)
    return Finding(Kind.ORDER_NEVER_PLACED, Place(order_id=order_id), one, silent("order", "placed"))
