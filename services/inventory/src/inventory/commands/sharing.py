"""Goods that are there for somebody are shared out at once: the oldest order that waits gets them first."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.ids import OrderId
from contracts.inventory import StockReserved, SupplyRepegged
from inventory.commands.supplying import Supplies
from inventory.domain.backlog import Waiting, share_out, waiting_of
from inventory.domain.demand import Demand
from inventory.storage.demands import Demands
from inventory.storage.purchase_orders import PurchaseOrders
from inventory.storage.stock import Stock
from kit.database import Transaction

Shared = StockReserved | SupplyRepegged


async def share_out_goods(tx: Transaction, stock: Stock, *, backlog_changed: bool = False) -> tuple[Shared, ...]:
    """Run it whenever goods of these items became available, or fewer are waited for; the levels are saved later.

    Purchases that were meant for those who are served now are meant for the next.
    """
    if not backlog_changed and not stock.has_available:
        return ()
    waiting = await Demands(tx).waiting(stock.items)
    filled = await fill_backorders(tx, stock, waiting)
    if not filled and not backlog_changed:
        return ()
    supplies = Supplies(tx, await PurchaseOrders(tx).expecting(stock.items))
    repegged = supplies.repeg(stock.items, backlog_of(waiting))
    await supplies.save()
    return (*filled, *repegged)


async def fill_backorders(
    tx: Transaction, stock: Stock, waiting: Mapping[OrderId, Demand]
) -> tuple[StockReserved, ...]:
    """Set aside what is available for those who wait."""
    shares = share_out(backlog_of(waiting), stock.levels)
    for _, share in shares:
        stock.reserve(share)
    filled = tuple(waiting[order_id].fill(share) for order_id, share in shares)
    await Demands(tx).save(*(waiting[order_id] for order_id, _ in shares))
    return filled


def backlog_of(waiting: Mapping[OrderId, Demand]) -> list[Waiting]:
    return [each for demand in waiting.values() for each in waiting_of(demand)]
