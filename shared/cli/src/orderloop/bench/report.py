"""The result of a benchmark as tables."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

Result = dict[str, Any]  # Any: JSON


def tables(result: Result) -> RenderableType:
    """Everything that the JSON file says, for people."""
    return Group(_headline(result), _hops(result), _cost(result))


def _headline(result: Result) -> Table:
    table = Table("figure", "p50", "p95", "p99", title=f"{result['machine']['cpus']} CPUs, {result['measured_at']}")
    table.add_row("closed loops per second", f"{result['closed_loops_per_second']}", "", "")
    for name, spread in (("hop ms", result["hop_ms"]), ("loop ms", result["loop_ms"])):
        table.add_row(f"{name}, at {result['quiet']['loops_per_second']:g} loops per second", *_spread(spread))
    for name in ("hop_ms", "loop_ms"):
        table.add_row(f"{name.replace('_', ' ')}, full", *_spread(result["full"][name]))
    alone = result["yardsticks"]
    table.add_row("pgbench commits per second, alone", f"{alone['pgbench_commits_per_second']:.0f}", "", "")
    table.add_row("aiokafka records per second, alone", f"{alone['kafka_records_per_second']:.0f}", "", "")
    table.add_row("commits that a loop is worth", f"{result['pgbench_commits_per_loop']}", "", "")
    table.add_row("events per loop", f"{result['quiet']['events_per_loop']}", "", "")
    table.add_row("seconds of warm-up before, not measured", f"{result['warm_up_seconds']:g}", "", "")
    if result["failed_count"]:
        table.add_row("[red]loops that failed", f"[red]{result['failed_count']}: {result['failed'][0]}", "", "")
    return table


def _hops(result: Result) -> Table:
    table = Table("hop (ms, quiet)", "p50", "p95", "p99", title="The slowest hops")
    for kind, spread in list(result["hops"].items())[:12]:
        table.add_row(kind, *_spread(spread))
    return table


def _cost(result: Result) -> Table:
    table = Table("process", "CPU ms per loop", "memory MiB", title="Where the time goes, full")
    memory = result["memory_mib"]
    for name, spent in sorted(result["cpu_ms_per_loop"].items(), key=lambda item: -item[1]):
        table.add_row(name, f"{spent:.1f}", f"{memory[name]}")
    total = sum(result["cpu_ms_per_loop"].values())
    platform_memory = sum(size for name, size in memory.items() if name != "driver")
    table.add_row("in all (memory without the driver)", f"{total:.1f}", f"{platform_memory}")
    return table


def _spread(spread: dict[str, float] | None) -> tuple[str, str, str]:
    return ("-", "-", "-") if spread is None else (f"{spread['p50']}", f"{spread['p95']}", f"{spread['p99']}")
