"""Shipments."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Row, select

from contracts.errors import NotFound
from contracts.ids import CustomerId, ItemId, LineId, OrderId, ShipmentId, WarehouseId
from contracts.lines import LotQuantity
from contracts.values import Quantity
from inventory.domain.item import Tracking
from inventory.domain.shipment import Shipment, ShipmentStatus
from inventory.queries.items import skus_of
from inventory.storage.shipments import shipment_of
from inventory.storage.tables import shipments
from kit.auth import requires
from kit.database import Transaction
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import STAFF, Principal
from kit.problems import RESPONSES
from kit.routing import Reading, tag

Reader = Annotated[Principal, requires(*STAFF, "customer")]
router = APIRouter(tags=["shipments"], responses=RESPONSES)


class ShipmentLineAnswer(BaseModel):
    """So many for one order line; `lots` when the packer named them."""

    line_id: LineId
    item_id: ItemId
    sku: str = ""
    quantity: Quantity
    stocked: bool
    tracked: Tracking
    lots: tuple[LotQuantity, ...]


class ShipmentAnswer(BaseModel):
    """Goods of one order that leave one warehouse together."""

    shipment_id: ShipmentId
    version: int
    order_id: OrderId
    customer_id: CustomerId
    warehouse_id: WarehouseId
    status: ShipmentStatus
    lines: list[ShipmentLineAnswer]
    split_from: ShipmentId | None
    carrier: str | None
    tracking_number: str | None
    received_by: str | None


@router.get("/shipments")
async def list_shipments(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    warehouse_id: UUID | None = None,
    status: ShipmentStatus | None = None,
) -> Page[ShipmentAnswer]:
    """Shipments by the time they were planned. A customer sees its own."""
    wanted = {
        shipments.c.customer_id: reader.customer_id or customer_id,
        shipments.c.order_id: order_id,
        shipments.c.warehouse_id: warehouse_id,
        shipments.c.status: status,
    }
    found = select(shipments).where(*(column == value for column, value in wanted.items() if value is not None))
    page = await paged(tx, found, key=shipments.c.shipment_id, row=_paged, cursor=cursor, limit=limit)
    await _name_items(tx, page.items)
    return page


@router.get("/shipments/{shipment_id}")
async def shipment_by_id(shipment_id: UUID, tx: Reading, reader: Reader, response: Response) -> ShipmentAnswer:
    row = (await tx.execute(select(shipments).where(shipments.c.shipment_id == shipment_id))).first()
    if row is None or reader.customer_id not in (None, row.customer_id):
        raise NotFound(f"there is no shipment {shipment_id}")
    tag(response, row.version)
    answer = _paged(row)
    await _name_items(tx, [answer])
    return answer


async def _name_items(tx: Transaction, answers: list[ShipmentAnswer]) -> None:
    skus = await skus_of(tx, (line.item_id for answer in answers for line in answer.lines))
    for line in (line for answer in answers for line in answer.lines):
        line.sku = skus[line.item_id]


def _paged(row: Row[Any]) -> ShipmentAnswer:  # Any: rows of several types
    return _answer(shipment_of(row._mapping))  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _answer(shipment: Shipment) -> ShipmentAnswer:
    lines = [ShipmentLineAnswer(**vars(line)) for line in shipment.lines]
    return ShipmentAnswer.model_validate({**vars(shipment), "lines": lines})
