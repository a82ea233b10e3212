"""Send unallocated money back to the customer."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.finance import RefundIssued
from contracts.ids import PaymentId
from contracts.values import Money
from finance.commands.booking import Booking, today
from finance.domain.credit_account import News
from finance.storage.accounts import Accounts
from finance.storage.payments import Payments
from kit.database import Transaction
from kit.executor import Command


class RefundPayment(Command):
    """All that is unallocated, unless an amount is named."""

    payment_id: PaymentId
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    amount: Money | None = None
    refunded_on: date | None = None


async def refund_payment(command: RefundPayment, tx: Transaction) -> tuple[RefundIssued | News, ...]:
    payments = Payments(tx)
    account = await Accounts(tx).of(await payments.customer_of(command.payment_id))
    payment = await payments.get(command.payment_id, command.expected_version)
    booking = Booking(tx, account, command.refunded_on or today())
    refund = payment.refund(payment.unallocated if command.amount is None else command.amount, command.reason)
    issued = booking.refund(refund, payment)
    news = booking.review()
    await payments.save(payment)
    await payments.add_refunds([refund], booking.on)
    await booking.post()
    return (issued, *news)
