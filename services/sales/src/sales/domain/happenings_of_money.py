"""What finance tells, for the follow-up."""

from __future__ import annotations

from contracts import finance
from contracts.event import Event
from contracts.values import Money
from sales.domain.happening import Happening, Kind, the_known


def invoice_happening(event: Event) -> Happening | None:
    """What we ask for, gross; None when the event is about something else.

    An allocation is about the invoice: a payment may settle those of other orders too, which are not our business here.
    """
    match event:
        case finance.InvoiceIssued():
            text = f"invoice {event.number} over {event.gross}, due on {event.due_on}"
            return _invoice(event, text, "open", event.gross)
        case finance.InvoiceOverdue():
            return _invoice(event, f"invoice overdue since {event.due_on}: {event.open} open", "overdue")
        case finance.InvoicePaid():
            return _invoice(event, f"invoice over {event.gross} paid", "paid")
        case finance.CreditNoteIssued():
            text = f"credit note {event.number} over {event.gross}: {event.reason}"
            return _invoice(event, text, amount=-event.gross)
        case _:
            return None


def cash_happening(event: Event) -> Happening | None:
    """Money that came, settled or went back, and what is left; None when the event is about something else."""
    match event:
        case finance.PaymentReceived():
            return _cash(event, "received", f"payment of {event.amount} received")
        case finance.PaymentAllocated():
            return _cash(event, "allocated", f"{event.amount} settled, {event.invoice_open} of the invoice open")
        case finance.RefundIssued():
            return _cash(event, "refunded", f"{event.amount} refunded: {event.reason}")
        case finance.OrderMarginComputed():
            return Happening(
                kind=Kind.MARGIN,
                subject=event.order_id,
                parents=the_known(event.opportunity_id),
                text=f"margin {event.margin} of {event.revenue}",
                amount=event.margin,
            )
        case _:
            return None


_OfInvoice = finance.InvoiceIssued | finance.InvoiceOverdue | finance.InvoicePaid | finance.CreditNoteIssued
_OfCash = finance.PaymentReceived | finance.PaymentAllocated | finance.RefundIssued


def _invoice(event: _OfInvoice, text: str, state: str | None = None, amount: Money | None = None) -> Happening:
    return Happening(
        kind=Kind.INVOICE,
        subject=event.invoice_id,
        parents=(event.order_id,),
        state=state,
        text=text,
        amount=amount,
    )


def _cash(event: _OfCash, state: str, text: str) -> Happening:
    subject = event.invoice_id if isinstance(event, finance.PaymentAllocated) else event.subject
    return Happening(
        kind=Kind.CASH,
        subject=subject,
        parents=the_known(event.order_id),
        state=state,
        text=text,
        amount=event.amount,
    )
