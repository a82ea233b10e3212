"""Receive goods: from a supplier, or as opening stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import Malformed
from contracts.ids import ItemId, PurchaseOrderId, WarehouseId
from contracts.inventory import AvailabilityChanged, GoodsReceived, StockReserved, SupplyRepegged
from contracts.values import Money, Quantity
from inventory.commands.sharing import share_out_goods
from inventory.domain.goods_receipt import Arrival, GoodsReceipt
from inventory.domain.ledger import entries_of_receipt
from inventory.domain.purchase_order import PurchaseOrder
from inventory.domain.quantities import total
from inventory.storage.ledger import Ledger
from inventory.storage.lots import Lots
from inventory.storage.purchase_orders import PurchaseOrders
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock


class WarehouseNotNamed(Malformed):
    """Goods without a purchase order come into a warehouse that is named."""


class ArrivedLine(BaseModel):
    """So many of an item. `unit_cost` is that of the purchase, or else the standard cost, when it is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: ItemId
    quantity: Quantity
    unit_cost: Money | None = None
    lot_number: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    serials: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = ()


class ReceiveGoods(Command):
    """Each line becomes a lot. What orders wait for is set aside for them at once, oldest order first.

    Supplier and warehouse are those of the purchase order when they are left out.
    """

    lines: Annotated[tuple[ArrivedLine, ...], Field(min_length=1, max_length=1000)]
    warehouse_id: WarehouseId | None = None
    purchase_order_id: PurchaseOrderId | None = None
    supplier: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    received_on: date | None = None


ReceiptTold = GoodsReceived | StockReserved | SupplyRepegged | AvailabilityChanged


async def receive_goods(command: ReceiveGoods, tx: Transaction) -> tuple[ReceiptTold, ...]:
    items = {line.item_id for line in command.lines}
    await lock(tx, items)
    stock = await Stock.load(tx, items)
    purchase = await _purchase_of(command, tx)
    receipt = _receipt(command, purchase)
    received = receipt.book(
        _arrivals(command.lines, stock, purchase), complete=purchase is None or purchase.is_complete
    )
    for line in received.lines:
        stock.level(line.item_id, receipt.warehouse_id).receive(line.quantity)
    await Lots(tx).add_all(receipt.lots)
    await Ledger(tx).write(entries_of_receipt(received, datetime.now(UTC)))
    await Ledger(tx).keep(receipt, received)
    shared = await share_out_goods(tx, stock, backlog_changed=purchase is not None)
    return (received, *shared, *await stock.save())


async def _purchase_of(command: ReceiveGoods, tx: Transaction) -> PurchaseOrder | None:
    """The purchase order, with what came in on it."""
    if command.purchase_order_id is None:
        return None
    purchase, _ = await PurchaseOrders(tx).with_rivals(command.purchase_order_id, command.expected_version)
    _ = purchase.receive(_arrived(command.lines))
    await PurchaseOrders(tx).save(purchase)
    return purchase


def _arrived(lines: Sequence[ArrivedLine]) -> dict[ItemId, Quantity]:
    units = {line.item_id: line.quantity.unit for line in lines}
    return {
        item_id: total((line.quantity for line in lines if line.item_id == item_id), unit)
        for item_id, unit in units.items()
    }


def _receipt(command: ReceiveGoods, purchase: PurchaseOrder | None) -> GoodsReceipt:
    warehouse_id = command.warehouse_id or (purchase and purchase.warehouse_id)
    if warehouse_id is None:
        raise WarehouseNotNamed("name the warehouse that the goods came into")
    return GoodsReceipt(
        warehouse_id=warehouse_id,
        received_on=command.received_on or datetime.now(UTC).date(),
        purchase_order_id=command.purchase_order_id,
        supplier=command.supplier or (purchase and purchase.supplier),
    )


def _arrivals(lines: Sequence[ArrivedLine], stock: Stock, purchase: PurchaseOrder | None) -> list[Arrival]:
    return [
        Arrival(
            item=stock.items[line.item_id],
            quantity=line.quantity,
            unit_cost=purchase.line(line.item_id).unit_cost if purchase and line.unit_cost is None else line.unit_cost,
            lot_number=line.lot_number,
            serials=line.serials,
        )
        for line in lines
    ]
