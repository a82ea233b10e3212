"""One run of the benchmark: a quiet phase for the times, a full one for the throughput, the yardsticks beside them."""

from __future__ import annotations

import asyncio
import json
import os
import platform
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from orderloop.bench import cost, hops, yardsticks
from orderloop.bench.hops import Hop, Spread
from orderloop.bench.load import Load, at_rate, flat_out, prepare
from orderloop.driving.events import watching
from orderloop.driving.people import people
from orderloop.driving.steps import Steps
from orderloop.platform.plan import Plan

Result = dict[str, Any]  # Any: JSON
T = TypeVar("T")


@dataclass(frozen=True)
class Phase:
    """What was seen of one phase: seconds per loop, and the hops."""

    loops: list[float]
    hops: list[Hop]
    events_per_loop: float

    def times(self) -> Result:
        return {"hop_ms": _ms(Spread.of(hop.seconds for hop in self.hops)), "loop_ms": _ms(Spread.of(self.loops))}


async def _phase(load: Load, work: Awaitable[T]) -> tuple[Phase, T]:
    """Do the work and see what comes of it, and of nothing before."""
    stream = load.steps.stream
    stream.forget()
    load.loops.clear()
    done = await work
    loops = list(load.loops)
    return Phase(loops, hops.hops(stream.seen), round(len(stream.seen) / max(len(loops), 1), 1)), done


async def run(
    plan: Plan,
    say: Callable[[str], None],
    *,
    rate: float = 10,
    seconds: float = 15,
    at_once: int = 48,
    warm_up: float = 8,
) -> Result:
    """Measure; see docs/performance.md for what each figure means."""
    async with people(plan) as everybody, watching(plan.kafka) as stream:
        say("a company with customers, items and stock")
        load = await prepare(Steps(everybody, stream))
        if warm_up:
            say(f"warm-up: {warm_up:g} s flat out, not measured (a broker that has just started is slow)")
            await flat_out(load, at_once, warm_up)
        say(f"{rate:g} loops per second for {seconds:g} s")
        quiet, _ = await _phase(load, at_rate(load, rate, seconds))
        say(f"as many as {at_once} drivers can close in {seconds:g} s")
        before = cost.use(plan)
        full, per_second = await _phase(load, flat_out(load, at_once, seconds))
        after = cost.use(plan)
    say("what PostgreSQL and Kafka do alone")
    alone = await yardsticks.measure(plan.postgres, plan.kafka)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "closed_loops_per_second": round(per_second, 1),
        **quiet.times(),
        "quiet": {"loops_per_second": rate, "loops": len(quiet.loops), "events_per_loop": quiet.events_per_loop},
        "warm_up_seconds": warm_up,
        "full": {"loops": len(full.loops), "drivers": at_once, **full.times()},
        "hops": {kind: asdict(spread) for kind, spread in hops.by_kind(quiet.hops).items()},
        "cpu_ms_per_loop": cost.cpu_per_loop(before, after, len(full.loops)),
        "memory_mib": {name: round(each.memory_mib) for name, each in after.items()},
        "yardsticks": asdict(alone),
        "pgbench_commits_per_loop": round(alone.pgbench_commits_per_second / max(per_second, 0.1), 1),
        "failed": load.failed[:20],
        "failed_count": len(load.failed),
    }


def save(result: Result, plan: Plan) -> str:
    """Write `bench/latest.json` beside the platform's data; returns its path."""
    path = plan.folder / "bench" / "latest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n")
    return str(path)


def measure(
    plan: Plan, say: Callable[[str], None], *, rate: float, seconds: float, at_once: int, warm_up: float
) -> Result:
    return asyncio.run(run(plan, say, rate=rate, seconds=seconds, at_once=at_once, warm_up=warm_up))


def _machine() -> Result:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"cpus": cpus, "system": platform.platform(), "python": platform.python_version()}


def _ms(spread: Spread | None) -> dict[str, float] | None:
    return None if spread is None else asdict(spread)
