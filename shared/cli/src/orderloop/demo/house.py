"""The house before the day begins: warehouses, goods on the shelves, prices, customers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.customer import CustomerRegistered
from orderloop.demo.names import FLAWED, IN_STOCK, SERVICE, SHORT, WAREHOUSES, Names
from orderloop.driving.steps import Goods, Steps

CUSTOMERS = 9
LATE_PAYERS = 3
LATE_PAYERS_LIMIT = Decimal(1500)
PLENTY = Decimal(400)
A_FEW = Decimal(3)
ONE_LOT = Decimal(40)


@dataclass(frozen=True)
class Customer:
    customer_id: str
    name: str


@dataclass(frozen=True)
class House:
    """What the day has to work with."""

    names: Names
    customers: Sequence[Customer]
    late_payers: Sequence[Customer]
    in_stock: Sequence[Goods]
    short: Sequence[Goods]
    flawed: Sequence[Goods]
    service: Goods

    @property
    def everybody(self) -> list[Customer]:
        return [*self.customers, *self.late_payers]

    @property
    def goods(self) -> list[Goods]:
        return [*self.in_stock, *self.short, *self.flawed, self.service]


async def furnish(steps: Steps, names: Names) -> House:
    """Open the house. Its warehouses stay from run to run; goods, lots and customers are new each time."""
    warehouse_id, (customers, goods) = await _warehouses(steps), await _people_and_goods(steps, names)
    in_stock, short, flawed, service = goods
    await steps.receive_goods(
        warehouse_id,
        [
            *((each, PLENTY, f"{each.sku}-A") for each in in_stock),
            *((each, A_FEW, f"{each.sku}-A") for each in short),
            *((each, ONE_LOT, f"{each.sku}-A") for each in flawed),
        ],
    )
    await steps.publish_prices(f"Season {names.season}", [*in_stock, *short, *flawed, service])
    return House(names, customers[:CUSTOMERS], customers[CUSTOMERS:], in_stock, short, flawed, service)


async def _warehouses(steps: Steps) -> str:
    """The one that goods come into; a warehouse that is there already is not opened again."""
    there = {each["code"]: each async for each in steps.people.warehouse.every("inventory", "/warehouses")}
    for code, name, priority in WAREHOUSES:
        if code not in there:
            there[code] = {"warehouse_id": await steps.open_warehouse(code, name, priority)}
    return str(there[WAREHOUSES[0][0]]["warehouse_id"])


Shelves = tuple[list[Goods], list[Goods], list[Goods], Goods]


async def _people_and_goods(steps: Steps, names: Names) -> tuple[list[Customer], Shelves]:
    return await asyncio.gather(_customers(steps, names), _goods(steps, names))


async def _customers(steps: Steps, names: Names) -> list[Customer]:
    """The last ones pay late, so they may owe only so much."""

    async def one(place: int, name: str) -> Customer:
        limit = LATE_PAYERS_LIMIT if place >= CUSTOMERS else None
        reference = f"season {names.season}, {place}"
        customer_id = await steps.register_customer(name, limit, external_reference=reference)
        await steps.stream.until(CustomerRegistered, customer_id=customer_id)
        return Customer(customer_id, name)

    wanted = names.customers(CUSTOMERS + LATE_PAYERS)
    return list(await asyncio.gather(*(one(place, name) for place, name in enumerate(wanted))))


async def _goods(steps: Steps, names: Names) -> Shelves:
    async def one(
        name: str, code: str, price: str, cost: str, supplier: str | None = None, kind: str = "goods"
    ) -> Goods:
        sku = names.sku(code)
        return await steps.register_item(sku, name, Decimal(price), Decimal(cost), kind=kind, supplier=supplier)

    in_stock, short, flawed, service = await asyncio.gather(
        asyncio.gather(*(one(*each) for each in IN_STOCK)),
        asyncio.gather(*(one(*each) for each in SHORT)),
        asyncio.gather(*(one(*each) for each in FLAWED)),
        one(*SERVICE, kind="service"),
    )
    return list(in_stock), list(short), list(flawed), service
