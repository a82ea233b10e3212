"""Let money that waits settle an invoice."""

from __future__ import annotations

from contracts.finance import InvoicePaid, PaymentAllocated
from contracts.ids import InvoiceId, PaymentId
from contracts.values import Money
from finance.commands.booking import Booking, today
from finance.domain.credit_account import News
from finance.storage.accounts import Accounts
from finance.storage.invoices import Invoices
from finance.storage.payments import Payments
from kit.database import Transaction
from kit.executor import Command


class AllocatePayment(Command):
    """As much as both sides allow, unless an amount is named."""

    payment_id: PaymentId
    invoice_id: InvoiceId
    amount: Money | None = None


async def allocate_payment(
    command: AllocatePayment, tx: Transaction
) -> tuple[PaymentAllocated | InvoicePaid | News, ...]:
    payments, invoices = Payments(tx), Invoices(tx)
    account = await Accounts(tx).of(await payments.customer_of(command.payment_id))
    invoice = await invoices.get(command.invoice_id)
    payment = await payments.get(command.payment_id, command.expected_version)
    most = min(payment.unallocated, invoice.open) if invoice.currency == payment.amount.currency else invoice.open
    booking = Booking(tx, account, today())
    settled = payment.allocate(invoice, most if command.amount is None else command.amount)
    booking.settle(settled, [payment])
    news = booking.review()
    await payments.save(payment)
    await invoices.save_settled([invoice])
    await booking.post()
    return (*settled, *news)
