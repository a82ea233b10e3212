"""Invoice exactly what was shipped, settle it from money that waits, post the cost of the goods."""

from __future__ import annotations

from contracts.finance import InvoiceIssued, InvoicePaid, PaymentAllocated
from contracts.inventory import ShipmentDispatched
from finance.commands.booking import Booking, day_of_event
from finance.domain import postings
from finance.domain.credit_account import CreditAccount, News
from finance.domain.invoice import Invoice
from finance.domain.numbers import Series
from finance.domain.open_order import OpenOrder
from finance.domain.settlement import settle_from_waiting
from finance.storage.accounts import Accounts
from finance.storage.invoices import Invoices
from finance.storage.numbers import next_number
from finance.storage.orders import Orders
from finance.storage.payments import Payments
from kit.database import Transaction

Invoiced = InvoiceIssued | PaymentAllocated | InvoicePaid | News


async def invoice_shipment(dispatched: ShipmentDispatched, tx: Transaction) -> tuple[Invoiced, ...]:
    """Shipped is owed: the goods of a held order are invoiced, too.

    The number is drawn when everything else is decided: from there to the commit nobody else gets one.
    """
    account = await Accounts(tx).of(dispatched.customer_id)
    orders, payments = Orders(tx), Payments(tx)
    order = await orders.get(dispatched.order_id)
    booking = Booking(tx, account, day_of_event())
    invoice = _invoice(dispatched, order, booking)
    waiting = await payments.waiting_for(order.order_id) if _may_have_money(order, account) else []
    settled = settle_from_waiting(invoice, waiting)
    booking.settle(settled, waiting)
    waived = booking.waive_rounding(order, [invoice])
    await orders.save(order)
    if settled:
        await payments.save_all(waiting)
    news = booking.review()
    issued = await _issue(invoice, dispatched, booking)
    return (*issued, *settled, *waived, *news)


def _may_have_money(order: OpenOrder, account: CreditAccount) -> bool:
    """Money that waits for an order is unallocated cash of the account, or spoken for by a prepaid order."""
    return order.prepaid or bool(account.unallocated_cash)


def _invoice(dispatched: ShipmentDispatched, order: OpenOrder, booking: Booking) -> Invoice:
    before = order.exposure
    lines = order.invoice(dispatched)
    invoice = Invoice.over(
        order, shipment_id=dispatched.shipment_id, lines=lines, number="not drawn yet", issued_on=booking.on
    )
    booking.account.invoice(order.order_id, before - order.exposure, invoice.gross)
    return invoice


async def _issue(
    invoice: Invoice, dispatched: ShipmentDispatched, booking: Booking
) -> tuple[InvoiceIssued | InvoicePaid, ...]:
    invoice.number = await next_number(booking.tx, Series.INVOICE, booking.on.year)
    issued = invoice.issue()
    invoices = Invoices(booking.tx)
    booking.writes.append(invoices.adding(invoice))
    asked = [postings.for_invoice(each) for each in issued if isinstance(each, InvoiceIssued)]
    first = [postings.for_shipment(dispatched, booking.on), *asked]
    booking.entries = [entry for entry in first if entry is not None] + booking.entries
    await booking.post(invoices.taken(invoice))
    return issued
