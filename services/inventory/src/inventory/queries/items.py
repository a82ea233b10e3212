"""Items with what of them is available, their ledger, and the warehouses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Row, Select, func, select

from contracts.errors import NotFound
from contracts.ids import ItemId, LotId, WarehouseId
from contracts.inventory import ItemKind
from contracts.values import Money, Quantity
from inventory.domain.item import Tracking
from inventory.domain.ledger import MovementKind
from inventory.storage.tables import items, lots, movements, stock_levels, warehouses
from kit.auth import reads
from kit.database import Transaction
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.problems import RESPONSES
from kit.routing import Reading, tag

router = APIRouter(tags=["items"], responses=RESPONSES, dependencies=[reads()])


class LevelAnswer(BaseModel):
    """Stock of an item in a warehouse, in the item's unit; available = on_hand - reserved - quarantined."""

    item_id: ItemId
    sku: str
    warehouse_id: WarehouseId
    warehouse_code: str
    unit: str
    on_hand: Decimal
    reserved: Decimal
    quarantined: Decimal
    available: Decimal


class ItemAnswer(BaseModel):
    """An item, and its stock over all warehouses in its unit."""

    item_id: ItemId
    version: int
    sku: str
    description: str
    kind: ItemKind
    unit: str
    standard_cost: Money
    tracked: Tracking
    supplier: str | None
    lead_days: int
    on_hand: Decimal
    reserved: Decimal
    quarantined: Decimal
    available: Decimal


class ItemInWarehouses(ItemAnswer):
    """An item, and its stock in each warehouse that ever had some."""

    warehouses: list[LevelAnswer]


class MovementAnswer(BaseModel):
    """One entry of the ledger; what left is negative. `because_of` is a receipt, a shipment or a nonconformance."""

    movement_id: int
    item_id: ItemId
    warehouse_id: WarehouseId
    lot_id: LotId
    lot_number: str
    kind: MovementKind
    quantity: Quantity
    cost: Money
    reason: str
    because_of: UUID | None
    moved_at: datetime


class WarehouseAnswer(BaseModel):
    """A place that keeps stock; the one with the lowest priority is taken from first."""

    warehouse_id: WarehouseId
    version: int
    code: str
    name: str
    priority: int


@router.get("/items")
async def list_items(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    sku: str | None = None,
    kind: ItemKind | None = None,
    supplier: str | None = None,
) -> Page[ItemAnswer]:
    """Items by the time they were registered."""
    wanted = {items.c.sku: sku, items.c.kind: kind, items.c.supplier: supplier}
    filtered = _items().where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, filtered, key=items.c.item_id, row=_item, cursor=cursor, limit=limit)


@router.get("/items/{item_id}")
async def item_by_id(item_id: UUID, tx: Reading, response: Response) -> ItemInWarehouses:
    row = (await tx.execute(_items().where(items.c.item_id == item_id))).first()
    if row is None:
        raise NotFound(f"there is no item {item_id}")
    item = _item(row)
    tag(response, item.version)
    own = levels().where(stock_levels.c.item_id == item_id).order_by(warehouses.c.priority, warehouses.c.code)
    return ItemInWarehouses(**item.model_dump(), warehouses=[level(each) for each in await tx.execute(own)])


@router.get("/items/{item_id}/movements")
async def movements_of_item(
    item_id: UUID,
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    warehouse_id: UUID | None = None,
    lot_id: UUID | None = None,
) -> Page[MovementAnswer]:
    """The ledger of an item, the oldest entry first; the sum of it is what is on hand."""
    wanted = {movements.c.item_id: item_id, movements.c.warehouse_id: warehouse_id, movements.c.lot_id: lot_id}
    entries = select(movements, lots.c.number.label("lot_number")).join(lots, lots.c.lot_id == movements.c.lot_id)
    filtered = entries.where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, filtered, key=movements.c.movement_id, row=_movement, cursor=cursor, limit=limit)


@router.get("/warehouses")
async def list_warehouses(
    tx: Reading, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT, code: str | None = None
) -> Page[WarehouseAnswer]:
    """Warehouses in the order in which goods are taken from them."""
    wanted = select(warehouses) if code is None else select(warehouses).where(warehouses.c.code == code)
    key = (warehouses.c.priority, warehouses.c.code)
    return await paged(tx, wanted, key=key, row=_warehouse, cursor=cursor, limit=limit)


@router.get("/warehouses/{warehouse_id}")
async def warehouse_by_id(warehouse_id: UUID, tx: Reading, response: Response) -> WarehouseAnswer:
    row = (await tx.execute(select(warehouses).where(warehouses.c.warehouse_id == warehouse_id))).first()
    if row is None:
        raise NotFound(f"there is no warehouse {warehouse_id}")
    tag(response, row.version)
    return _warehouse(row)


def levels() -> Select[Any]:  # Any: rows of several types
    return (
        select(stock_levels, items.c.sku, warehouses.c.code)
        .join(items, items.c.item_id == stock_levels.c.item_id)
        .join(warehouses, warehouses.c.warehouse_id == stock_levels.c.warehouse_id)
    )


def level(row: Row[Any]) -> LevelAnswer:  # Any: as above
    return LevelAnswer(
        item_id=row.item_id,
        sku=row.sku,
        warehouse_id=row.warehouse_id,
        warehouse_code=row.code,
        unit=row.unit,
        on_hand=row.on_hand,
        reserved=row.reserved,
        quarantined=row.quarantined,
        available=row.on_hand - row.reserved - row.quarantined,
    )


async def skus_of(tx: Transaction, item_ids: Iterable[ItemId]) -> dict[ItemId, str]:
    """What people call these items."""
    found = await tx.execute(select(items.c.item_id, items.c.sku).where(items.c.item_id.in_(set(item_ids))))
    return {row.item_id: row.sku for row in found}


def _items() -> Select[Any]:  # Any: as above
    names = ("on_hand", "reserved", "quarantined")
    own = stock_levels.c.item_id == items.c.item_id
    sums = [
        select(func.coalesce(func.sum(stock_levels.c[name]), 0)).where(own).scalar_subquery().label(name)
        for name in names
    ]
    return select(items, *sums)


def _item(row: Row[Any]) -> ItemAnswer:  # Any: as above
    return ItemAnswer(
        item_id=row.item_id,
        version=row.version,
        sku=row.sku,
        description=row.description,
        kind=row.kind,
        unit=row.unit,
        standard_cost=Money(amount=row.standard_cost, currency=row.currency),
        tracked=row.tracked,
        supplier=row.supplier,
        lead_days=row.lead_days,
        on_hand=row.on_hand,
        reserved=row.reserved,
        quarantined=row.quarantined,
        available=row.on_hand - row.reserved - row.quarantined,
    )


def _movement(row: Row[Any]) -> MovementAnswer:  # Any: as above
    return MovementAnswer(
        movement_id=row.movement_id,
        item_id=row.item_id,
        warehouse_id=row.warehouse_id,
        lot_id=row.lot_id,
        lot_number=row.lot_number,
        kind=MovementKind(row.kind),
        quantity=Quantity(value=row.quantity, unit=row.unit),
        cost=Money(amount=row.cost, currency=row.currency),
        reason=row.reason,
        because_of=row.because_of,
        moved_at=row.moved_at,
    )


def _warehouse(row: Row[Any]) -> WarehouseAnswer:  # Any: as above
    return WarehouseAnswer(
        warehouse_id=row.warehouse_id, version=row.version, code=row.code, name=row.name, priority=row.priority
    )
