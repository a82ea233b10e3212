"""What an order has brought so far, or for good."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from contracts.errors import NotFound
from contracts.ids import CustomerId, OpportunityId, OrderId
from contracts.values import Money
from finance.domain.margin import CostInAnotherCurrency, margin_percent, sum_in
from finance.domain.open_order import OpenOrder, OrderStatus
from finance.queries.readers import Staff
from finance.storage.orders import order_of
from finance.storage.tables import orders
from kit.routing import Reading

router = APIRouter()


class MarginAnswer(BaseModel):
    """`final` when the order is closed. Without cost and margin when a cost arose in another currency (`costs`)."""

    order_id: OrderId
    number: str
    customer_id: CustomerId
    opportunity_id: OpportunityId | None
    final: bool
    revenue: Money
    costs: tuple[Money, ...]
    cost: Money | None
    margin: Money | None
    margin_percent: Decimal | None


@router.get("/orders/{order_id}/margin")
async def margin_of_order(order_id: UUID, tx: Reading, reader: Staff) -> MarginAnswer:
    """Net invoiced, less net credited, less the cost of the shipped goods."""
    row = (await tx.execute(select(orders).where(orders.c.order_id == order_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no order {order_id}")
    return _answer(order_of(row))


def _answer(order: OpenOrder) -> MarginAnswer:
    cost = _cost(order)
    margin = None if cost is None else order.revenue - cost
    return MarginAnswer(
        order_id=order.order_id,
        number=order.number,
        customer_id=order.customer_id,
        opportunity_id=order.opportunity_id,
        final=order.status is OrderStatus.CLOSED,
        revenue=order.revenue,
        costs=order.costs,
        cost=cost,
        margin=margin,
        margin_percent=None if margin is None else margin_percent(margin, order.revenue),
    )


def _cost(order: OpenOrder) -> Money | None:
    try:
        return sum_in(order.currency, order.costs)
    except CostInAnotherCurrency:
        return None
