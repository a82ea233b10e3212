"""Which event leads to what in the finance service. Whoever writes a customer's money holds the customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args
from uuid import UUID

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.finance import CreditLimitExceeded, InvoicePaid, OrderMarginComputed, RefundIssued
from contracts.inventory import GoodsReceived, ShipmentDispatched, StockAdjusted
from contracts.order import OrderAmended, OrderCancelled, OrderClosed, OrderPlaced
from finance.commands import cancel_order, check_credit, close_order, invoice_shipment, keep_account, post_stock
from finance.commands.invoice_shipment import Invoiced
from finance.domain.credit_account import Decision, News
from finance.storage.accounts import Accounts
from finance.storage.orders import Orders
from kit.database import Transaction
from kit.reactions import Reactions

reactions = Reactions()

AboutAnOrder = OrderPlaced | OrderAmended | OrderCancelled | OrderClosed | ShipmentDispatched


def customer_and_order(event: AboutAnOrder) -> tuple[UUID, ...]:
    return (event.customer_id, event.order_id)


def customer_of(event: CustomerRegistered | CustomerProfileChanged) -> tuple[UUID, ...]:
    return (event.customer_id,)


def both_customers(event: CustomersMerged) -> tuple[UUID, ...]:
    return (event.customer_id, event.survivor_id)


@reactions.ahead(*get_args(AboutAnOrder))
async def read_accounts_and_orders(batch: Sequence[AboutAnOrder], tx: Transaction) -> None:
    """The accounts first: who holds them holds their customers' orders."""
    await Accounts(tx).read_ahead({event.customer_id for event in batch})
    await Orders(tx).read_ahead({event.order_id for event in batch if not isinstance(event, OrderPlaced)})


@reactions.to(CustomerRegistered, locks=customer_of)
async def open_account(event: CustomerRegistered, tx: Transaction) -> None:
    await keep_account.open_account(event, tx)


@reactions.to(CustomerProfileChanged, locks=customer_of)
async def change_account_with_profile(event: CustomerProfileChanged, tx: Transaction) -> None:
    await keep_account.change_profile(event, tx)


@reactions.to(CustomersMerged, locks=both_customers)
async def merge_accounts(event: CustomersMerged, tx: Transaction) -> tuple[News, ...]:
    return await keep_account.merge_accounts(event, tx)


@reactions.to(OrderPlaced, locks=customer_and_order)
async def check_credit_of_placed_order(event: OrderPlaced, tx: Transaction) -> tuple[Decision | News, ...]:
    return await check_credit.check_placed_order(event, tx)


@reactions.to(OrderAmended, locks=customer_and_order)
async def check_credit_of_amended_order(event: OrderAmended, tx: Transaction) -> tuple[CreditLimitExceeded | News, ...]:
    return await check_credit.check_amended_order(event, tx)


@reactions.to(OrderCancelled, locks=customer_and_order)
async def refund_cancelled_order(
    event: OrderCancelled, tx: Transaction
) -> tuple[RefundIssued | InvoicePaid | News, ...]:
    return await cancel_order.cancel_order(event, tx)


@reactions.to(ShipmentDispatched, locks=customer_and_order)
async def invoice_dispatched_shipment(event: ShipmentDispatched, tx: Transaction) -> tuple[Invoiced, ...]:
    return await invoice_shipment.invoice_shipment(event, tx)


@reactions.to(OrderClosed, locks=customer_and_order)
async def compute_margin_of_closed_order(event: OrderClosed, tx: Transaction) -> tuple[OrderMarginComputed | News, ...]:
    return await close_order.close_order(event, tx)


@reactions.to(GoodsReceived)
async def post_goods_receipt(event: GoodsReceived, tx: Transaction) -> None:
    await post_stock.post_receipt(event, tx)


@reactions.to(StockAdjusted)
async def post_stock_adjustment(event: StockAdjusted, tx: Transaction) -> None:
    await post_stock.post_adjustment(event, tx)
