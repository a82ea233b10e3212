"""`orderloop import DATASET`; what it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

DATASET = "A data set whose mapping comes with the program, or the name in your own mapping file."


def import_(
    dataset: Annotated[str, typer.Argument(help=DATASET)],
    data: Annotated[
        Path | None, typer.Option(help="The folder with its files; ../shared/data/DATASET when not given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be refused; send nothing.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many opportunities and orders.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping file of your own; see docs/import.md.")] = None,
    directory: Annotated[
        Path | None, typer.Option(help="Where the platform keeps its files; .local when not given.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Try what was refused before once more.")] = False,
) -> None:
    """Load a source through the public APIs: customers, items, prices, stock, opportunities, orders and what followed.

    A run that was stopped goes on where it was; one that has finished does nothing when it is run again.
    """
    import asyncio

    from orderloop.http import services_of_platform
    from orderloop.importing.mapping import load
    from orderloop.importing.report import print_batch, print_refusals, print_run
    from orderloop.importing.run import Job, bring_in, check
    from orderloop.platform.display import Display
    from orderloop.platform.home import default_directory, home

    source = load(dataset, mapping)
    folder = data or home().parent / "shared" / "data" / dataset
    here = (directory or default_directory()).resolve()
    job = Job(source, folder, here / "import" / source.name, limit, again)
    display = Display()
    display.console.print(f"[bold]{source.title}")
    batch = check(job)
    print_batch(display.console, batch.counts(), batch.left_out)
    if dry_run:
        print_refusals(display.console, batch.refusals, job.refused_file)
        return

    async def run() -> None:
        async with services_of_platform(f"import {source.name}", directory=here) as services:
            report = await bring_in(job, batch, services, display)
        print_run(display.console, report)
        print_refusals(display.console, report.refusals, job.refused_file)

    asyncio.run(run())
