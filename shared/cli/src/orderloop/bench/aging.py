"""Stored history: the same load on a young platform and on one with ten and a hundred times as much behind it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from orderloop.bench import cost, counters, history, hops, platforms, statements
from orderloop.bench.hops import Spread
from orderloop.bench.load import Load, at_rate, flat_out, prepare
from orderloop.bench.statements import Unit
from orderloop.driving.shop import at_work
from orderloop.platform.plan import SERVICES, Plan

Result = dict[str, Any]  # Any: JSON

TIMES = (1, 10, 100)
FIRST_SECONDS = 20
SLOWER = 1.5
WORTH_TELLING_MS = 0.05


def measure(
    folder: Path, say: Callable[[str], None], *, rate: float, seconds: float, times: Sequence[int] = TIMES
) -> Result:
    """What a loop costs with so many times the first history, and which queries got slower."""
    with platforms.fresh(folder) as plan:
        return asyncio.run(_measure(plan, say, rate, seconds, times))


async def _measure(plan: Plan, say: Callable[[str], None], rate: float, seconds: float, times: Sequence[int]) -> Result:
    found: list[Result] = []
    queries: dict[int, dict[tuple[str, str], tuple[int, float]]] = {}
    async with at_work(plan) as steps:
        load = await prepare(steps)
        say(f"a first history: {FIRST_SECONDS} s at full load")
        await flat_out(load, 48, FIRST_SECONDS)
        held = 1
        for wanted in times:
            if wanted > held:
                say(f"history x {wanted}")
                await history.multiply(plan, range(held, held + round(wanted / held) - 1))  # copies are copied too
                held = wanted
            say(f"{rate:g} loops per second with history x {wanted}")
            each, units = await _with_history(plan, load, rate, seconds)
            found.append({"times": wanted, "rows": await _rows(plan), **each})
            queries[wanted] = _by_query(units)
    return {
        "history": found,
        "flat": _ratios(found),
        "slower": _slower(queries[times[0]], queries[times[-1]]),
        "failed": load.failed[:20],
    }


async def _with_history(plan: Plan, load: Load, rate: float, seconds: float) -> tuple[Result, list[Unit]]:
    await at_rate(load, rate, 3)  # whoever plans anew has done so
    scans = await _sequential(plan)
    load.steps.stream.forget()
    load.loops.clear()
    before, wal = cost.use(plan), await counters.wal_place(plan.postgres)
    await at_rate(load, rate, seconds)
    loops = max(len(load.loops), 1)
    spent = cost.cpu_per_loop(before, cost.use(plan), loops)
    hop = Spread.of(each.seconds for each in hops.hops(load.steps.stream.seen))
    wal = await counters.wal_place(plan.postgres) - wal
    found: Result = {
        "cpu_ms_per_loop": round(sum(ms for name, ms in spent.items() if name not in ("driver", "supervisor")), 1),
        "postgres_cpu_ms_per_loop": spent.get("postgres"),
        "wal_bytes_per_loop": round(wal / loops),
        "hop_p50_ms": None if hop is None else hop.p50,
        "hop_p99_ms": None if hop is None else hop.p99,
        "loops": loops,
        "sequential_scans": _read(scans, await _sequential(plan), loops),
    }
    load.loops.clear()
    async with statements.recording(plan) as recording:
        await at_rate(load, rate, min(seconds, 5))
        await asyncio.sleep(0.5)
    units = [unit for unit in recording.units if unit.database in SERVICES]
    found["statements_per_loop"] = round(sum(len(unit.statements) for unit in units) / max(len(load.loops), 1), 1)
    return found, units


def _by_query(units: Sequence[Unit]) -> dict[tuple[str, str], tuple[int, float]]:
    """How often each was asked, and its milliseconds in all; what waits for the disk is left out."""
    found = defaultdict[tuple[str, str], list[float]](list)
    for unit in units:
        for each in unit.asked:
            if not each.is_edge:
                found[unit.database, each.sql].append(each.milliseconds)
    return {query: (len(times), sorted(times)[len(times) // 2]) for query, times in found.items()}


def _slower(
    young: dict[tuple[str, str], tuple[int, float]], old: dict[tuple[str, str], tuple[int, float]]
) -> list[Result]:
    """Queries whose median grew by half or more, the worst first."""
    found = [
        {"service": query[0], "times": number, "young_ms": young[query][1], "old_ms": round(median, 3), "sql": query[1]}
        for query, (number, median) in old.items()
        if query in young and median > WORTH_TELLING_MS and median > SLOWER * young[query][1]
    ]
    return sorted(found, key=lambda each: -each["times"] * (each["old_ms"] - each["young_ms"]))


async def _sequential(plan: Plan) -> dict[str, tuple[int, int]]:
    """By table: sequential scans, and the rows that they read."""
    found: dict[str, tuple[int, int]] = {}
    for service in SERVICES:
        connection = await asyncpg.connect(counters.at(plan.postgres, service))
        for row in await connection.fetch("SELECT relname, seq_scan, seq_tup_read FROM pg_stat_user_tables"):
            found[f"{service}.{row['relname']}"] = (row["seq_scan"], row["seq_tup_read"])
        await connection.close()
    return found


def _read(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]], loops: int) -> dict[str, float]:
    """Rows that sequential scans read for each loop, by table, where it is more than a few."""
    found = {table: (after[table][1] - before.get(table, (0, 0))[1]) / loops for table in after}
    return {table: round(rows) for table, rows in sorted(found.items(), key=lambda each: -each[1]) if rows > 10}


async def _rows(plan: Plan) -> int:
    total = 0
    for service in SERVICES:
        connection = await asyncpg.connect(counters.at(plan.postgres, service))
        total += int(await connection.fetchval(history.ROWS))
        await connection.close()
    return total


def _ratios(found: Sequence[Result]) -> dict[str, float]:
    """The oldest against the youngest: 1.0 is flat."""
    names = ("cpu_ms_per_loop", "statements_per_loop", "hop_p50_ms")
    return {name: round(found[-1][name] / found[0][name], 2) for name in names if found[0][name]}
