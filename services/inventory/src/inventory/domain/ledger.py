"""The ledger of goods: every change of stock on hand, written once and never changed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.ids import ItemId, LotId, ShipmentId, WarehouseId
from contracts.inventory import GoodsReceived, StockAdjusted
from contracts.values import Money, Quantity
from inventory.domain.lot import Taken


class MovementKind(StrEnum):
    RECEIPT = "receipt"
    DISPATCH = "dispatch"
    ADJUSTMENT = "adjustment"
    SCRAP = "scrap"
    TRANSFER = "transfer"


@dataclass(frozen=True, kw_only=True)
class Movement:
    """One entry. Quantity and cost carry their sign: what came in is positive, what left is negative.

    The sum of the quantities of an item in a warehouse is what is on hand there, and the sum of the costs its value.
    `because_of` is the receipt, shipment or nonconformance that caused it, if there is one.
    """

    item_id: ItemId
    warehouse_id: WarehouseId
    lot_id: LotId
    kind: MovementKind
    quantity: Quantity
    cost: Money
    reason: str = ""
    because_of: UUID | None = None
    moved_at: datetime


def entries_of_receipt(received: GoodsReceived, moved_at: datetime) -> tuple[Movement, ...]:
    """One entry a lot that came in."""
    return tuple(
        Movement(
            item_id=line.item_id,
            warehouse_id=received.warehouse_id,
            lot_id=line.lot_id,
            kind=MovementKind.RECEIPT,
            quantity=line.quantity,
            cost=line.cost,
            because_of=received.goods_receipt_id,
            moved_at=moved_at,
        )
        for line in received.lines
    )


def entries_of_dispatch(shipment_id: ShipmentId, taken: Iterable[Taken], moved_at: datetime) -> tuple[Movement, ...]:
    """One entry a lot that something was taken from."""
    return tuple(
        Movement(
            item_id=part.item_id,
            warehouse_id=part.warehouse_id,
            lot_id=part.lot_id,
            kind=MovementKind.DISPATCH,
            quantity=Quantity.zero(part.quantity.unit) - part.quantity,
            cost=-part.cost,
            because_of=shipment_id,
            moved_at=moved_at,
        )
        for part in taken
    )


def entries_of_transfer(less: StockAdjusted, more: StockAdjusted, moved_at: datetime) -> tuple[Movement, ...]:
    """Out of one warehouse, into another; together they change nothing."""
    return tuple(
        replace(entry_of_adjustment(adjusted, moved_at), kind=MovementKind.TRANSFER) for adjusted in (less, more)
    )


def entry_of_adjustment(adjusted: StockAdjusted, moved_at: datetime) -> Movement:
    """What was found or lost, or scrapped because of a nonconformance."""
    scrapped = adjusted.nonconformance_id is not None
    return Movement(
        item_id=adjusted.item_id,
        warehouse_id=adjusted.warehouse_id,
        lot_id=adjusted.lot_id,
        kind=MovementKind.SCRAP if scrapped else MovementKind.ADJUSTMENT,
        quantity=adjusted.quantity,
        cost=adjusted.cost,
        reason=adjusted.reason,
        because_of=adjusted.nonconformance_id,
        moved_at=moved_at,
    )
