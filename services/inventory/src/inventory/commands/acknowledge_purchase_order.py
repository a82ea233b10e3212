"""The supplier answers a purchase order: how much, and when."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from contracts.ids import ItemId, PurchaseOrderId
from contracts.inventory import (
    PurchaseOrderAcknowledged,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    SupplyRepegged,
)
from contracts.values import Quantity
from inventory.commands.sharing import backlog_of
from inventory.commands.supplying import Supplies
from inventory.storage.demands import Demands
from inventory.storage.purchase_orders import PurchaseOrders
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command
from kit.locks import lock


class PromisedQuantity(BaseModel):
    """How much of an item the supplier will deliver in all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: ItemId
    quantity: Quantity


class AcknowledgePurchaseOrder(Command):
    """What the supplier promises; what it does not name stays as it was.

    Order lines that lose their supply get another: what other purchases can spare, or a new one where the item has a
    supplier.
    """

    purchase_order_id: PurchaseOrderId
    expected_on: date | None = None
    quantities: tuple[PromisedQuantity, ...] = ()


AcknowledgementTold = PurchaseOrderAcknowledged | PurchaseOrderDateChanged | PurchaseOrderPlaced | SupplyRepegged


async def acknowledge_purchase_order(
    command: AcknowledgePurchaseOrder, tx: Transaction
) -> tuple[AcknowledgementTold, ...]:
    repository = PurchaseOrders(tx)
    items = await repository.items_of(command.purchase_order_id)
    await lock(tx, items)
    purchase, rivals = await repository.with_rivals(command.purchase_order_id, command.expected_version)
    said = purchase.acknowledge(command.expected_on, {each.item_id: each.quantity for each in command.quantities})
    supplies = Supplies(tx, rivals)
    supplies.change(purchase)
    backlog = backlog_of(await Demands(tx).waiting(items))
    repegged = supplies.repeg(items, backlog)
    lost = {peg.line_id for peg in said.lost}
    placed = await supplies.buy(await Stock.load(tx, items), backlog, lost) if lost else ()
    await supplies.save()
    return (*said.events, *repegged, *placed)
