"""What an order has, waits for, and got."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from contracts.errors import NotFound
from contracts.ids import CustomerId, ItemId, LineId, OrderId, PurchaseOrderId, WarehouseId
from inventory.domain.demand import Demand, DemandLine
from inventory.domain.purchase_order import PurchaseOrder
from inventory.queries.items import skus_of
from inventory.queries.shipments import Reader
from inventory.storage.demands import Demands
from inventory.storage.purchase_orders import purchase_of
from inventory.storage.tables import purchase_orders
from kit.database import Transaction
from kit.problems import RESPONSES
from kit.routing import Reading

router = APIRouter(tags=["orders"], responses=RESPONSES)


class HeldAnswer(BaseModel):
    """What a warehouse keeps for the line: reserved, or planned in a shipment that has not left."""

    warehouse_id: WarehouseId
    reserved: Decimal
    planned: Decimal


class ComingAnswer(BaseModel):
    """What is on its way for the line; of which purchase it is, staff are told."""

    quantity: Decimal
    expected_on: date
    purchase_order_id: PurchaseOrderId | None
    number: str | None


class SupplyLineAnswer(BaseModel):
    """requested = reserved + planned + backordered + shipped + released, in the line's unit."""

    line_id: LineId
    item_id: ItemId
    sku: str
    unit: str
    requested: Decimal
    reserved: Decimal
    planned: Decimal
    backordered: Decimal
    shipped: Decimal
    released: Decimal
    held: list[HeldAnswer]
    coming: list[ComingAnswer]


class SupplyAnswer(BaseModel):
    """What one order wants of us, and where each piece of it stands."""

    order_id: OrderId
    customer_id: CustomerId
    requested_at: datetime
    lines: list[SupplyLineAnswer]


@router.get("/orders/{order_id}/supply")
async def supply_of_order(order_id: UUID, tx: Reading, reader: Reader) -> SupplyAnswer:
    """A customer sees its own."""
    demand = await Demands(tx).of_order(OrderId(order_id))
    if demand is None or reader.customer_id not in (None, demand.customer_id):
        raise NotFound(f"order {order_id} has not asked for stock")
    skus = await skus_of(tx, (line.item_id for line in demand.lines))
    purchases = await _coming_for(tx, demand)
    named = reader.customer_id is None
    return SupplyAnswer(
        order_id=demand.order_id,
        customer_id=demand.customer_id,
        requested_at=demand.requested_at,
        lines=[_line(line, skus[line.item_id], purchases, named) for line in demand.lines],
    )


async def _coming_for(tx: Transaction, demand: Demand) -> list[PurchaseOrder]:
    lines = [line.line_id for line in demand.lines]
    pegged = select(purchase_orders).where(purchase_orders.c.pegged_lines.overlap(lines))
    found = await tx.execute(pegged.order_by(purchase_orders.c.expected_on, purchase_orders.c.purchase_order_id))
    return [purchase_of(row) for row in found.mappings()]


def _line(line: DemandLine, sku: str, purchases: list[PurchaseOrder], named: bool) -> SupplyLineAnswer:
    return SupplyLineAnswer(
        line_id=line.line_id,
        item_id=line.item_id,
        sku=sku,
        unit=line.unit,
        requested=line.requested.value,
        reserved=line.reserved.value,
        planned=line.planned.value,
        backordered=line.backordered.value,
        shipped=line.shipped.value,
        released=line.released.value,
        held=[
            HeldAnswer(warehouse_id=each.warehouse_id, reserved=each.reserved.value, planned=each.planned.value)
            for each in line.holdings
        ],
        coming=[_coming(line, each, named) for each in purchases if each.pegged_for(line.line_id, line.unit)],
    )


def _coming(line: DemandLine, purchase: PurchaseOrder, named: bool) -> ComingAnswer:
    return ComingAnswer(
        quantity=purchase.pegged_for(line.line_id, line.unit).value,
        expected_on=purchase.expected_on,
        purchase_order_id=purchase.purchase_order_id if named else None,
        number=purchase.number if named else None,
    )
