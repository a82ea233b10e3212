"""Items and warehouses: one row each."""

from __future__ import annotations

from contracts.errors import NotFound
from contracts.ids import ItemId
from contracts.values import Money
from inventory.domain.item import Item
from inventory.domain.warehouse import Warehouse
from inventory.storage.tables import items, warehouses
from kit.bulk import Row
from kit.database import Transaction
from kit.storage import Rows


class ItemUnknown(NotFound):
    """What is moved, bought or promised is an item that is registered here."""


class WarehouseUnknown(NotFound):
    """Goods are kept in a warehouse that is open."""


class Items:
    """The items of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, items, items.c.item_id, "item")

    async def get(self, item_id: ItemId, expected_version: int | None = None) -> Item:
        """Raises NotFound, VersionMismatch."""
        return item_of(await self.rows.load(item_id, expected_version))

    async def add(self, item: Item) -> None:
        values = {
            "sku": item.sku,
            "description": item.description,
            "kind": item.kind,
            "unit": item.unit,
            "standard_cost": item.standard_cost.amount,
            "currency": item.standard_cost.currency,
            "tracked": item.tracked,
        }
        item.version = await self.rows.add(item.item_id, values | _bought_from(item))

    async def save(self, item: Item) -> None:
        """Only where it is bought ever changes."""
        item.version = await self.rows.save(item.item_id, item.version, _bought_from(item))


class Warehouses:
    """The warehouses of this service."""

    def __init__(self, tx: Transaction) -> None:
        self.rows = Rows(tx, warehouses, warehouses.c.warehouse_id, "warehouse")

    async def add(self, warehouse: Warehouse) -> None:
        values = {"code": warehouse.code, "name": warehouse.name, "priority": warehouse.priority}
        warehouse.version = await self.rows.add(warehouse.warehouse_id, values)


def item_of(row: Row) -> Item:
    return Item(
        item_id=row["item_id"],
        version=row["version"],
        sku=row["sku"],
        description=row["description"],
        kind=row["kind"],
        unit=row["unit"],
        standard_cost=Money(amount=row["standard_cost"], currency=row["currency"]),
        tracked=row["tracked"],
        supplier=row["supplier"],
        lead_days=row["lead_days"],
    )


def _bought_from(item: Item) -> dict[str, object]:
    return {"supplier": item.supplier, "lead_days": item.lead_days}
