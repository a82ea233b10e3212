"""Stock levels, lots, receipts, and the proof that they all say the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import GoodsReceiptId, ItemId, LotId, PurchaseOrderId, WarehouseId
from contracts.inventory import ReceivedLine
from contracts.values import Money, Quantity
from inventory.domain.lot import LotStatus
from inventory.queries.items import LevelAnswer, level, levels
from inventory.storage.lots import lot_of
from inventory.storage.tables import goods_receipts, items, lots, stock_levels
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.problems import RESPONSES
from kit.routing import Reading, tag

router = APIRouter(tags=["stock"], responses=RESPONSES, dependencies=[reads()])


class LotAnswer(BaseModel):
    """Goods that came in together. `origin_lot_id` is the lot that came in, when this part of it was moved."""

    lot_id: LotId
    version: int
    item_id: ItemId
    sku: str
    warehouse_id: WarehouseId
    number: str
    received_on: date
    status: LotStatus
    on_hand: Quantity
    quarantined: Quantity
    unit_cost: Money
    value: Money
    serials: tuple[str, ...]
    origin_lot_id: LotId | None


class ReceiptAnswer(BaseModel):
    """What came in at one time."""

    goods_receipt_id: GoodsReceiptId
    warehouse_id: WarehouseId
    received_on: date
    purchase_order_id: PurchaseOrderId | None
    supplier: str | None
    lines: tuple[ReceivedLine, ...]
    complete: bool


class PlaceProof(BaseModel):
    """Of an item in a warehouse: the figures, and what they have to be equal to."""

    item_id: ItemId
    warehouse_id: WarehouseId
    holds: bool
    on_hand: Decimal
    sum_of_movements: Decimal
    sum_of_lots: Decimal
    reserved: Decimal
    sum_of_reservations: Decimal
    quarantined: Decimal
    sum_of_quarantined_lots: Decimal
    available: Decimal
    value_of_lots: Decimal
    value_of_movements: Decimal


class StockProof(BaseModel):
    """That no goods were made or lost. `places` are those where it does not hold, or all of the item asked for."""

    holds: bool
    checked: int
    places: list[PlaceProof]


@router.get("/stock")
async def list_stock(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    item_id: UUID | None = None,
    warehouse_id: UUID | None = None,
) -> Page[LevelAnswer]:
    """Stock levels by item and warehouse."""
    wanted = {stock_levels.c.item_id: item_id, stock_levels.c.warehouse_id: warehouse_id}
    filtered = levels().where(*(column == value for column, value in wanted.items() if value is not None))
    key = (stock_levels.c.item_id, stock_levels.c.warehouse_id)
    return await paged(tx, filtered, key=key, row=level, cursor=cursor, limit=limit)


@router.get("/stock/proof")
async def proof_of_stock(tx: Reading, item_id: UUID | None = None) -> StockProof:
    """Per item and warehouse, at one moment: the ledger, the lots, the reservations and the level say the same."""
    rows = (await tx.exec_driver_sql(_PROOF, (item_id,))).mappings().all()
    places = [_place(row) for row in rows]
    return StockProof(
        holds=all(place.holds for place in places),
        checked=rows[0]["checked"] if rows else 0,
        places=[place for place in places if item_id is not None or not place.holds],
    )


@router.get("/lots")
async def list_lots(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    item_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    number: str | None = None,
    status: LotStatus | None = None,
) -> Page[LotAnswer]:
    """Lots by the time they came in."""
    wanted = {lots.c.item_id: item_id, lots.c.warehouse_id: warehouse_id, lots.c.number: number}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted.items() if value is not None]
    filtered = _lots().where(*conditions, *([] if status is None else [_IN_STATUS[status]]))
    return await paged(tx, filtered, key=lots.c.lot_id, row=_lot, cursor=cursor, limit=limit)


@router.get("/lots/{lot_id}")
async def lot_by_id(lot_id: UUID, tx: Reading, response: Response) -> LotAnswer:
    row = (await tx.execute(_lots().where(lots.c.lot_id == lot_id))).first()
    if row is None:
        raise NotFound(f"there is no lot {lot_id}")
    tag(response, row.version)
    return _lot(row)


@router.get("/goods-receipts")
async def list_goods_receipts(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    purchase_order_id: UUID | None = None,
    warehouse_id: UUID | None = None,
) -> Page[ReceiptAnswer]:
    """Receipts by the time they were booked."""
    wanted = {goods_receipts.c.purchase_order_id: purchase_order_id, goods_receipts.c.warehouse_id: warehouse_id}
    found = select(goods_receipts).where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, found, key=goods_receipts.c.goods_receipt_id, row=_receipt, cursor=cursor, limit=limit)


@router.get("/goods-receipts/{goods_receipt_id}")
async def goods_receipt_by_id(goods_receipt_id: UUID, tx: Reading) -> ReceiptAnswer:
    mine = goods_receipts.c.goods_receipt_id == goods_receipt_id
    row = (await tx.execute(select(goods_receipts).where(mine))).first()
    if row is None:
        raise NotFound(f"there is no goods receipt {goods_receipt_id}")
    return _receipt(row)


def _lots() -> Any:  # Any: a select over rows of several types
    return select(lots, items.c.sku).join(items, items.c.item_id == lots.c.item_id)


def _lot(row: Row[Any]) -> LotAnswer:  # Any: as above
    lot = lot_of(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
    return LotAnswer(**vars(lot), status=lot.status, sku=row.sku)


def _receipt(row: Row[Any]) -> ReceiptAnswer:  # Any: as above
    return ReceiptAnswer(**row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _place(row: RowMapping) -> PlaceProof:
    return PlaceProof(**{name: row[name] for name in PlaceProof.model_fields})


_IN_STATUS: dict[LotStatus, ColumnElement[bool]] = {
    LotStatus.RELEASED: lots.c.on_hand > lots.c.quarantined,
    LotStatus.QUARANTINED: (lots.c.on_hand > 0) & (lots.c.on_hand == lots.c.quarantined),
    LotStatus.DEPLETED: lots.c.on_hand == 0,
}

# Those that do not hold come first.
_PROOF = """
WITH moved AS (
  SELECT item_id, warehouse_id, sum(quantity) AS quantity, sum(cost) AS value
    FROM movements WHERE $1::uuid IS NULL OR item_id = $1 GROUP BY item_id, warehouse_id
), stored AS (
  SELECT item_id, warehouse_id, sum(on_hand) AS on_hand, sum(quarantined) AS quarantined, sum(value) AS value
    FROM lots WHERE $1::uuid IS NULL OR item_id = $1 GROUP BY item_id, warehouse_id
), held AS (
  SELECT d.item_id, (h->>'warehouse_id')::uuid AS warehouse_id,
         sum((h->'reserved'->>'value')::numeric + (h->'planned'->>'value')::numeric) AS quantity
    FROM demand_lines d, jsonb_array_elements(d.holdings) h
   WHERE d.stocked AND d.reserved + d.planned > 0 AND ($1::uuid IS NULL OR d.item_id = $1)
   GROUP BY d.item_id, (h->>'warehouse_id')::uuid
), places AS (
  SELECT item_id, warehouse_id, coalesce(l.on_hand, 0) AS on_hand, coalesce(m.quantity, 0) AS sum_of_movements,
         coalesce(s.on_hand, 0) AS sum_of_lots, coalesce(l.reserved, 0) AS reserved,
         coalesce(h.quantity, 0) AS sum_of_reservations, coalesce(l.quarantined, 0) AS quarantined,
         coalesce(s.quarantined, 0) AS sum_of_quarantined_lots, coalesce(s.value, 0) AS value_of_lots,
         coalesce(m.value, 0) AS value_of_movements
    FROM (SELECT * FROM stock_levels WHERE $1::uuid IS NULL OR item_id = $1) l
    FULL JOIN moved m USING (item_id, warehouse_id)
    FULL JOIN stored s USING (item_id, warehouse_id)
    FULL JOIN held h USING (item_id, warehouse_id)
)
SELECT *, on_hand - reserved - quarantined AS available, count(*) OVER () AS checked,
       on_hand = sum_of_movements AND on_hand = sum_of_lots AND reserved = sum_of_reservations
       AND quarantined = sum_of_quarantined_lots AND value_of_lots = value_of_movements
       AND on_hand - reserved - quarantined >= 0 AS holds
  FROM places ORDER BY holds, item_id, warehouse_id LIMIT 500
"""
