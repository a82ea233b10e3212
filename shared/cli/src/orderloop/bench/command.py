"""`orderloop bench`, `bench-faults`, `bench-scale`: the commands; what they need is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Directory = Annotated[Path | None, typer.Option(help="Where data is kept; .local if left out.")]
Seconds = Annotated[float, typer.Option(help="How long each phase lasts.")]


def bench(
    rate: Annotated[float, typer.Option(help="Loops per second of the steady phase; the quiet one has 10.")] = 20,
    seconds: Seconds = 15,
    drivers: Annotated[int, typer.Option(help="Loops under way at once in the full phase.")] = 48,
    warm_up: Annotated[float, typer.Option(min=0, help="Seconds at full load before, not measured.")] = 8,
    parts: Annotated[bool, typer.Option(help="Also commands, events, relay and worker each alone.")] = True,
    directory: Directory = None,
) -> None:
    """Closed loops per second, hop and loop times, cost by command and event, beside what others do alone."""
    from orderloop.bench import report
    from orderloop.bench import run as running
    from orderloop.platform.display import Display
    from orderloop.platform.home import default_directory
    from orderloop.platform.up import up

    plan, _ = up(directory or default_directory(), Display())
    result = running.measure(plan, _say, rate=rate, seconds=seconds, at_once=drivers, warm_up=warm_up, parts=parts)
    _show(report.tables(result), f"written to {running.save(result, plan.folder)}")
    if result["failed_count"]:
        raise typer.Exit(1)


def bench_faults(
    outage: Annotated[float, typer.Option(min=0, help="Seconds without Kafka; 0 leaves it out.")] = 60,
    rate: Annotated[float, typer.Option(help="Opportunities won per second meanwhile; loops for memory.")] = 5,
    kills: Annotated[bool, typer.Option(help="kill -9 of each service and server.")] = True,
    minutes: Annotated[int, typer.Option(min=0, help="Minutes of load over which memory is watched.")] = 0,
    fill: Annotated[int, typer.Option(min=0, help="Minutes at full load before: buffers and heaps fill.")] = 10,
    directory: Directory = None,
) -> None:
    """Commands while Kafka is away, recovery after kill -9, memory over time: on a platform of its own."""
    import asyncio

    from orderloop.bench import memory, platforms, recovery, report
    from orderloop.bench import outage as outages
    from orderloop.bench import run as running
    from orderloop.platform.home import default_directory

    folder, result = (directory or default_directory()).resolve(), dict[str, Any]()  # Any: JSON
    with platforms.fresh(folder / "bench" / "faults") as plan:
        if outage:
            _say(f"{outage:g} s without Kafka")
            result["outage"] = asyncio.run(outages.measure(plan, rate=rate, seconds=outage))
            _show(report.plain("Without Kafka", [result["outage"]]))
        if kills:
            result["recovery"] = asyncio.run(recovery.measure(plan, _say))
            _show(report.plain("After kill -9", [{"of": name, **each} for name, each in result["recovery"].items()]))
        if minutes:
            result["memory"] = asyncio.run(memory.measure(plan, _say, rate=rate, minutes=minutes, fill=fill))
            found = result["memory"]
            rows = [{"process": name, **each} for name, each in found["processes"].items()]
            flat = "flat" if found["flat"] else "not flat"
            _show(report.plain(f"{found['mib_per_hour']} MiB per hour in all: {flat}", rows))
    _show(f"written to {running.save(result, folder, 'faults')}")


def bench_scale(
    partitions: Annotated[list[int] | None, typer.Option(help="Partitions of a topic: 1, 3, 6, 12.")] = None,
    workers: Annotated[list[int] | None, typer.Option(help="Workers of each service: 1, 2, 3.")] = None,
    apis: Annotated[list[int] | None, typer.Option(help="APIs of each service: 1, 2.")] = None,
    history: Annotated[list[int] | None, typer.Option(help="Times the stored history: 1, 10, 100.")] = None,
    seconds: Seconds = 10,
    drivers: Annotated[int, typer.Option(help="Loops under way at once.")] = 48,
    sizes: Annotated[bool, typer.Option(help="Measure by partitions and processes.")] = True,
    aging: Annotated[bool, typer.Option(help="Measure with stored history.")] = True,
    directory: Directory = None,
) -> None:
    """Throughput by partitions, workers and APIs, and cost by stored history, each on a platform of its own."""
    from orderloop.bench import aging as history_of
    from orderloop.bench import report, scale
    from orderloop.bench import run as running
    from orderloop.platform.home import default_directory

    folder, result = (directory or default_directory()).resolve(), dict[str, Any]()  # Any: JSON
    if sizes:
        chosen = scale.sizes(partitions or scale.PARTITIONS, workers or scale.WORKERS, apis or scale.APIS)
        result["sizes"] = scale.measure(
            folder / "bench" / "scale", _say, chosen, seconds=seconds, at_once=drivers, warm_up=5
        )
        result["stops_at"] = scale.stops_at(result["sizes"])
        _show(report.plain("By partitions and processes", result["sizes"]))
        _show(report.plain("The smallest that does about as well as the best", [result["stops_at"]]))
    if aging:
        result["aging"] = history_of.measure(
            folder / "bench" / "aging", _say, rate=10, seconds=seconds, times=history or history_of.TIMES
        )
        _show(report.plain("With stored history", result["aging"]["history"]))
        _show(report.plain("Oldest to youngest; 1.0 is flat", [result["aging"]["flat"]]))
        if result["aging"]["slower"]:
            _show(report.plain("Queries that got slower", result["aging"]["slower"][:20]))
    _show(f"written to {running.save(result, folder, 'scale')}")


def _say(text: str) -> None:
    _show(f"… {text}")


def _show(*shown: object) -> None:
    from rich.console import Console

    for each in shown:
        Console(highlight=False).print(each)
