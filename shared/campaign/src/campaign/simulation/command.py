"""`python -m campaign.simulation`: run schedules and say what they found; a failing one is told step by step."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from campaign.simulation import schedule
from campaign.simulation.planted import PLANTED
from campaign.simulation.protocol import KIT
from campaign.simulation.run import Failure, Result, simulate

Seed = Annotated[int, typer.Option(help="the first schedule's seed; the next ones follow")]
Schedules = Annotated[int, typer.Option(min=1, help="how many schedules")]
Name = Annotated[str | None, typer.Option("--planted", help="run a planted bug: " + ", ".join(PLANTED))]
Processes = Annotated[int, typer.Option(min=1, help="how many processes share the schedules")]


def main(seed: Seed = 0, schedules: Schedules = 10_000, planted: Name = None, processes: Processes = 2) -> None:
    """Run seeded schedules of the protocol."""
    if planted is not None and planted not in PLANTED:
        raise typer.BadParameter(f"there is no planted bug {planted!r}; there are {', '.join(PLANTED)}")
    begun = time.perf_counter()
    result = simulate(seed, schedules, planted, processes)
    typer.echo(told(result, time.perf_counter() - begun))
    if result.failures:
        tell_failure(result.failures[0], planted)
        raise typer.Exit(1)


def told(result: Result, seconds: float) -> str:
    """The figures in one line."""
    counts = result.counts
    return (
        f"{counts.schedules} schedules in {seconds:.1f} s: {counts.steps} steps, {counts.events} events, "
        f"{counts.faults} faults of which {counts.crashes} crashes, {counts.duplicates} duplicates absorbed, "
        f"{counts.forgotten} commits forgotten, "
        f"{len(result.failures)} failed"
    )


def tell_failure(failure: Failure, planted: str | None) -> None:
    """The schedule's steps, what it broke, and how to see it again."""
    protocol = KIT if planted is None else PLANTED[planted].protocol
    _ = schedule.run(failure.seed, protocol, typer.echo)
    for oracle, what in failure.broken:
        typer.echo(f"{oracle}: {what}")
    bug = f" --planted {planted}" if planted is not None else ""
    typer.echo(f"again: python -m campaign.simulation --seed {failure.seed} --schedules 1{bug}")
