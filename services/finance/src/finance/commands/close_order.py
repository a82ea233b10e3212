"""Compute what a closed order brought, and free what remains of the money that was paid for it in advance."""

from __future__ import annotations

from contracts.finance import OrderMarginComputed
from contracts.order import OrderClosed
from contracts.values import Money
from finance.domain.credit_account import News
from finance.storage.accounts import Accounts
from finance.storage.orders import Orders
from finance.storage.payments import Payments
from kit.database import Transaction


async def close_order(closed: OrderClosed, tx: Transaction) -> tuple[OrderMarginComputed | News, ...]:
    accounts, orders, payments = Accounts(tx), Orders(tx), Payments(tx)
    account = await accounts.of(closed.customer_id)
    order = await orders.get(closed.order_id)
    margin = order.close()
    account.cancel(order.order_id, Money.zero(order.currency))
    prepaid = await payments.prepayments_of(order.order_id) if order.prepaid else []
    for payment in prepaid:
        account.free(payment)
    news = account.review()
    await payments.save_all(prepaid)
    await orders.save(order)
    await accounts.save(account)
    return news if margin is None else (margin, *news)
