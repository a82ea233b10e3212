"""Stocking: warehouses, items, goods that come in, and what is bought because it is short."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from contracts.inventory import PurchaseOrderPlaced
from orderloop.driving.company import Company
from orderloop.driving.events import DEADLINE_SECONDS, NeverCame, Seen
from orderloop.driving.words import Goods, money, pieces
from orderloop.http import Json


class Stocking(Company):
    """What warehouse people do with goods before anybody gets them."""

    async def open_warehouse(self, code: str, name: str, priority: int = 1) -> str:
        body = {"code": code, "name": name, "priority": priority}
        return str((await self.people.warehouse.post("inventory", "/warehouses", body)).body["warehouse_id"])

    async def register_item(
        self,
        sku: str,
        description: str,
        price: Decimal,
        cost: Decimal,
        *,
        kind: str = "goods",
        supplier: str | None = None,
        lead_days: int = 7,
        **more: object,
    ) -> Goods:
        """An item; with a supplier, what is short of it is bought by itself."""
        body: Json = {"sku": sku, "description": description, "kind": kind, "standard_cost": money(cost)} | more
        if supplier is not None:
            body |= {"supplier": supplier, "lead_days": lead_days}
        answer = await self.people.warehouse.post("inventory", "/items", body)
        return Goods(str(answer.body["item_id"]), sku, price, cost)

    async def receive_goods(
        self,
        warehouse_id: str | None,
        goods: Sequence[tuple[Goods, Decimal, str]],
        purchase_order_id: str | None = None,
        **more: object,
    ) -> Json:
        """Goods come in as lots (item, quantity, lot number): of a purchase, or as opening stock.

        Without a warehouse they come into that of the purchase.
        """
        lines = [
            {"item_id": each.item_id, "quantity": pieces(quantity), "unit_cost": money(each.cost), "lot_number": lot}
            for each, quantity, lot in goods
        ]
        named = {"warehouse_id": warehouse_id, "purchase_order_id": purchase_order_id}
        body = {"lines": lines} | {name: value for name, value in named.items() if value is not None} | more
        return (await self.people.warehouse.post("inventory", "/goods-receipts", body)).body

    async def purchase_for(self, order_id: str, number: int = 1, within: float = DEADLINE_SECONDS) -> Seen:
        """The nth purchase order that was placed because this order is short of something. Raises NeverCame."""
        came = asyncio.Event()

        def tell(_: Seen) -> None:
            came.set()

        self.stream.listeners.append(tell)
        try:
            async with asyncio.timeout(within):
                while len(found := self._purchases_for(order_id)) < number:
                    came.clear()
                    await came.wait()
                return found[number - 1]
        except TimeoutError as late:
            raise NeverCame(f"no PurchaseOrderPlaced for order {order_id} within {within:.0f} s") from late
        finally:
            self.stream.listeners.remove(tell)

    def _purchases_for(self, order_id: str) -> list[Seen]:
        return [seen for seen in self.stream.named(PurchaseOrderPlaced) if order_id in _pegged(seen)]

    async def acknowledge_purchase(
        self, purchase_order_id: str, quantities: Sequence[tuple[Goods, Decimal]] = (), expected_on: str | None = None
    ) -> None:
        """The supplier says how much it will deliver of what it names, and when."""
        promised = [{"item_id": goods.item_id, "quantity": pieces(quantity)} for goods, quantity in quantities]
        body: Json = {"quantities": promised} | ({} if expected_on is None else {"expected_on": expected_on})
        await self.people.warehouse.post("inventory", f"/purchase-orders/{purchase_order_id}/acknowledge", body)

    async def cancel_purchase(self, purchase_order_id: str, reason: str) -> None:
        """At once when the supplier has not acknowledged it; otherwise it is asked."""
        path = f"/purchase-orders/{purchase_order_id}/cancel"
        await self.people.warehouse.post("inventory", path, {"reason": reason})

    async def answer_cancellation(self, purchase_order_id: str, accepted: bool, reason: str) -> None:
        """What the supplier says when it was asked to cancel."""
        path = f"/purchase-orders/{purchase_order_id}/cancellation-answer"
        await self.people.warehouse.post("inventory", path, {"accepted": accepted, "reason": reason})

    async def adjust_stock(self, lot_id: str, quantity: Decimal, reason: str) -> None:
        """So many of a lot were found, or lost (below zero)."""
        body = {"quantity": pieces(quantity), "reason": reason}
        await self.people.warehouse.post("inventory", f"/lots/{lot_id}/adjust", body)


def _pegged(placed: Seen) -> set[str]:
    return {peg["order_id"] for peg in cast("list[dict[str, Any]]", placed.data["pegs"])}
