"""Purchase orders: one row each, with lines and pegs as documents, found by their items."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import ItemId, PurchaseOrderId
from inventory.domain.purchase_order import EXPECTING, RUNNING, PurchaseOrder, PurchaseStatus
from inventory.storage.tables import purchase_order_number, purchase_orders
from kit.database import Transaction
from kit.storage import Rows, must_be_at

_EXPECTED = purchase_orders.c.status.in_(sorted(EXPECTING))
_COLUMNS = ("number", "supplier", "warehouse_id", "expected_on", "lines", "pegs", "cancellation_reason")


class PurchaseUnknown(NotFound):
    """What is acknowledged, received or cancelled was ordered here."""


class PurchaseOrders:
    """The purchase orders of this service; who changes one's pegs for an item holds the lock of the item.

    What is read here is locked until the transaction ends, in the order of the ids.
    """

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, purchase_orders, purchase_orders.c.purchase_order_id, "purchase order")

    async def items_of(self, purchase_order_id: PurchaseOrderId) -> list[ItemId]:
        """Its items never change: they can be read without a lock. Empty when there is no such purchase."""
        mine = purchase_orders.c.purchase_order_id == purchase_order_id
        return await self.tx.scalar(select(purchase_orders.c.item_ids).where(mine)) or []

    async def with_rivals(
        self, purchase_order_id: PurchaseOrderId, expected_version: int | None = None
    ) -> tuple[PurchaseOrder, list[PurchaseOrder]]:
        """A purchase, and all on which the same items may still come in, itself included.

        Raises NotFound, VersionMismatch.
        """
        mine = purchase_orders.c.purchase_order_id == purchase_order_id
        items = select(purchase_orders.c.item_ids).where(mine).scalar_subquery()
        found = await self._found(mine | (_EXPECTED & purchase_orders.c.item_ids.overlap(items)))
        for purchase in found:
            if purchase.purchase_order_id == purchase_order_id:
                must_be_at("purchase order", purchase.version, expected_version)
                return purchase, found
        raise PurchaseUnknown(f"there is no purchase order {purchase_order_id}; name one from GET /purchase-orders")

    async def expecting(self, item_ids: Collection[ItemId]) -> list[PurchaseOrder]:
        """Those on which something of these items may still come in."""
        return await self._found(_EXPECTED, purchase_orders.c.item_ids.overlap(list(item_ids)))

    async def with_idle_supply(self, item_ids: Collection[ItemId]) -> list[PurchaseOrder]:
        """Those that run and on which something is for stock."""
        return await self._found(purchase_orders.c.idle, purchase_orders.c.item_ids.overlap(list(item_ids)))

    async def next_number(self) -> str:
        return f"PO-{await self.tx.scalar(purchase_order_number.next_value()):07d}"

    async def save(self, purchase: PurchaseOrder) -> None:
        """Write it back, or write it for the first time."""
        purchase.version = await self.rows.put(purchase.purchase_order_id, purchase.version, _values(purchase))

    async def _found(self, *conditions: ColumnElement[bool]) -> list[PurchaseOrder]:
        wanted = select(purchase_orders).where(*conditions).order_by(purchase_orders.c.purchase_order_id)
        return [purchase_of(row) for row in (await self.tx.execute(wanted.with_for_update())).mappings()]


def purchase_of(row: RowMapping) -> PurchaseOrder:
    return PurchaseOrder(
        purchase_order_id=row["purchase_order_id"],
        version=row["version"],
        status=PurchaseStatus(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(purchase: PurchaseOrder) -> dict[str, Any]:  # Any: column values
    return {
        "status": purchase.status.value,
        "item_ids": sorted({line.item_id for line in purchase.lines}),
        "pegged_lines": sorted({peg.line_id for peg in purchase.pegs}),
        "idle": purchase.status in RUNNING and any(_is_idle(purchase, line.item_id) for line in purchase.lines),
        **{name: getattr(purchase, name) for name in _COLUMNS},
    }


def _is_idle(purchase: PurchaseOrder, item_id: ItemId) -> bool:
    return purchase.pegged_of(item_id) < purchase.open_of(item_id)
