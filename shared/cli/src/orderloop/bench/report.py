"""The result of a benchmark as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table

Result = dict[str, Any]  # Any: JSON


def tables(result: Result) -> RenderableType:
    """Everything that the JSON file says, for people."""
    more = (_split(result["split"]), _parts(result["parts"])) if "split" in result else ()
    return Group(_headline(result), _hops(result), _cost(result), *more, _ratios(result.get("ratios", {})))


def _headline(result: Result) -> Table:
    table = Table("figure", "p50", "p95", "p99", title=f"{result['machine']['cpus']} CPUs, {result['measured_at']}")
    table.add_row("closed loops per second", f"{result['closed_loops_per_second']}", "", "")
    for name, spread in (("hop ms", result["hop_ms"]), ("loop ms", result["loop_ms"])):
        table.add_row(f"{name}, at {result['quiet']['loops_per_second']:g} loops per second", *_spread(spread))
    steady = result["steady"]
    for name in ("hop_ms", "loop_ms"):
        table.add_row(
            f"{name.replace('_', ' ')}, at {steady['loops_per_second']:g} loops per second", *_spread(steady[name])
        )
    for name in ("hop_ms", "loop_ms"):
        table.add_row(f"{name.replace('_', ' ')}, full", *_spread(result["full"][name]))
    for phase in (result["quiet"], steady):
        cost = f"CPU ms per loop, at {phase['loops_per_second']:g} loops per second"
        table.add_row(cost, f"{phase['cpu_ms_per_loop']}", "", "")
    table.add_row("CPU ms per loop, full", f"{sum(result['cpu_ms_per_loop'].values()):.1f}", "", "")
    alone = result["yardsticks"]
    table.add_row("pgbench commits per second, alone", f"{alone['pgbench_commits_per_second']:.0f}", "", "")
    table.add_row("aiokafka records per second, alone", f"{alone['kafka_records_per_second']:.0f}", "", "")
    table.add_row("aiokafka records read per second, alone", f"{alone['kafka_records_read_per_second']:.0f}", "", "")
    bare = f"{alone['bare_requests_per_second']:.0f} at {alone['bare_cpu_us_per_request']:.0f} µs CPU"
    table.add_row("bare FastAPI inserts per second, alone", bare, "", "")
    table.add_row("commits that a loop is worth", f"{result['pgbench_commits_per_loop']}", "", "")
    table.add_row("events per loop", f"{result['quiet']['events_per_loop']}", "", "")
    table.add_row("WAL bytes per loop, full", f"{result['wal_bytes_per_loop']}", "", "")
    table.add_row("requests that had to be sent again", f"{result['sent_again']}", "", "")
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
    table = Table("process", "CPU ms per loop", "its backends", "memory MiB", title="Where the time goes, full")
    memory, backends = result["memory_mib"], result["database_cpu_ms_per_loop"]
    for name, spent in sorted(result["cpu_ms_per_loop"].items(), key=lambda item: -item[1]):
        own = [each for key, each in backends.items() if key in (name, f"{name} relay")]
        table.add_row(name, f"{spent:.1f}", f"{sum(own):.1f}" if own else "", f"{memory[name]}")
    total = sum(result["cpu_ms_per_loop"].values())
    platform_memory = sum(size for name, size in memory.items() if name != "driver")
    table.add_row("in all (memory without the driver)", f"{total:.1f}", "", f"{platform_memory}")
    return table


def _split(split: Result) -> Table:
    title = f"Each costs, at {split['loops_per_second']:g} loops per second of {split['wal_bytes_per_loop']} WAL bytes"
    columns = ("service", "work", "a loop", "CPU µs", "database CPU µs", "statements", "commits", "WAL bytes")
    table = Table(*columns, title=title)
    for service, found in split["services"].items():
        for work in ("command", "event", "relay"):
            if work in found:
                each = found[work]
                figures = (each[name] for name in ("cpu_us", "database_cpu_us", "statements", "commits", "wal_bytes"))
                table.add_row(service, work, f"{each['number'] / split['loops']:.1f}", *map(str, figures))
        table.add_row(service, "rows written", f"{found['per_loop']['rows_written']}", *[""] * 5)
    return table


def _parts(parts: Result) -> Table:
    table = Table(
        "part alone",
        "events per second",
        "CPU µs",
        "database",
        "Kafka",
        "WAL bytes",
        "with effects",
        title="An event costs",
    )
    named = {"order relay": parts["relay"], **{f"{name} worker": each for name, each in parts["workers"].items()}}
    for name, each in named.items():
        figures = ("cpu_us_per_event", "database_cpu_us_per_event", "kafka_cpu_us_per_event", "wal_bytes_per_event")
        share = f"{each['share_with_effects']:.0%}" if "share_with_effects" in each else ""
        table.add_row(name, f"{each['events_per_second']}", *(f"{each[figure]}" for figure in figures), share)
    return table


def _ratios(ratios: dict[str, float]) -> Table:
    table = Table("ratio", "", title="Beside the yardsticks")
    for name, value in ratios.items():
        table.add_row(name.replace("_", " "), f"{value:g}")
    return table


def plain(title: str, rows: Sequence[Result]) -> Table:
    """Rows that all have the same fields, as they are."""
    table = Table(*(name.replace("_", " ") for name in rows[0]), title=title)
    for row in rows:
        table.add_row(*(f"{value}" for value in row.values()))
    return table


def _spread(spread: dict[str, float] | None) -> tuple[str, str, str]:
    return ("-", "-", "-") if spread is None else (f"{spread['p50']}", f"{spread['p95']}", f"{spread['p99']}")
