"""Record money that came in, and let it find its invoices."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.errors import Refused
from contracts.finance import InvoicePaid, PaymentAllocated, PaymentReceived
from contracts.ids import CustomerId, InvoiceId, OrderId
from contracts.values import Money
from finance.commands.booking import Booking, today
from finance.domain import postings
from finance.domain.credit_account import News
from finance.domain.invoice import Invoice
from finance.domain.open_order import OpenOrder, OrderStatus
from finance.domain.payment import AllocationToAnotherCustomer, Payment
from finance.domain.settlement import settle
from finance.storage.accounts import Accounts
from finance.storage.invoices import Invoices
from finance.storage.orders import Orders
from finance.storage.payments import Payments
from kit.database import Transaction
from kit.executor import Command

Received = PaymentReceived | PaymentAllocated | InvoicePaid | News


class OrderOfAnotherCustomer(Refused):
    """Money for an order comes from the customer that placed it."""


class RecordPayment(Command):
    """It settles the named invoice and only that; else those of the named order; else the customer's oldest.

    What settles nothing yet waits: for the order when one is named. The reference comes once per customer.
    """

    customer_id: CustomerId
    amount: Money
    reference: Annotated[str, Field(min_length=1, max_length=140)]
    received_on: date | None = None
    invoice_id: InvoiceId | None = None
    order_id: OrderId | None = None


async def record_payment(command: RecordPayment, tx: Transaction) -> tuple[Received, ...]:
    account = await Accounts(tx).of(command.customer_id)
    order = None if command.order_id is None else await _order(command.order_id, account.customer_id, tx)
    payment = _payment(command, account.customer_id, order)
    received = payment.receive()
    booking = Booking(tx, account, payment.received_on)
    account.receive(payment)
    booking.enter(postings.for_payment(received))
    found = await _invoices(command, payment, tx)
    settled = settle(payment, found, command.invoice_id)
    booking.settle(settled, [payment])
    waived = booking.waive_rounding(order, found) if order is not None else ()
    news = booking.review()
    payments = Payments(tx)
    await payments.must_be_new(payment)
    booking.writes += [payments.adding(payment, paid_by=command.customer_id), Invoices(tx).settling(found)]
    await booking.post(payments.taken(payment))
    return (received, *settled, *waived, *news)


async def _order(order_id: OrderId, customer_id: CustomerId, tx: Transaction) -> OpenOrder:
    order = await Orders(tx).of_payment(order_id)
    if order.customer_id != customer_id:
        raise OrderOfAnotherCustomer(f"order {order.number} is another customer's; name one of the payer's orders")
    return order


def _payment(command: RecordPayment, customer_id: CustomerId, order: OpenOrder | None) -> Payment:
    return Payment(
        customer_id=customer_id,
        amount=command.amount,
        reference=command.reference,
        received_on=command.received_on or today(),
        order_id=command.order_id,
        prepayment=order is not None and order.prepaid and order.status is OrderStatus.OPEN,
        refunded=Money.zero(command.amount.currency),
    )


async def _invoices(command: RecordPayment, payment: Payment, tx: Transaction) -> list[Invoice]:
    invoices = Invoices(tx)
    if command.invoice_id is None:
        return await invoices.to_settle(payment.customer_id, payment.amount, payment.order_id)
    named = await invoices.get(command.invoice_id)
    if named.customer_id != payment.customer_id:
        raise AllocationToAnotherCustomer(f"{named.number} is another customer's; name one of the payer's invoices")
    return [named]
