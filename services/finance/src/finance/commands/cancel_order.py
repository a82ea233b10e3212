"""Lower the exposure by what was cancelled of an order, and send back what was paid for it in vain."""

from __future__ import annotations

from contracts.finance import InvoicePaid, RefundIssued
from contracts.order import OrderCancelled
from finance.commands.booking import Booking, day_of_event
from finance.domain.credit_account import News
from finance.domain.open_order import OpenOrder
from finance.domain.settlement import refunds_after_cancellation
from finance.storage.accounts import Accounts
from finance.storage.invoices import Invoices
from finance.storage.orders import Orders
from finance.storage.payments import Payments
from kit.database import Transaction


async def cancel_order(cancelled: OrderCancelled, tx: Transaction) -> tuple[RefundIssued | InvoicePaid | News, ...]:
    account = await Accounts(tx).of(cancelled.customer_id)
    orders = Orders(tx)
    order = await orders.get(cancelled.order_id)
    before = order.exposure
    order.cancel(cancelled.lines)
    account.cancel(order.order_id, before - order.exposure)
    booking = Booking(tx, account, day_of_event())
    settled = await _give_back(order, booking, f"order {order.number} was cancelled: {cancelled.reason}")
    await orders.save(order)
    news = booking.review()
    await booking.post()
    return (*settled, *news)


async def _give_back(order: OpenOrder, booking: Booking, reason: str) -> tuple[RefundIssued | InvoicePaid, ...]:
    payments, invoices = Payments(booking.tx), Invoices(booking.tx)
    paid = await payments.waiting_for(order.order_id)
    unpaid = await invoices.open_of(order.order_id) if paid or order.prepaid else []
    refunds = refunds_after_cancellation(order, paid, unpaid, reason)
    by_id = {each.payment_id: each for each in paid}
    issued = [booking.refund(each, by_id[each.payment_id]) for each in refunds]
    waived = booking.waive_rounding(order, unpaid)
    if waived:
        await invoices.save_settled(unpaid)
    await payments.save_all([by_id[payment_id] for payment_id in {each.payment_id for each in refunds}])
    await payments.add_refunds(refunds, booking.on)
    return (*issued, *waived)
