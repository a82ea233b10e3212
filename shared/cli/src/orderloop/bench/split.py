"""What a command and an event cost each service, on a platform where api, worker and relay are processes apart.

Loops begin at a fixed rate, so that batches are those of a working day. Statements are counted in a second pass,
because logging them costs time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orderloop.bench import cost, counters, statements
from orderloop.bench.cost import Backend, Use
from orderloop.bench.counters import Counts
from orderloop.bench.load import Load, at_rate
from orderloop.bench.statements import Recording, Unit
from orderloop.platform.plan import SERVICES, Plan

Result = dict[str, Any]  # Any: JSON
WORK = {"command": "", "event": "-worker", "relay": "-relay"}
"""Each kind of work and the process that does it: `order`, `order-worker`, `order-relay`."""


@dataclass(frozen=True)
class Look:
    """Everything that is counted, at one moment."""

    use: dict[str, Use]
    backends: dict[str, Backend]
    counts: dict[str, Counts]
    wal: int


async def look(plan: Plan) -> Look:
    return Look(
        cost.use(plan), await cost.backends(plan), await counters.counts(plan), await counters.wal_place(plan.postgres)
    )


async def split(plan: Plan, load: Load, say: Callable[[str], None], *, rate: float, seconds: float) -> Result:
    """By service and kind of work: CPU, statements, commits and WAL for each command or event; and by loop."""
    say(f"CPU and WAL by command and event, at {rate:g} loops per second")
    await at_rate(load, rate, 2)
    await asyncio.sleep(counters.PUBLISHED)
    load.loops.clear()
    before = await look(plan)
    await at_rate(load, rate, seconds)
    await asyncio.sleep(counters.PUBLISHED)
    after = await look(plan)
    loops = max(len(load.loops), 1)
    say("statements by command and event")
    earlier = await counters.counts(plan)
    async with statements.recording(plan) as recording:
        await at_rate(load, rate, min(seconds, 5))
        await asyncio.sleep(0.5)
    recorded = counters.between(earlier, await counters.counts(plan))
    return {
        "loops_per_second": rate,
        "loops": loops,
        "wal_bytes_per_loop": round((after.wal - before.wal) / loops),
        "services": {name: _service(name, loops, before, after, recording, recorded[name]) for name in SERVICES},
    }


def _service(name: str, loops: int, before: Look, after: Look, recording: Recording, recorded: Counts) -> Result:
    counted = after.counts[name] - before.counts[name]
    numbers = {"command": counted.commands, "event": counted.taken, "relay": counted.told}
    listed = {"command": recorded.commands, "event": recorded.taken, "relay": recorded.told}
    units = _by_work([unit for unit in recording.units if unit.database == name])
    return {
        "per_loop": {
            "commands": round(counted.commands / loops, 2),
            "events_taken": round(counted.taken / loops, 2),
            "events_told": round(counted.told / loops, 2),
            "rows_written": round(counted.rows_written / loops, 1),
            "commits": round(counted.commits / loops, 1),
        },
        **{
            work: _work(f"{name}{suffix}", before, after, numbers[work]) | _asked(units[work], listed[work])
            for work, suffix in WORK.items()
            if numbers[work]
        },
    }


def _work(process: str, before: Look, after: Look, number: int) -> Result:
    """CPU microseconds of the process and of its backends, and WAL, for each command or event."""
    spent = after.use[process].cpu_seconds - before.use[process].cpu_seconds
    key = f"{process} relay" if process.endswith("-relay") else process
    backend = after.backends.get(key, Backend()) - before.backends.get(key, Backend())
    return {
        "number": number,
        "cpu_us": round(1e6 * spent / number),
        "database_cpu_us": round(1e6 * backend.cpu_seconds / number),
        "wal_bytes": round(backend.wal_bytes / number),
    }


def _asked(units: Sequence[Unit], number: int) -> Result:
    number = max(number, 1)
    return {
        "statements": round(sum(len(unit.statements) for unit in units) / number, 2),
        "commits": round(sum(unit.asked[-1].sql.startswith("COMMIT") for unit in units) / number, 2),
        "database_ms": round(sum(unit.milliseconds for unit in units) / number, 3),
    }


def _by_work(units: Sequence[Unit]) -> dict[str, list[Unit]]:
    found = defaultdict[str, list[Unit]](list)
    for unit in units:
        found[unit.work].append(unit)
    return found
