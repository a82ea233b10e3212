"""All three: an order is closed when nobody owes anybody anything, then and not before."""

from __future__ import annotations

from contracts.finance import CreditNoteIssued, InvoiceIssued, OrderMarginComputed
from contracts.inventory import ShipmentDispatched, StockReleased
from contracts.order import OrderClosed, OrderShipped, StockReleaseRequested
from insight.domain.finding import Finding, Findings
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory
from insight.domain.statement import side, silent
from insight.domain.story import NONE, ZERO, plain


def closed_unpaid(order: OrderStory) -> Findings:
    if closed := order.all(OrderClosed):
        for invoice_id in order.invoices.keys() - order.payings.keys():
            invoice = order.invoices[invoice_id]
            one, other = side("order", "closed", "closed", closed), silent("finance", "paid", invoice)
            yield Finding(Kind.CLOSED_UNPAID, order.place(invoice_id=invoice_id), one, other)


def closed_undelivered(order: OrderStory) -> Findings:
    if closed := order.all(OrderClosed):
        for shipment_id in order.dispatches.keys() - order.arrivals.keys():
            left = order.dispatches[shipment_id]
            one, other = side("order", "closed", "closed", closed), silent("inventory", "arrived", left)
            yield Finding(Kind.CLOSED_UNDELIVERED, order.place(shipment_id=shipment_id), one, other)


def closed_incomplete(order: OrderStory) -> Findings:
    """What is not shipped when an order is closed was cancelled."""
    if closed := order.all(OrderClosed):
        for line_id in order.lines:
            wanted, shipped = order.wanted(line_id), order.shipped.get(line_id, NONE)
            if wanted > shipped.amount:
                one = side("order", "ordered", plain(wanted), order.terms)
                other = side("order", "closed with", plain(shipped.amount), [*closed, *shipped.behind])
                yield Finding(Kind.CLOSED_INCOMPLETE, order.place(line_id=line_id), one, other)


def never_closed(order: OrderStory) -> Findings:
    if not order.all(OrderClosed) and _is_settled(order):
        paid = [each for found in order.payings.values() for each in found]
        arrived = [each for found in order.arrivals.values() for each in found]
        one = side("finance", "paid", f"{len(order.payings)} of {len(order.invoices)} invoices", paid)
        other = silent("order", "closed", [*arrived, *order.all(OrderShipped)])
        yield Finding(Kind.NEVER_CLOSED, order.place(), one, other)


def closed_without_margin(order: OrderStory) -> Findings:
    closed = order.all(OrderClosed)
    if closed and not order.all(OrderMarginComputed):
        one = side("order", "closed", "closed", closed)
        yield Finding(Kind.CLOSED_WITHOUT_MARGIN, order.place(), one, silent("finance", "margin"))


def margin_revenue_differs(order: OrderStory) -> Findings:
    """Net invoiced less net credited."""
    if (margin := order.last(OrderMarginComputed)) is None:
        return
    asked, given = order.all(InvoiceIssued), order.all(CreditNoteIssued)
    net = sum((line.net.amount for said in asked for line in said.event.lines), ZERO)
    back = sum((line.net.amount for said in given for line in said.event.lines), ZERO)
    if margin.event.revenue.amount != net - back:
        one = side("finance", "invoiced less credited", plain(net - back), [*asked, *given])
        other = side("finance", "revenue", margin.event.revenue, [margin])
        yield Finding(Kind.MARGIN_REVENUE_DIFFERS, order.place(), one, other)


def margin_cost_differs(order: OrderStory) -> Findings:
    if (margin := order.last(OrderMarginComputed)) is None:
        return
    left = order.all(ShipmentDispatched)
    cost = sum((line.cost.amount for said in left for line in said.event.lines), ZERO)
    if margin.event.cost.amount != cost:
        one = side("inventory", "cost of what left", plain(cost), left)
        other = side("finance", "cost", margin.event.cost, [margin])
        yield Finding(Kind.MARGIN_COST_DIFFERS, order.place(), one, other)


def _is_settled(order: OrderStory) -> bool:
    """Nothing is left to ship, and all that left has arrived and is paid; no change of the order is under way."""
    answered = {each.event.release_id for each in order.all(StockReleased)}
    changing = any(each.event.release_id not in answered for each in order.all(StockReleaseRequested))
    open_ = any(order.wanted(line_id) > order.shipped.get(line_id, NONE).amount for line_id in order.lines)
    left, paid = order.dispatches.keys(), order.payings.keys()
    invoiced = {said[0].event.shipment_id for invoice_id, said in order.invoices.items() if invoice_id in paid}
    return bool(left) and not open_ and not changing and left <= order.deliveries.keys() and left <= invoiced
