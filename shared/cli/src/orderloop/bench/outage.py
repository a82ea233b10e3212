"""Kafka is stopped for a while under load: commands go on, and when it is back everything follows."""

from __future__ import annotations

import asyncio
import random
import time
from decimal import Decimal
from typing import Any

from contracts.inventory import ShipmentPlanned
from contracts.order import OrderPlaced
from orderloop.bench import clients
from orderloop.bench.load import Load, prepare
from orderloop.driving.events import watching
from orderloop.driving.machine import Machine
from orderloop.driving.people import people
from orderloop.driving.steps import Steps, Wish
from orderloop.platform.kafka import Kafka
from orderloop.platform.plan import Plan

Result = dict[str, Any]  # Any: JSON

COMMANDS_OF_A_WIN = 4
PATIENCE = 120


async def measure(plan: Plan, *, rate: float, seconds: float) -> Result:
    """Win opportunities (four commands each) at this rate while there is no broker; then see them to a shipment.

    `refused` counts every sending that got no lasting answer, also where a repeat then did.
    """
    troubles: list[str] = []
    async with people(plan, clients.opening(plan, troubles)) as everybody, watching(plan.kafka) as stream:
        load = await prepare(Steps(everybody, stream))
        troubles.clear()
        won: list[str] = []
        failed: list[str] = []
        with Machine(plan).nobody_watches():
            await asyncio.to_thread(Kafka(plan.folder).stop)
            await _win(load, rate, seconds, won, failed)
        begun = time.perf_counter()
        await asyncio.gather(*(_followed(load.steps, each) for each in won))
        gone = time.perf_counter() - begun
    return {
        "seconds_without_broker": seconds,
        "commands": COMMANDS_OF_A_WIN * (len(won) + len(failed)),
        "refused": len(troubles) + len(failed),
        "reasons": sorted({*troubles, *failed})[:10],
        "seconds_until_backlog_gone": round(gone, 1),
    }


async def _win(load: Load, rate: float, seconds: float, won: list[str], failed: list[str]) -> None:
    begun = time.perf_counter()

    async def one() -> None:
        wishes = [Wish(random.choice(load.goods), Decimal(1))]
        try:
            won.append(await load.steps.win(random.choice(load.customers), "outage", wishes))
        except Exception as trouble:
            failed.append(f"{type(trouble).__name__}: {trouble}")

    async with asyncio.TaskGroup() as tasks:
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            tasks.create_task(one())
    await asyncio.sleep(max(0.0, begun + seconds - time.perf_counter()))


async def _followed(steps: Steps, opportunity_id: str) -> None:
    """The win is an order, and its shipment is planned: the way through sales, order, finance and inventory."""
    placed = await steps.stream.until(OrderPlaced, within=PATIENCE, opportunity_id=opportunity_id)
    await steps.stream.until(ShipmentPlanned, within=PATIENCE, order_id=placed.data["order_id"])
