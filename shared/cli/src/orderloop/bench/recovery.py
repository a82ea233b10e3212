"""How long it takes after a kill -9 until a command succeeds again, and until a loop that began afterwards closes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from orderloop.bench import clients
from orderloop.bench.load import Load, prepare
from orderloop.driving.events import watching
from orderloop.driving.machine import Machine
from orderloop.driving.people import people
from orderloop.driving.steps import Steps, Wish
from orderloop.platform.plan import SERVICES, Plan

Result = dict[str, Any]  # Any: JSON

KILLED = (*SERVICES, "postgres", "kafka")
EVERY = 0.25
"""Seconds between the beginnings of two loops while one is waited for."""


async def measure(plan: Plan, say: Callable[[str], None], killed: Sequence[str] = KILLED) -> dict[str, Result]:
    """Kill each in turn, under one loop after another; the supervisor brings it back."""
    async with people(plan, clients.opening(plan, [])) as everybody, watching(plan.kafka) as stream:
        load = await prepare(Steps(everybody, stream))
        found: dict[str, Result] = {}
        for name in killed:
            say(f"kill -9 {name}")
            found[name] = await _one(Machine(plan), load, name)
    return found


async def _one(machine: Machine, load: Load, name: str) -> Result:
    process = machine.kill(name)
    begun = time.perf_counter()
    command = asyncio.create_task(_since(begun, _command(load, name)))
    closed = await _first_loop(load, begun)
    answered = await command
    await machine.restarted(process)
    await load.loop(time.perf_counter())
    return {"command_seconds": round(answered, 2), "loop_seconds": round(closed, 2)}


async def _since(begun: float, work: Awaitable[object]) -> float:
    await work
    return time.perf_counter() - begun


async def _first_loop(load: Load, begun: float) -> float:
    """Begin a loop every quarter of a second until one has closed."""
    before, running = len(load.loops), set[asyncio.Task[None]]()
    while len(load.loops) == before:
        running.add(asyncio.create_task(load.loop(time.perf_counter())))
        await asyncio.sleep(EVERY)
    closed = time.perf_counter() - begun
    await asyncio.gather(*running)
    return closed


def _command(load: Load, name: str) -> Awaitable[object]:
    """One of the service that was killed; of a server, any. Services without a short one are asked to read."""
    steps, customer_id = load.steps, load.customers[0]
    commands: dict[str, Callable[[], Awaitable[object]]] = {
        "sales": lambda: steps.open_opportunity(customer_id, "after a kill", Decimal(1)),
        "order": lambda: steps.place_order(customer_id, [Wish(load.goods[0], Decimal(1))]),
        "inventory": lambda: steps.register_item(f"K{uuid4().hex[:8]}", "after a kill", Decimal(1), Decimal(1)),
        "finance": lambda: steps.limit_credit(customer_id, None),
        "customer": lambda: steps.register_customer("After a kill"),
        "postgres": lambda: steps.register_customer("After a kill"),
        "kafka": lambda: steps.register_customer("After a kill"),
    }
    return commands.get(name, lambda: steps.people.admin.get(name, "/events", limit=1))()
