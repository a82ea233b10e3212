"""Take over an order that was placed or amended, and say whether it fits into the customer's credit."""

from __future__ import annotations

from contracts.finance import CreditLimitExceeded
from contracts.order import OrderAmended, OrderPlaced
from finance.domain.credit_account import Decision, News
from finance.domain.open_order import OpenOrder
from finance.storage.accounts import Accounts
from finance.storage.orders import Orders
from kit.database import Transaction


async def check_placed_order(placed: OrderPlaced, tx: Transaction) -> tuple[Decision | News, ...]:
    accounts = Accounts(tx)
    account = await accounts.of(placed.customer_id)
    order = OpenOrder.of(placed)
    order.customer_id = account.customer_id
    events = account.place(order)
    await Orders(tx).add(order)
    await accounts.save(account)
    return events


async def check_amended_order(amended: OrderAmended, tx: Transaction) -> tuple[CreditLimitExceeded | News, ...]:
    accounts, orders = Accounts(tx), Orders(tx)
    account = await accounts.of(amended.customer_id)
    order = await orders.get(amended.order_id)
    before = order.exposure
    order.amend(amended)
    events = account.amend(order, before)
    await orders.save(order)
    await accounts.save(account)
    return events
