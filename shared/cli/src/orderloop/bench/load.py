"""The load: whole loops, from the opportunity to the closed order, by a company with many customers and items."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import uuid4

from contracts.customer import CustomerRegistered
from orderloop.driving.steps import Goods, Steps, Wish

CUSTOMERS = 40
ITEMS = 60
STOCK = Decimal(10_000_000)


@dataclass
class Load:
    """What the loops drew on, and how long each took from the first click to the closed order, in seconds."""

    steps: Steps
    customers: list[str]
    goods: list[Goods]
    loops: list[float] = field(default_factory=list[float])
    failed: list[str] = field(default_factory=list[str])

    async def loop(self, begun: float) -> None:
        """One loop; `begun` is when it was to begin, so that waiting for a turn counts."""
        dice = random.Random(uuid4().int)
        wishes = [Wish(goods, Decimal(dice.randint(1, 5))) for goods in dice.sample(self.goods, 2)]
        try:
            opportunity_id = await self.steps.win(dice.choice(self.customers), "bench", wishes)
            order = await self.steps.order_of(opportunity_id)
            await self.steps.finish(order.data["order_id"])
        except Exception as trouble:
            self.failed.append(f"{type(trouble).__name__}: {trouble}")
        else:
            self.loops.append(time.perf_counter() - begun)


async def prepare(steps: Steps) -> Load:
    """Customers, items and stock for all that follows."""
    run = uuid4().hex[:8]
    warehouse_id = await steps.open_warehouse(f"B{run}", "Bench")
    goods = await asyncio.gather(
        *(steps.register_item(f"B{run}-{n}", f"Bench item {n}", Decimal(10 + n), Decimal(5)) for n in range(ITEMS))
    )
    await steps.receive_goods(warehouse_id, [(each, STOCK, f"{each.sku}-1") for each in goods])
    customers = await asyncio.gather(*(steps.register_customer(f"Bench {run} {n}") for n in range(CUSTOMERS)))
    for customer_id in customers:
        await steps.stream.until(CustomerRegistered, customer_id=customer_id)
    await steps.publish_prices(f"Bench {run}", list(goods))
    await asyncio.sleep(2)
    load = Load(steps, list(customers), list(goods))
    await load.loop(time.perf_counter())
    return load


async def at_rate(load: Load, per_second: float, seconds: float) -> None:
    """Open arrivals: a loop begins every 1/`per_second`, whether or not the ones before are done."""
    begun = time.perf_counter()
    running: set[asyncio.Task[None]] = set()
    for number in range(int(per_second * seconds)):
        planned = begun + number / per_second
        await asyncio.sleep(max(0.0, planned - time.perf_counter()))
        running.add(asyncio.create_task(load.loop(planned)))
    await asyncio.gather(*running)


async def flat_out(load: Load, at_once: int, seconds: float) -> float:
    """As many loops as `at_once` drivers can finish; returns closed loops per second."""
    until = time.perf_counter() + seconds
    before = len(load.loops)

    async def drive() -> None:
        while time.perf_counter() < until:
            await load.loop(time.perf_counter())

    begun = time.perf_counter()
    await asyncio.gather(*(drive() for _ in range(at_once)))
    return (len(load.loops) - before) / (time.perf_counter() - begun)
