"""Purchase orders, and what nobody has bought yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Numeric, Row, literal_column, select

from contracts.errors import NotFound
from contracts.ids import CustomerId, ItemId, LineId, OrderId, PurchaseOrderId, WarehouseId
from contracts.inventory import Peg
from contracts.values import Money, Quantity
from inventory.domain.purchase_order import PurchasedLine, PurchaseStatus
from inventory.storage.purchase_orders import purchase_of
from inventory.storage.tables import demand_lines, items, purchase_orders
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.problems import RESPONSES
from kit.routing import Reading, tag

router = APIRouter(tags=["purchases"], responses=RESPONSES, dependencies=[reads()])


class PurchasedLineAnswer(BaseModel):
    """`ordered` by us, `promised` by the supplier, `received` so far, `open` still to come."""

    item_id: ItemId
    sku: str
    unit_cost: Money
    ordered: Quantity
    promised: Quantity
    received: Quantity
    open: Quantity


class PurchaseOrderAnswer(BaseModel):
    """What we bought from a supplier, and for which order lines."""

    purchase_order_id: PurchaseOrderId
    version: int
    number: str
    supplier: str
    warehouse_id: WarehouseId
    status: PurchaseStatus
    expected_on: date
    lines: list[PurchasedLineAnswer]
    pegs: tuple[Peg, ...]
    cancellation_reason: str | None


class ShortageAnswer(BaseModel):
    """An order line that waits for so many without a purchase."""

    order_id: OrderId
    line_id: LineId
    customer_id: CustomerId
    item_id: ItemId
    sku: str
    quantity: Quantity
    since: datetime
    supplier: str | None


@router.get("/purchase-orders")
async def list_purchase_orders(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: PurchaseStatus | None = None,
    supplier: str | None = None,
    number: str | None = None,
    item_id: UUID | None = None,
) -> Page[PurchaseOrderAnswer]:
    """Purchase orders by the time they were placed."""
    wanted = {
        purchase_orders.c.status: status,
        purchase_orders.c.supplier: supplier,
        purchase_orders.c.number: number,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    if item_id is not None:
        conditions.append(purchase_orders.c.item_ids.contains([item_id]))
    found = select(purchase_orders).where(*conditions)
    return await paged(tx, found, key=purchase_orders.c.purchase_order_id, row=_purchase, cursor=cursor, limit=limit)


@router.get("/purchase-orders/{purchase_order_id}")
async def purchase_order_by_id(purchase_order_id: UUID, tx: Reading, response: Response) -> PurchaseOrderAnswer:
    mine = purchase_orders.c.purchase_order_id == purchase_order_id
    row = (await tx.execute(select(purchase_orders).where(mine))).first()
    if row is None:
        raise NotFound(f"there is no purchase order {purchase_order_id}")
    tag(response, row.version)
    return _purchase(row)


@router.get("/shortages")
async def list_shortages(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    item_id: UUID | None = None,
    order_id: UUID | None = None,
) -> Page[ShortageAnswer]:
    """What is short and not bought, those who asked first coming first."""
    wanted = {demand_lines.c.item_id: item_id, demand_lines.c.order_id: order_id}
    found = (
        select(demand_lines, items.c.sku, items.c.supplier, (demand_lines.c.backordered - _PEGGED).label("short"))
        .join(items, items.c.item_id == demand_lines.c.item_id)
        .where(demand_lines.c.backordered > 0, demand_lines.c.backordered > _PEGGED)
        .where(*(column == value for column, value in wanted.items() if value is not None))
    )
    key = (demand_lines.c.requested_at, demand_lines.c.line_id)
    return await paged(tx, found, key=key, row=_shortage, cursor=cursor, limit=limit)


def _purchase(row: Row[Any]) -> PurchaseOrderAnswer:  # Any: rows of several types
    purchase = purchase_of(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
    return PurchaseOrderAnswer.model_validate({**vars(purchase), "lines": [_line(line) for line in purchase.lines]})


def _line(line: PurchasedLine) -> PurchasedLineAnswer:
    return PurchasedLineAnswer(**vars(line), open=line.open)


def _shortage(row: Row[Any]) -> ShortageAnswer:  # Any: as above
    return ShortageAnswer(
        order_id=row.order_id,
        line_id=row.line_id,
        customer_id=row.customer_id,
        item_id=row.item_id,
        sku=row.sku,
        quantity=Quantity(value=row.short, unit=row.unit),
        since=row.requested_at,
        supplier=row.supplier,
    )


_PEGGED: ColumnElement[Any] = literal_column(  # Any: a decimal
    """(SELECT coalesce(sum((peg->'quantity'->>'value')::numeric), 0)
          FROM purchase_orders o, jsonb_array_elements(o.pegs) peg
         WHERE o.pegged_lines @> ARRAY[demand_lines.line_id] AND (peg->>'line_id')::uuid = demand_lines.line_id)""",
    Numeric,
)
