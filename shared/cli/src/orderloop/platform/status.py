"""Every process of the platform: whether it runs, how well, and what it takes."""

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import psutil
from rich.table import Table

from orderloop.platform import processes, services, supervisor
from orderloop.platform.plan import Member, Plan

MIB = 1024 * 1024
LAG = ("lag_seconds", "unpublished_seconds")  # how /readyz names it: the age of the oldest event that waits


@dataclass(frozen=True)
class Line:
    """One row of the table; memory in bytes, shared pages counted once where the system tells."""

    name: str
    health: str
    pid: int | None = None
    memory: int = 0
    up_for: timedelta | None = None
    where: str = ""
    lag: str = ""


def lines(plan: Plan) -> list[Line]:
    """The supervisor, the servers and the services, in this order."""
    with ThreadPoolExecutor(len(plan.members)) as pool:
        asked = [pool.submit(_service, plan, member) for member in plan.members]
        own = [each.result() for each in asked]
    keeper = _process(plan, supervisor.NAME, "", lambda: "watching")
    return [keeper, *_servers(plan), *own]


def _servers(plan: Plan) -> list[Line]:
    address = plan.postgres.rpartition("@")[2].partition("/")[0]
    elsewhere = [Line("postgres", "not ours", where=address)] if not plan.own_postgres else []
    elsewhere += [Line("kafka", "not ours", where=plan.kafka)] if not plan.own_kafka else []
    where = {"postgres": address, "kafka": plan.kafka}
    return [
        _process(plan, server.name, where[server.name], lambda ready=server.ready: "ready" if ready() else "starting")
        for server in supervisor.own_servers(plan)
    ] + elsewhere


def _service(plan: Plan, member: Member) -> Line:
    state = services.health(plan, member.name)
    lag = next((str(state.facts[key]) for key in LAG if key in state.facts), "")
    return _process(plan, member.name, plan.url(member.name), lambda: state.reason, lag=lag)


def _process(plan: Plan, name: str, where: str, health: Callable[[], str], *, lag: str = "") -> Line:
    process = processes.recall(name, plan.records)
    if process is None:
        return Line(name, "not running", where=where)
    with contextlib.suppress(psutil.Error):
        found = psutil.Process(process.pid)
        up_for = timedelta(seconds=int(time.time() - found.create_time()))
        return Line(name, health(), process.pid, _memory(found), up_for, where, lag)
    return Line(name, "not running", where=where)


def _memory(process: psutil.Process) -> int:
    family = [process]
    with contextlib.suppress(psutil.Error):
        family += process.children(recursive=True) if process.name() == "postgres" else []
    return sum(_share(member) for member in family)


def _share(process: psutil.Process) -> int:
    try:
        return int(getattr(process.memory_full_info(), "pss", 0)) or process.memory_info().rss
    except psutil.AccessDenied:
        return process.memory_info().rss
    except psutil.Error:
        return 0


def table(rows: list[Line]) -> Table:
    """For people; the total at the bottom is what the platform takes of the machine."""
    shown = Table(box=None, pad_edge=False, header_style="bold", show_footer=True)
    total = f"{sum(row.memory for row in rows) / MIB:.0f} MiB"
    for title, side, footer in (
        ("process", "left", ""), ("pid", "right", ""), ("memory", "right", total), ("up for", "right", ""),
        ("lag", "right", ""), ("where", "left", ""), ("health", "left", ""),
    ):  # fmt: skip
        shown.add_column(title, footer, justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        shown.add_row(*_cells(row))
    return shown


def _cells(row: Line) -> tuple[str, ...]:
    colour = "green" if row.health in {"ready", "watching", "not ours"} else "red"
    memory = f"{row.memory / MIB:.0f} MiB" if row.memory else ""
    health = f"[{colour}]{row.health}[/]"
    return (row.name, str(row.pid or ""), memory, str(row.up_for or ""), row.lag, row.where, health)
