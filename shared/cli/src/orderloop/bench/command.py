"""`orderloop bench`: the command; what it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer


def bench(
    rate: Annotated[float, typer.Option(help="Loops per second of the quiet phase.")] = 10,
    seconds: Annotated[float, typer.Option(help="How long each phase lasts.")] = 15,
    drivers: Annotated[int, typer.Option(help="Loops under way at once in the full phase.")] = 48,
    warm_up: Annotated[float, typer.Option(min=0, help="Seconds at full load before, not measured.")] = 8,
    directory: Annotated[Path | None, typer.Option(help="Where data is kept; .local if left out.")] = None,
) -> None:
    """Closed loops per second, hop and loop times, beside what PostgreSQL and Kafka do alone."""
    from rich.console import Console

    from orderloop.bench import report
    from orderloop.bench import run as running
    from orderloop.platform.display import Display
    from orderloop.platform.home import default_directory
    from orderloop.platform.up import up

    console = Console(highlight=False)
    plan, _ = up(directory or default_directory(), Display())
    result = running.measure(
        plan,
        lambda text: console.print(f"… {text}"),
        rate=rate,
        seconds=seconds,
        at_once=drivers,
        warm_up=warm_up,
    )
    console.print(report.tables(result))
    console.print(f"written to {running.save(result, plan)}")
    if result["failed_count"]:
        raise typer.Exit(1)
