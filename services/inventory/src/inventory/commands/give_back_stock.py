"""Give back what an order no longer wants."""

from __future__ import annotations

from contracts.ids import OrderId, ReleaseId
from contracts.inventory import AvailabilityChanged, ShipmentCancelled, StockReleased
from contracts.lines import LineQuantity
from inventory.commands.sharing import Shared, share_out_goods
from inventory.commands.withdrawing import changed_since
from inventory.domain.giving_back import give_back
from inventory.storage.demands import Demands
from inventory.storage.shipments import Shipments
from inventory.storage.stock import Stock
from kit.database import Transaction
from kit.executor import Command

ReleaseTold = StockReleased | ShipmentCancelled | Shared | AvailabilityChanged


class GiveBackStock(Command):
    """Up to these quantities: back-orders first, then reservations, then shipments that have not left.

    There is always an answer. Whoever sends it holds the items' locks.
    """

    order_id: OrderId
    release_id: ReleaseId
    lines: tuple[LineQuantity, ...]


async def give_back_stock(command: GiveBackStock, tx: Transaction) -> tuple[ReleaseTold, ...]:
    demands, shipments = Demands(tx), Shipments(tx)
    demand = await demands.of_order(command.order_id)
    if demand is None:
        return (StockReleased(order_id=command.order_id, release_id=command.release_id, lines=()),)
    own = (await shipments.in_the_house([command.order_id]))[command.order_id]
    before = {shipment.shipment_id: shipment.lines for shipment in own}
    given = give_back(demand, command.lines, own, release_id=command.release_id)
    await demands.save(demand, lines={line.line_id for line in command.lines})
    await shipments.save_all(changed_since(before, own))
    if not given.stock and not given.backorders:
        return (given.answer, *given.cancelled)
    stock = await Stock.load(tx, {part.item_id for part in (*given.stock, *given.backorders)})
    stock.release(given.stock)
    shared = await share_out_goods(tx, stock, backlog_changed=bool(given.backorders))
    return (given.answer, *given.cancelled, *shared, *await stock.save())
