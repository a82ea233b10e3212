"""Where the time goes: CPU seconds and memory of every process of the platform, and of the driver."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import psutil

from orderloop.platform import processes
from orderloop.platform.plan import SERVICES, Plan

MIB = 1024 * 1024
SERVERS = ("postgres", "kafka", "supervisor")


@dataclass(frozen=True)
class Use:
    """CPU seconds so far, and memory in MiB with shared pages counted once."""

    cpu_seconds: float
    memory_mib: float


def use(plan: Plan) -> dict[str, Use]:
    """Of each part that runs here, and of the driver itself."""
    found = {"driver": _use([psutil.Process()])}
    for name in (*SERVICES, *SERVERS):
        process = processes.recall(name, plan.records)
        if process is not None and process.alive:
            with contextlib.suppress(psutil.Error):
                first = psutil.Process(process.pid)
                found[name] = _use([first, *first.children(recursive=True)] if name != "supervisor" else [first])
    return found


def cpu_per_loop(before: dict[str, Use], after: dict[str, Use], loops: int) -> dict[str, float]:
    """Milliseconds of CPU that a loop cost each part."""
    return {
        name: round(1000 * (after[name].cpu_seconds - before[name].cpu_seconds) / max(loops, 1), 2)
        for name in after
        if name in before
    }


def _use(members: list[psutil.Process]) -> Use:
    seconds, memory = 0.0, 0.0
    for member in members:
        with contextlib.suppress(psutil.Error):
            times = member.cpu_times()
            seconds += times.user + times.system
            full = member.memory_full_info()
            memory += getattr(full, "pss", full.rss) / MIB
    return Use(seconds, memory)
