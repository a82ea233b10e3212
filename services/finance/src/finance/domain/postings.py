"""What each event does to the books. An event that moves no money has no entry (None).

Money that comes in is first the customer's (an advance), and ours when it settles an invoice: so the receivables are at
all times what is open on invoices, and the advances what is unallocated.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from contracts.event import Event
from contracts.finance import (
    CreditNoteIssued,
    InvoiceIssued,
    InvoicePaid,
    PaymentAllocated,
    PaymentReceived,
    RefundIssued,
)
from contracts.ids import CustomerId, OrderId
from contracts.inventory import GoodsReceived, ShipmentDispatched, StockAdjusted
from contracts.values import Money
from finance.domain.invoice import Credited
from finance.domain.journal_entry import Account, JournalEntry, Posting, credit, debit
from finance.domain.vat import net_of, tax_of


def for_invoice(issued: InvoiceIssued) -> JournalEntry | None:
    """The customer owes us gross: net is revenue, tax is the state's."""
    postings = (
        debit(Account.RECEIVABLE, issued.gross),
        credit(Account.REVENUE, issued.net),
        credit(Account.OUTPUT_VAT, issued.tax),
    )
    text = f"invoice {issued.number}"
    return _entry(issued, issued.issued_on, text, postings, issued.order_id, issued.customer_id)


def for_credit_note(issued: CreditNoteIssued, credited: Credited, on: date) -> JournalEntry | None:
    """The invoice backwards; what the customer had paid of it becomes the customer's again."""
    currency = issued.gross.currency
    postings = (
        debit(Account.REVENUE, net_of(issued.lines, currency)),
        debit(Account.OUTPUT_VAT, tax_of(issued.lines, currency)),
        credit(Account.RECEIVABLE, issued.gross - credited.released - credited.unwaived),
        credit(Account.CUSTOMER_ADVANCES, credited.released),
        credit(Account.ROUNDING_DIFFERENCES, credited.unwaived),
    )
    text = f"credit note {issued.number}"
    return _entry(issued, on, text, postings, issued.order_id, issued.customer_id)


def for_payment(received: PaymentReceived) -> JournalEntry | None:
    """Cash is here, and we owe it to the customer until it settles something."""
    postings = (debit(Account.CASH, received.amount), credit(Account.CUSTOMER_ADVANCES, received.amount))
    text = f"payment {received.reference}"
    return _entry(received, received.received_on, text, postings, received.order_id, received.customer_id)


def for_allocation(allocated: PaymentAllocated, on: date) -> JournalEntry | None:
    """The advance settles the receivable."""
    postings = (debit(Account.CUSTOMER_ADVANCES, allocated.amount), credit(Account.RECEIVABLE, allocated.amount))
    text = f"payment settles invoice {allocated.invoice_id}"
    return _entry(allocated, on, text, postings, allocated.order_id, allocated.customer_id)


def for_refund(issued: RefundIssued, on: date) -> JournalEntry | None:
    """The advance goes back."""
    postings = (debit(Account.CUSTOMER_ADVANCES, issued.amount), credit(Account.CASH, issued.amount))
    return _entry(issued, on, f"refund: {issued.reason}", postings, issued.order_id, issued.customer_id)


def for_waived_rounding(paid: InvoicePaid, waived: Money, on: date) -> JournalEntry | None:
    """We give up the cents that rounding left open."""
    postings = (debit(Account.ROUNDING_DIFFERENCES, waived), credit(Account.RECEIVABLE, waived))
    text = f"rounding difference on invoice {paid.invoice_id}"
    return _entry(paid, on, text, postings, paid.order_id, paid.customer_id)


def for_shipment(dispatched: ShipmentDispatched, on: date) -> JournalEntry | None:
    """The goods are no longer ours: their cost is the cost of the sale."""
    postings = [
        posting
        for line in dispatched.lines
        for posting in (debit(Account.COST_OF_GOODS_SOLD, line.cost), credit(Account.INVENTORY, line.cost))
    ]
    text = f"shipment {dispatched.shipment_id}"
    return _entry(dispatched, on, text, postings, dispatched.order_id, dispatched.customer_id)


def for_receipt(received: GoodsReceived, on: date) -> JournalEntry | None:
    """Goods came in: the supplier will want money for them, unless they are opening stock."""
    bought = received.purchase_order_id is not None
    against = Account.GOODS_RECEIVED_NOT_INVOICED if bought else Account.OPENING_BALANCE
    postings = [
        posting
        for line in received.lines
        for posting in (debit(Account.INVENTORY, line.cost), credit(against, line.cost))
    ]
    return _entry(received, on, f"goods receipt {received.goods_receipt_id}", postings)


def for_adjustment(adjusted: StockAdjusted, on: date) -> JournalEntry | None:
    """Stock was found (cost above zero) or lost (below)."""
    postings = (debit(Account.INVENTORY, adjusted.cost), credit(Account.INVENTORY_ADJUSTMENTS, adjusted.cost))
    return _entry(adjusted, on, f"stock adjusted: {adjusted.reason}", postings)


def _entry(
    event: Event,
    on: date,
    text: str,
    postings: Iterable[Posting],
    order_id: OrderId | None = None,
    customer_id: CustomerId | None = None,
) -> JournalEntry | None:
    moved = tuple(each for each in postings if each.amount)
    if not moved:
        return None
    return JournalEntry(
        posted_on=on,
        cause=event.type_name(),
        subject=event.subject,
        text=text,
        order_id=order_id,
        customer_id=customer_id,
        postings=moved,
    )
