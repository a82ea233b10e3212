"""What a command, an event and a loop cost in statements and WAL, whatever the machine: for the gate in `tests-e2e`."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import asyncpg

from orderloop.bench import counters, statements
from orderloop.bench.load import Load
from orderloop.bench.statements import Unit
from orderloop.platform.plan import Plan

PAUSE = 0.3
"""Seconds between two loops, so that each event comes in a batch of its own as far as it can."""

HEADROOM = 1.15
"""What varies with the size of batches, and WAL with the filling of pages, may exceed the budget by so much."""


@dataclass(frozen=True)
class Spent:
    """Statements without BEGIN and COMMIT: the median of each command by what it tells, of each event by its type.

    WAL is the median of the loops, so that a vacuum that comes between does not count.
    """

    statements: dict[str, int]
    statements_per_loop: float
    wal_bytes_per_loop: int


async def spend(plan: Plan, load: Load, loops: int) -> Spent:
    """Run so many loops one after another and see what they cost; nothing else may run there."""
    stream = load.steps.stream
    await _run(load, 5)
    async with without_page_images(plan):
        places = [await counters.wal_place(plan.postgres)]
        for _ in range(loops):
            await _run(load, 1)
            places.append(await counters.wal_place(plan.postgres))
    wal = median(after - before for before, after in pairwise(places))
    stream.forget()
    async with statements.recording(plan) as recording:
        await _run(load, loops)
    names = {seen.id: seen.name for seen in stream.seen}
    counted = [unit for unit in recording.units if unit.work in ("command", "event")]
    total = sum(len(unit.statements) for unit in counted)
    return Spent(by_kind(counted, names, loops), round(total / loops, 1), round(wal))


def by_kind(units: Sequence[Unit], names: Mapping[str, str], loops: int) -> dict[str, int]:
    """`sales command OpportunityOpened`, `order event OpportunityWon`: what came alone in most loops."""
    found = defaultdict[str, list[int]](list)
    for unit in units:
        if unit.work == "command":
            found[f"{unit.database} command {' + '.join(dict.fromkeys(unit.told))}"].append(len(unit.statements))
        elif len(unit.taken) == 1:
            found[f"{unit.database} event {names.get(unit.taken[0], '?')}"].append(len(unit.statements))
    return {kind: int(median(counts)) for kind, counts in sorted(found.items()) if len(counts) > loops / 2}


def is_command(kind: str) -> bool:
    """Commands come one by one; which events come in a batch of their own depends on the machine."""
    return " command " in kind


def excess(spent: Spent, budget: Spent) -> list[str]:
    """What costs more than it may, in words."""
    found = [
        f"{kind}: {number} statements, {budget.statements.get(kind, 'none')} in the budget"
        for kind, number in spent.statements.items()
        if number > budget.statements.get(kind, 0 if is_command(kind) else number)
    ]
    for name in ("statements_per_loop", "wal_bytes_per_loop"):
        now, most = getattr(spent, name), getattr(budget, name) * HEADROOM
        if now > most:
            found.append(f"{name}: {now}, more than {most:.0f} (the budget and {HEADROOM - 1:.0%})")
    return found


@asynccontextmanager
async def without_page_images(plan: Plan) -> AsyncGenerator[None]:
    """PostgreSQL writes whole pages to WAL after a checkpoint, whenever that is: left out, so that runs compare."""
    connection = await asyncpg.connect(plan.postgres)
    try:
        await connection.execute("ALTER SYSTEM SET full_page_writes = off")
        await connection.execute("SELECT pg_reload_conf(), pg_sleep(0.2)")
        yield
    finally:
        await connection.execute("ALTER SYSTEM RESET full_page_writes")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()


async def _run(load: Load, loops: int) -> None:
    for _ in range(loops):
        await load.loop(time.perf_counter())
        await asyncio.sleep(PAUSE)
