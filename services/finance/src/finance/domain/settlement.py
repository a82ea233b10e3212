"""Which money settles which invoice, and which goes back: the order in which payments and invoices meet."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.finance import InvoicePaid, PaymentAllocated
from contracts.ids import InvoiceId
from contracts.values import Money
from finance.domain.invoice import Invoice
from finance.domain.open_order import OpenOrder
from finance.domain.payment import Payment
from finance.domain.refund import Refund


def to_settle(payment: Payment, invoices: Iterable[Invoice], named: InvoiceId | None = None) -> list[Invoice]:
    """The customer's open invoices that the payment is for, oldest first.

    The one that it names, and only that; else those of the order that it names; else all. Money for an order does not
    go to another order: before its invoice it waits. Invoices of others or in another currency are left out.
    """
    mine = [
        each
        for each in invoices
        if each.open and each.customer_id == payment.customer_id and each.currency == payment.amount.currency
    ]
    if named is not None:
        mine = [each for each in mine if each.invoice_id == named]
    elif payment.order_id is not None:
        mine = [each for each in mine if each.order_id == payment.order_id]
    return sorted(mine, key=lambda each: (each.issued_on, each.number))


def settle(
    payment: Payment, invoices: Iterable[Invoice], named: InvoiceId | None = None
) -> tuple[PaymentAllocated | InvoicePaid, ...]:
    """Allocate the payment to the invoices that it is for until one side has nothing left."""
    events: list[PaymentAllocated | InvoicePaid] = []
    for invoice in to_settle(payment, invoices, named):
        events += _meet(payment, invoice)
    return tuple(events)


def settle_from_waiting(invoice: Invoice, payments: Iterable[Payment]) -> tuple[PaymentAllocated | InvoicePaid, ...]:
    """A new invoice is settled by the money that waits for its order, oldest first."""
    waiting = [each for each in payments if each.order_id == invoice.order_id]
    events: list[PaymentAllocated | InvoicePaid] = []
    for payment in sorted(waiting, key=lambda each: (each.received_on, each.payment_id)):
        if to_settle(payment, [invoice]):
            events += _meet(payment, invoice)
    return tuple(events)


def release(invoice: Invoice, released: Money, payments: Iterable[Payment]) -> tuple[tuple[Payment, Money], ...]:
    """Free what a credit note released from the payments that had settled the invoice, the newest money first."""
    freed: list[tuple[Payment, Money]] = []
    for payment in sorted(payments, key=lambda each: (each.received_on, each.payment_id), reverse=True):
        if amount := min(released, payment.allocated_to(invoice.invoice_id)):
            payment.release(invoice.invoice_id, amount)
            released -= amount
            freed.append((payment, amount))
    return tuple(freed)


def refunds_after_cancellation(
    order: OpenOrder, payments: Iterable[Payment], invoices: Iterable[Invoice], reason: str
) -> tuple[Refund, ...]:
    """Send back what was paid for the order beyond what it will still ask for; the newest money goes first.

    What remains of a partly cancelled order keeps its money: open quantities and open invoices are covered first.
    """
    paid = sorted(
        (each for each in payments if each.order_id == order.order_id and each.unallocated),
        key=lambda each: (each.received_on, each.payment_id),
        reverse=True,
    )
    needed = Money.total((each.open for each in invoices if each.order_id == order.order_id), order.currency)
    spare = Money.total((each.unallocated for each in paid), order.currency) - needed - order.open_gross
    refunds: list[Refund] = []
    for payment in paid:
        if spare.amount > 0:
            refund = payment.refund(min(spare, payment.unallocated), reason)
            spare -= refund.amount
            refunds.append(refund)
    return tuple(refunds)


def _meet(payment: Payment, invoice: Invoice) -> tuple[PaymentAllocated | InvoicePaid, ...]:
    amount = min(payment.unallocated, invoice.open)
    return payment.allocate(invoice, amount) if amount else ()
