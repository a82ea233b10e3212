"""A shop of one's own: a warehouse and items that nobody else sells, so that nobody takes its stock."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import cast
from uuid import uuid4

from orderloop.driving.events import watching
from orderloop.driving.people import people
from orderloop.driving.steps import Goods, Steps
from orderloop.http import Json
from orderloop.platform.plan import SERVICES, Plan


class Shop:
    """What is sold, and what the services say of it now."""

    def __init__(self, steps: Steps, warehouse_id: str) -> None:
        self.steps = steps
        self.warehouse_id = warehouse_id

    async def sells(
        self,
        name: str,
        *,
        stock: int | str = 0,
        price: str = "100.00",
        cost: str = "60.00",
        supplier: str | None = None,
        lead_days: int = 7,
    ) -> Goods:
        """An item with so much in stock, as one lot."""
        sku = f"{name}-{uuid4().hex[:10]}"
        goods = await self.steps.register_item(
            sku, name, Decimal(price), Decimal(cost), supplier=supplier, lead_days=lead_days
        )
        if Decimal(stock):
            await self.stocks(goods, stock, "L1")
        return goods

    async def stocks(self, goods: Goods, quantity: int | str, lot: str, purchase_order_id: str | None = None) -> Json:
        """So many more come in as a lot, from a purchase or as opening stock."""
        arrived = [(goods, Decimal(quantity), lot_number(goods, lot))]
        warehouse_id = self.warehouse_id if purchase_order_id is None else None
        return await self.steps.receive_goods(warehouse_id, arrived, purchase_order_id)

    async def stock_of(self, goods: Goods) -> dict[str, Decimal]:
        """On hand, reserved, quarantined, available: over all warehouses."""
        item = (await self.steps.people.warehouse.get("inventory", f"/items/{goods.item_id}")).body
        return {name: Decimal(item[name]) for name in ("on_hand", "reserved", "quarantined", "available")}

    async def line_of(self, order_id: str, place: int = 0) -> Json:
        """A line of the order as it stands now."""
        return cast("list[Json]", (await self.steps.order(order_id))["lines"])[place]

    async def credit_of(self, customer_id: str) -> Json:
        """What the customer may owe and would owe."""
        return (await self.steps.people.finance.get("finance", f"/credit-accounts/{customer_id}")).body

    async def follow_up_of(self, opportunity_id: str) -> Json:
        """What the salesperson sees of a won opportunity."""
        answer = await self.steps.people.sales.get("sales", f"/opportunities/{opportunity_id}")
        return cast("Json", answer.body["follow_up"])

    async def timeline_of(self, customer_id: str) -> list[str]:
        """What happened with the customer, by event, the oldest first."""
        entries = [each async for each in self.steps.people.sales.every("customer", timeline_path(customer_id))]
        return [str(each["event"]) for each in reversed(entries)]

    async def parked(self) -> dict[str, list[Json]]:
        """The parked keys of each service that has some."""
        admin = self.steps.people.admin
        found = {service: cast("list[Json]", (await admin.get(service, "/ops/parked")).body) for service in SERVICES}
        return {service: keys for service, keys in found.items() if keys}


def lot_number(goods: Goods, lot: str) -> str:
    """The number under which `Shop` receives a lot of an item."""
    return f"{goods.sku}-{lot}"


def timeline_path(customer_id: str) -> str:
    return f"/customers/{customer_id}/timeline"


@asynccontextmanager
async def at_work(plan: Plan) -> AsyncGenerator[Steps]:
    """Everybody at work, and an eye on all topics."""
    async with people(plan) as everybody, watching(plan.kafka) as stream:
        yield Steps(everybody, stream)


async def open_shop(steps: Steps) -> Shop:
    """A warehouse of one's own."""
    return Shop(steps, await steps.open_warehouse(f"W{uuid4().hex[:8]}", "Main"))
