"""Where the time goes: CPU and memory of every process of the platform, of PostgreSQL's backends, of the driver."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
import psutil

from orderloop.platform import processes
from orderloop.platform.plan import Plan

MIB = 1024 * 1024
SERVERS = ("postgres", "kafka", "supervisor")


@dataclass(frozen=True)
class Use:
    """CPU seconds so far, and memory in MiB with shared pages counted once."""

    cpu_seconds: float
    memory_mib: float


@dataclass(frozen=True)
class Backend:
    """What the connections of one process took of PostgreSQL so far: CPU seconds, and WAL as it last told."""

    cpu_seconds: float = 0.0
    wal_bytes: int = 0
    wal_records: int = 0

    def __add__(self, other: Backend) -> Backend:
        return Backend(
            self.cpu_seconds + other.cpu_seconds,
            self.wal_bytes + other.wal_bytes,
            self.wal_records + other.wal_records,
        )

    def __sub__(self, other: Backend) -> Backend:
        return self + Backend(-other.cpu_seconds, -other.wal_bytes, -other.wal_records)


def use(plan: Plan) -> dict[str, Use]:
    """Of each part that runs here, and of the driver itself."""
    found = {"driver": _use([psutil.Process()])}
    for name in (*(member.name for member in plan.members), *SERVERS):
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


async def backends(plan: Plan) -> dict[str, Backend]:
    """By process of a service, its relay's connection apart (`order relay`); empty when PostgreSQL is not ours.

    A backend belongs to whoever holds the other end of its connection. What PostgreSQL does for nobody in particular
    (checkpoints, vacuum) is not here.
    """
    if not plan.own_postgres:
        return {}
    connection = await asyncpg.connect(plan.postgres)
    try:
        rows = await connection.fetch(_BACKENDS)
    finally:
        await connection.close()
    owners, found = _owners(plan), defaultdict[str, Backend](Backend)
    for row in rows:
        if (name := owners.get(row["client_port"])) is not None:
            found[f"{name} relay" if row["application_name"].endswith("-relay") else name] += Backend(
                cpu_of(row["pid"]), int(row["wal_bytes"]), row["wal_records"]
            )
    return dict(found)


def taken(before: Mapping[str, Backend], after: Mapping[str, Backend]) -> dict[str, Backend]:
    """What each took between two looks."""
    return {name: after[name] - before.get(name, Backend()) for name in after}


def cpu_of(pid: int) -> float:
    """CPU seconds of one process so far; 0 when it is gone."""
    with contextlib.suppress(psutil.Error):
        times = psutil.Process(pid).cpu_times()
        return times.user + times.system
    return 0.0


def memory_of(pid: int) -> float:
    """MiB of one process, shared pages counted once where the system tells."""
    full = psutil.Process(pid).memory_full_info()
    return float(getattr(full, "pss", full.rss)) / MIB


def _owners(plan: Plan) -> dict[int, str]:
    """Whose each local port is."""
    found: dict[int, str] = {}
    for member in plan.members:
        process = processes.recall(member.name, plan.records)
        if process is not None:
            with contextlib.suppress(psutil.Error):
                for each in psutil.Process(process.pid).net_connections("tcp"):
                    found[each.laddr.port] = member.name
    return found


def _use(members: list[psutil.Process]) -> Use:
    seconds, memory = 0.0, 0.0
    for member in members:
        with contextlib.suppress(psutil.Error):
            times = member.cpu_times()
            seconds += times.user + times.system
            memory += memory_of(member.pid)
    return Use(seconds, memory)


_BACKENDS = """
SELECT a.pid, a.client_port, a.application_name, w.wal_bytes, w.wal_records
  FROM pg_stat_activity a, LATERAL pg_stat_get_backend_wal(a.pid) w WHERE a.backend_type = 'client backend'
"""
