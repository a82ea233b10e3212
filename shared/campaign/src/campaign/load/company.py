"""The company that the load works for: few customers and few items, so that they meet at the same rows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from campaign.load.itinerary import CUSTOMERS, PLENTY, SCARCE, TIGHT
from contracts.customer import CustomerRegistered
from orderloop.driving.steps import Goods, Steps

LIMIT = Decimal(1000)
"""What a tight customer may owe, in EUR."""

STOCK = Decimal(100_000)
SOME = Decimal(500)
A_FEW = Decimal(12)
TIGHT_PRICE = Decimal(150)
"""Four of these fit into the limit, eight do not."""


@dataclass(frozen=True)
class Company:
    """Everybody and everything that the stories draw on."""

    warehouse_id: str
    customers: Sequence[str]
    tight: Sequence[str]
    plenty: Sequence[Goods]
    scarce: Sequence[Goods]
    flawed: Goods
    dear: Goods
    """What tight customers want; there is plenty of it."""

    def goods(self, item_id: str) -> Goods | None:
        everything = (*self.plenty, *self.scarce, self.flawed, self.dear)
        return next((each for each in everything if each.item_id == item_id), None)


async def found(steps: Steps, name: str) -> Company:
    """Found it: customers, a warehouse, items with stock and prices. `name` keeps it apart from others."""
    warehouse_id, customers, goods = await asyncio.gather(
        steps.open_warehouse(name, f"Warehouse {name}"), _customers(steps, name), _goods(steps, name)
    )
    plenty, scarce, flawed, dear = goods[:PLENTY], goods[PLENTY:-2], goods[-2], goods[-1]
    stock = [*((each, STOCK) for each in (*plenty, dear)), *((each, A_FEW) for each in scarce), (flawed, SOME)]
    await steps.receive_goods(warehouse_id, [(each, quantity, f"{each.sku}-0") for each, quantity in stock])
    await steps.publish_prices(f"Prices {name}", goods)
    return Company(warehouse_id, customers[:CUSTOMERS], customers[CUSTOMERS:], plenty, scarce, flawed, dear)


async def _customers(steps: Steps, name: str) -> list[str]:
    async def one(place: int) -> str:
        limit = LIMIT if place >= CUSTOMERS else None
        customer_id = await steps.register_customer(f"Customer {place} of {name}", limit)
        await steps.stream.until(CustomerRegistered, customer_id=customer_id)
        return customer_id

    return list(await asyncio.gather(*(one(place) for place in range(CUSTOMERS + TIGHT))))


async def _goods(steps: Steps, name: str) -> list[Goods]:
    """The scarce and the flawed have a supplier, so that what is short is bought by itself."""

    async def one(what: str, price: Decimal, supplier: str | None) -> Goods:
        return await steps.register_item(f"{name}-{what}", what, price, price / 2, supplier=supplier, lead_days=1)

    bought = f"Supplier of {name}"
    wanted = [
        *((f"plenty-{place}", Decimal(10 + 7 * place), None) for place in range(PLENTY)),
        *((f"scarce-{place}", Decimal(30), bought) for place in range(SCARCE)),
        ("flawed", Decimal(40), bought),
        ("dear", TIGHT_PRICE, None),
    ]
    return list(await asyncio.gather(*(one(*each) for each in wanted)))
