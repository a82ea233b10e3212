"""What is short is supplied: from a purchase that has goods to spare, or from a new one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from contracts.ids import ItemId, LineId, PurchaseOrderId
from contracts.inventory import Backorder, Peg, PurchaseOrderPlaced, SupplyRepegged
from contracts.lines import LineQuantity
from inventory.domain.backlog import Waiting
from inventory.domain.pegging import expectation, repeg, unsupplied
from inventory.domain.purchase_order import PurchaseOrder, purchase_to_cover
from inventory.storage.purchase_orders import PurchaseOrders
from inventory.storage.stock import Stock
from kit.database import Transaction


class Supplies:
    """Some purchases, and which of them have changed since they were read."""

    def __init__(self, tx: Transaction, purchases: Sequence[PurchaseOrder]) -> None:
        self.repository = PurchaseOrders(tx)
        self.purchases = list(purchases)
        self._changed: dict[PurchaseOrderId, PurchaseOrder] = {}

    def change(self, purchase: PurchaseOrder) -> None:
        """Note that this one, new or known, is to be saved."""
        if purchase not in self.purchases:
            self.purchases.append(purchase)
        self._changed[purchase.purchase_order_id] = purchase

    def repeg(self, item_ids: Iterable[ItemId], backlog: Collection[Waiting]) -> tuple[SupplyRepegged, ...]:
        """Make the pegs of these items fit to who waits."""
        moved = [each for item_id in sorted(item_ids) for each in repeg(item_id, backlog, self.purchases)]
        touched = {each.purchase_order_id for each in moved}
        for purchase in [each for each in self.purchases if each.purchase_order_id in touched]:
            self.change(purchase)
        return tuple(moved)

    async def buy(
        self, stock: Stock, backlog: Collection[Waiting], lines: Collection[LineId]
    ) -> tuple[PurchaseOrderPlaced, ...]:
        """Place a purchase for what these order lines wait for without one, an item each, where a supplier is known."""
        placed: list[PurchaseOrderPlaced] = []
        for item_id, item in stock.items.items():
            uncovered = unsupplied(item_id, backlog, self.purchases)
            pegs = [peg for peg in uncovered if peg.line_id in lines and item.supplier is not None]
            if pegs:
                purchase = purchase_to_cover(
                    item,
                    pegs,
                    number=await self.repository.next_number(),
                    warehouse_id=stock.first_warehouse,
                    today=datetime.now(UTC).date(),
                )
                placed.append(purchase.place())
                self.change(purchase)
        return tuple(placed)

    async def save(self) -> None:
        for purchase in self._changed.values():
            await self.repository.save(purchase)
        self._changed.clear()


@dataclass(frozen=True, kw_only=True)
class Cover:
    """Where what is short will come from."""

    events: tuple[SupplyRepegged | PurchaseOrderPlaced, ...] = ()
    purchases: tuple[PurchaseOrder, ...] = ()

    def expectation(self, short: LineQuantity) -> tuple[Backorder, ...]:
        return expectation(short, self.purchases)


async def cover_shortages(tx: Transaction, stock: Stock, short: Sequence[Waiting]) -> Cover:
    """Find a supply for what is newly short.

    Everybody else who waits either has a supply or there is none to spare, so only the purchases that have something
    to spare are read, and those whom they serve already keep what they have.
    """
    if not short:
        return Cover()
    items = dict.fromkeys(waiting.item_id for waiting in short)
    supplies = Supplies(tx, await PurchaseOrders(tx).with_idle_supply(items))
    backlog = _served_or_short(supplies.purchases, short)
    moved = supplies.repeg(items, backlog)
    placed = await supplies.buy(stock, backlog, {waiting.line_id for waiting in short})
    await supplies.save()
    return Cover(events=(*placed, *moved), purchases=tuple(supplies.purchases))


def _served_or_short(purchases: Iterable[PurchaseOrder], short: Sequence[Waiting]) -> list[Waiting]:
    """Those who are pegged to these purchases, for as much as they are, and those who are newly short."""
    lines = {waiting.line_id: waiting for waiting in short}
    for peg in (peg for purchase in purchases for peg in purchase.pegs):
        known = lines.get(peg.line_id)
        lines[peg.line_id] = (
            replace(known, quantity=known.quantity + peg.quantity) if known else _served(peg, short[0].since)
        )
    return list(lines.values())


def _served(peg: Peg, since: datetime) -> Waiting:
    """It has its supply, so it does not matter how long it has waited."""
    return Waiting(order_id=peg.order_id, line_id=peg.line_id, item_id=peg.item_id, quantity=peg.quantity, since=since)
