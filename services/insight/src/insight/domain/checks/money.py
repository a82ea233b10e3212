"""Within finance: what was asked for, credited, settled, and called paid."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from contracts.event import Event
from insight.domain.finding import Finding, Findings
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory
from insight.domain.statement import Statement, side, silent
from insight.domain.story import ZERO, plain

WAIVED_AT_MOST = Decimal("0.05")
"""What finance gives up on the last invoice of a prepaid order, when rounding leaves it open."""


def unknown_invoice(order: OrderStory) -> Findings:
    """Who pays, settles or credits an invoice has one."""
    about: dict[UUID, list[Statement[Event]]] = {}
    for found in (order.payings, order.allocations, order.credit_notes):
        for invoice_id, said in found.items():
            if invoice_id not in order.invoices:
                about.setdefault(invoice_id, []).extend(said)
    for invoice_id, said in about.items():
        names = " and ".join(sorted({type(each.event).__name__ for each in said}))
        place = order.place(invoice_id=invoice_id)
        yield Finding(Kind.UNKNOWN_INVOICE, place, side("finance", "says", names, said), silent("finance", "issued"))


def credited_more_than_invoiced(order: OrderStory) -> Findings:
    for invoice_id, notes in order.credit_notes.items():
        issued = order.invoices.get(invoice_id, [])
        credited = sum((each.event.gross.amount for each in notes), ZERO)
        if issued and credited > issued[0].event.gross.amount:
            one = side("finance", "invoiced", issued[0].event.gross, issued)
            other = side("finance", "credited", plain(credited), notes)
            yield Finding(Kind.CREDITED_MORE_THAN_INVOICED, order.place(invoice_id=invoice_id), one, other)


def invoice_overallocated(order: OrderStory) -> Findings:
    """Whatever credit notes free: an invoice never takes more than its total."""
    for invoice_id, said in order.allocations.items():
        issued, settled = order.invoices.get(invoice_id, []), _settled(order, invoice_id)
        if issued and settled > issued[0].event.gross.amount:
            one = side("finance", "invoiced", issued[0].event.gross, issued)
            other = side("finance", "allocated", plain(settled), said)
            yield Finding(Kind.INVOICE_OVERALLOCATED, order.place(invoice_id=invoice_id), one, other)


def paid_not_settled(order: OrderStory) -> Findings:
    """A credit note on a paid invoice frees money, so more than the total may have gone through; never less."""
    tolerated = WAIVED_AT_MOST if order.placed.event.prepaid else ZERO
    for invoice_id, paid in order.payings.items():
        if invoice_id in order.invoices and (left := _open(order, invoice_id)) > tolerated:
            one = side("finance", "open", plain(left), _behind(order, invoice_id))
            other = side("finance", "paid", paid[0].event.gross, paid)
            yield Finding(Kind.PAID_NOT_SETTLED, order.place(invoice_id=invoice_id), one, other)


def settled_not_paid(order: OrderStory) -> Findings:
    for invoice_id in order.invoices.keys() - order.payings.keys():
        if (left := _open(order, invoice_id)) <= 0:
            one = side("finance", "open", plain(left), _behind(order, invoice_id))
            yield Finding(Kind.SETTLED_NOT_PAID, order.place(invoice_id=invoice_id), one, silent("finance", "paid"))


def paid_otherwise(order: OrderStory) -> Findings:
    for invoice_id, paid in order.payings.items():
        issued = order.invoices.get(invoice_id, [])
        if issued and issued[0].event.gross != paid[0].event.gross:
            one = side("finance", "invoiced", issued[0].event.gross, issued)
            other = side("finance", "paid", paid[0].event.gross, paid)
            yield Finding(Kind.PAID_OTHERWISE, order.place(invoice_id=invoice_id), one, other)


def _settled(order: OrderStory, invoice_id: UUID) -> Decimal:
    """Money in another currency settles nothing; that is told by itself."""
    said = order.allocations.get(invoice_id, ())
    return sum((each.event.amount.amount for each in said if each.event.amount.currency == order.currency), ZERO)


def _open(order: OrderStory, invoice_id: UUID) -> Decimal:
    """Gross less credited and settled; below zero when a credit note freed money that had settled it."""
    credited = sum((each.event.gross.amount for each in order.credit_notes.get(invoice_id, ())), ZERO)
    return order.invoices[invoice_id][0].event.gross.amount - credited - _settled(order, invoice_id)


def _behind(order: OrderStory, invoice_id: UUID) -> list[Statement[Event]]:
    settling = order.allocations.get(invoice_id, ())
    return [*order.invoices[invoice_id], *order.credit_notes.get(invoice_id, ()), *settling]
