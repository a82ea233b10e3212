"""Memory of every process over minutes of load: a look each minute, and by how much it grows in an hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from orderloop.bench import clients, cost
from orderloop.bench.load import at_rate, flat_out, prepare
from orderloop.driving.events import watching
from orderloop.driving.people import people
from orderloop.driving.steps import Steps
from orderloop.platform.plan import Plan

Result = dict[str, Any]  # Any: JSON

MINUTE = 60.0
FLAT = 0.05
"""What grows by less than this share of itself in an hour is called flat."""


DRIVERS = 48


async def measure(plan: Plan, say: Callable[[str], None], *, rate: float, minutes: int, fill: int) -> Result:
    """`fill` minutes at full load come first: what may grow up to a size that is set (buffers, heap) has that then."""
    looks: list[dict[str, float]] = []
    async with people(plan, clients.opening(plan, [])) as everybody, watching(plan.kafka) as stream:
        load = await prepare(Steps(everybody, stream))
        for minute in range(-fill, minutes + 1):
            full = minute < 0
            say(f"minute {minute} of {minutes}, {'full load' if full else f'{rate:g} loops per second'}")
            await (flat_out(load, DRIVERS, MINUTE) if full else at_rate(load, rate, MINUTE))
            stream.forget()
            load.loops.clear()
            used = await asyncio.to_thread(cost.use, plan)
            looks.append({name: each.memory_mib for name, each in used.items() if name != "driver"})
    # the minute after the full load is not looked at either: what was under way ends
    return {
        "minutes": minutes,
        "loops_per_second": rate,
        "minutes_of_full_load_before": fill,
        "failed": load.failed[:5],
        **grown(looks[fill + 1 :]),
        "looks": [{name: round(mib, 1) for name, mib in look.items()} for look in looks],
    }


def grown(looks: Sequence[dict[str, float]]) -> Result:
    """First and last MiB of each process and its slope; `flat`: all together grow by less than a twentieth an hour."""
    names = [name for name in looks[0] if all(name in look for look in looks)]
    processes = {
        name: {
            "first_mib": round(looks[0][name], 1),
            "last_mib": round(looks[-1][name], 1),
            "mib_per_hour": round(slope([look[name] for look in looks]), 1),
        }
        for name in names
    }
    total = sum(looks[0][name] for name in names)
    growth = sum(each["mib_per_hour"] for each in processes.values())
    return {"processes": processes, "mib_per_hour": round(growth, 1), "flat": growth < FLAT * total}


def slope(values: Sequence[float]) -> float:
    """MiB per hour by least squares, of one value a minute."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    squares = sum((minute - middle) ** 2 for minute in range(len(values)))
    if not squares:
        return 0.0
    return 60 * sum((minute - middle) * (value - mean) for minute, value in enumerate(values)) / squares
