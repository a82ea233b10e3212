"""Say where an item is bought."""

from __future__ import annotations

from contracts.ids import ItemId
from contracts.inventory import PurchaseOrderPlaced, SupplyRepegged
from inventory.commands.register_item import LeadDays, Supplier
from inventory.commands.sharing import backlog_of
from inventory.commands.supplying import Supplies
from inventory.storage.demands import Demands
from inventory.storage.items import Items
from inventory.storage.purchase_orders import PurchaseOrders
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock


class SetSupplier(Command):
    """Shortages are bought there by themselves from now on, those that wait at once; null means by hand."""

    item_id: ItemId
    supplier: Supplier | None
    lead_days: LeadDays = 0


async def set_supplier(command: SetSupplier, tx: Transaction) -> tuple[PurchaseOrderPlaced | SupplyRepegged, ...]:
    await lock(tx, [command.item_id])
    items = Items(tx)
    item = await items.get(command.item_id, command.expected_version)
    item.buy_from(command.supplier, command.lead_days)
    await items.save(item)
    if command.supplier is None:
        return ()
    waiting = await Demands(tx).waiting([item.item_id])
    supplies = Supplies(tx, await PurchaseOrders(tx).expecting([item.item_id]))
    repegged = supplies.repeg([item.item_id], backlog_of(waiting))
    lines = {each.line_id for each in backlog_of(waiting)}
    placed = await supplies.buy(await Stock.load(tx, [item.item_id]), backlog_of(waiting), lines)
    await supplies.save()
    return (*placed, *repegged)
