"""Place a purchase order by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import Malformed
from contracts.ids import ItemId, WarehouseId
from contracts.inventory import PurchaseOrderPlaced, SupplyRepegged
from contracts.values import Money, Quantity
from inventory.commands.register_item import Supplier
from inventory.commands.sharing import backlog_of
from inventory.commands.supplying import Supplies
from inventory.domain.purchase_order import PurchaseOrder, purchased
from inventory.storage.demands import Demands
from inventory.storage.items import WarehouseUnknown
from inventory.storage.purchase_orders import PurchaseOrders
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock


class SupplierNotNamed(Malformed):
    """A purchase is placed with one supplier: the one that is named, or that of all its items."""


class BoughtLine(BaseModel):
    """So many of an item; the standard cost counts when `unit_cost` is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: ItemId
    quantity: Quantity
    unit_cost: Money | None = None


class PlacePurchaseOrder(Command):
    """Buy these items; orders that wait for them without a supply are served from it first.

    Left out: the supplier is that of the items, the warehouse the first, the day that of the longest lead time.
    """

    lines: Annotated[tuple[BoughtLine, ...], Field(min_length=1, max_length=500)]
    supplier: Supplier | None = None
    warehouse_id: WarehouseId | None = None
    ordered_on: date | None = None
    expected_on: date | None = None


async def place_purchase_order(
    command: PlacePurchaseOrder, tx: Transaction
) -> tuple[PurchaseOrderPlaced | SupplyRepegged, ...]:
    items = {line.item_id for line in command.lines}
    await lock(tx, items)
    stock = await Stock.load(tx, items)
    supplies = Supplies(tx, await PurchaseOrders(tx).expecting(items))
    purchase = _purchase(command, stock, await PurchaseOrders(tx).next_number())
    placed = purchase.place()
    supplies.change(purchase)
    repegged = supplies.repeg(items, backlog_of(await Demands(tx).waiting(items)))
    await supplies.save()
    return (placed, *repegged)


def _purchase(command: PlacePurchaseOrder, stock: Stock, number: str) -> PurchaseOrder:
    ordered_on = command.ordered_on or datetime.now(UTC).date()
    longest = max(stock.items.values(), key=lambda item: item.lead_days)
    supplier = command.supplier or _supplier_of(stock)
    expected_on = command.expected_on or (
        longest.expected_on(ordered_on) if longest.supplier is not None else ordered_on
    )
    return PurchaseOrder(
        number=number,
        supplier=supplier,
        warehouse_id=_warehouse(command, stock),
        expected_on=expected_on,
        lines=[purchased(stock.items[line.item_id], line.quantity, line.unit_cost) for line in command.lines],
    )


def _warehouse(command: PlacePurchaseOrder, stock: Stock) -> WarehouseId:
    if command.warehouse_id is None:
        return stock.first_warehouse
    if command.warehouse_id not in stock.warehouses:
        raise WarehouseUnknown(f"there is no warehouse {command.warehouse_id}; open it first")
    return command.warehouse_id


def _supplier_of(stock: Stock) -> str:
    known = {item.supplier for item in stock.items.values()}
    for supplier in known:
        if len(known) == 1 and supplier is not None:
            return supplier
    raise SupplierNotNamed("name the supplier: the items are not all of the same one")
