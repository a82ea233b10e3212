"""One run of the benchmark: a quiet phase for the times, a full one for the throughput, the yardsticks beside them."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from orderloop.bench import apart, clients, cost, counters, hops, yardsticks
from orderloop.bench.cost import Backend
from orderloop.bench.hops import Hop, Spread
from orderloop.bench.load import Load, at_rate, flat_out, prepare
from orderloop.driving.events import watching
from orderloop.driving.people import people
from orderloop.driving.steps import Steps
from orderloop.platform.plan import Plan

Result = dict[str, Any]  # Any: JSON
T = TypeVar("T")

QUIET = 10.0
"""Loops per second at which waiting plays no part."""


@dataclass(frozen=True)
class Phase:
    """What was seen of one phase: seconds per loop, the hops, and the CPU that a loop cost each process, in ms."""

    loops: list[float]
    hops: list[Hop]
    events_per_loop: float
    cpu: dict[str, float]

    def spent(self) -> Result:
        return {"loops": len(self.loops), "cpu_ms_per_loop": round(sum(self.cpu.values()), 1)}

    def times(self) -> Result:
        return {"hop_ms": _ms(Spread.of(hop.seconds for hop in self.hops)), "loop_ms": _ms(Spread.of(self.loops))}


async def _phase(plan: Plan, load: Load, work: Awaitable[T]) -> tuple[Phase, T]:
    """Do the work and see what comes of it, and of nothing before."""
    stream = load.steps.stream
    stream.forget()
    load.loops.clear()
    before = cost.use(plan)
    done = await work
    loops = list(load.loops)
    cpu = cost.cpu_per_loop(before, cost.use(plan), len(loops))
    return Phase(loops, hops.hops(stream.seen), round(len(stream.seen) / max(len(loops), 1), 1), cpu), done


async def run(
    plan: Plan,
    say: Callable[[str], None],
    *,
    rate: float = 20,
    seconds: float = 15,
    at_once: int = 48,
    warm_up: float = 8,
) -> Result:
    """Measure the whole platform; see docs/performance.md for what each figure means."""
    troubles: list[str] = []
    async with people(plan, clients.opening(plan, troubles)) as everybody, watching(plan.kafka) as stream:
        say("a company with customers, items and stock")
        load = await prepare(Steps(everybody, stream))
        if warm_up:
            say(f"warm-up: {warm_up:g} s flat out, not measured (a broker that has just started is slow)")
            await flat_out(load, at_once, warm_up)
        say(f"{QUIET:g} loops per second for {seconds:g} s")
        quiet, _ = await _phase(plan, load, at_rate(load, QUIET, seconds))
        say(f"{rate:g} loops per second for {seconds:g} s")
        steady, _ = await _phase(plan, load, at_rate(load, rate, seconds))
        say(f"as many as {at_once} drivers can close in {seconds:g} s")
        told, wal = await cost.backends(plan), await counters.wal_place(plan.postgres)
        full, per_second = await _phase(plan, load, flat_out(load, at_once, seconds))
        used, wal = cost.use(plan), await counters.wal_place(plan.postgres) - wal
        backends = cost.taken(told, await cost.backends(plan))
    say("what PostgreSQL and Kafka do alone")
    alone = await yardsticks.measure(plan.postgres, plan.kafka)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "closed_loops_per_second": round(per_second, 1),
        **quiet.times(),
        "steady": {"loops_per_second": rate, **steady.spent(), **steady.times()},
        "quiet": {"loops_per_second": QUIET, **quiet.spent(), "events_per_loop": quiet.events_per_loop},
        "warm_up_seconds": warm_up,
        "full": {"loops": len(full.loops), "drivers": at_once, **full.times()},
        "hops": {kind: asdict(spread) for kind, spread in hops.by_kind(quiet.hops).items()},
        "cpu_ms_per_loop": full.cpu,
        "database_cpu_ms_per_loop": _per_loop(backends, len(full.loops)),
        "wal_bytes_per_loop": round(wal / max(len(full.loops), 1)),
        "processes": {"apis": plan.apis, "workers": plan.workers, "partitions": plan.partitions},
        "sent_again": len(troubles),
        "memory_mib": {name: round(each.memory_mib) for name, each in used.items()},
        "yardsticks": asdict(alone),
        "pgbench_commits_per_loop": round(alone.pgbench_commits_per_second / max(per_second, 0.1), 1),
        "failed": load.failed[:20],
        "failed_count": len(load.failed),
    }


def save(result: Result, folder: Path, name: str = "latest") -> str:
    """Write `bench/latest.json` (or another name) beside the platform's data; returns its path."""
    path = folder / "bench" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
    return str(path)


def measure(
    plan: Plan, say: Callable[[str], None], *, rate: float, seconds: float, at_once: int, warm_up: float, parts: bool
) -> Result:
    """All of it: the whole, the yardsticks, and (`parts`) what each kind of work costs on a platform of its own."""
    result = asyncio.run(run(plan, say, rate=rate, seconds=seconds, at_once=at_once, warm_up=warm_up))
    more = apart.measure(plan.folder / "bench" / "apart", say, rate=QUIET, seconds=min(seconds, 10)) if parts else {}
    result |= more
    return result | {"ratios": ratios(result)}


def ratios(result: Result) -> dict[str, float]:
    """Our figures as shares of the yardsticks in the same run."""
    alone = result["yardsticks"]
    full, quiet = result["closed_loops_per_second"], result["quiet"]
    found = {
        "pgbench_commits_per_loop": alone["pgbench_commits_per_second"] / max(full, 0.1),
        "events_of_kafka_produce": full * quiet["events_per_loop"] / alone["kafka_records_per_second"],
    }
    if (measured := result.get("parts")) is not None:
        found["relay_of_kafka_produce"] = measured["relay"]["events_per_second"] / alone["kafka_records_per_second"]
        for name, worker in measured["workers"].items():
            found[f"{name}_worker_of_kafka_consume"] = (
                worker["events_per_second"] / alone["kafka_records_read_per_second"]
            )
        for name, service in result["split"]["services"].items():
            if "command" in service:
                found[f"{name}_command_of_bare_insert_cpu"] = (
                    service["command"]["cpu_us"] / alone["bare_cpu_us_per_request"]
                )
    return {name: float(f"{value:.3g}") for name, value in found.items()}


def _per_loop(backends: dict[str, Backend], loops: int) -> dict[str, float]:
    return {name: round(1000 * each.cpu_seconds / max(loops, 1), 2) for name, each in backends.items()}


def _machine() -> Result:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cpus": cpus, "system": platform.platform(), "python": platform.python_version()}


def _ms(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else asdict(spread)
