"""`orderloop demo`; what it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    directory: Annotated[
        Path | None, typer.Option(help="Where the platform keeps its files; .local if left out.")
    ] = None,
) -> None:
    """A company lives through its day: forty loops, their times, the thread of one of them, the totals that must agree.

    Starts the platform if it is not up. Fails when a total does not agree.
    """
    from orderloop.demo.run import demo as run
    from orderloop.platform.home import default_directory

    if not run((directory or default_directory()).resolve()):
        raise typer.Exit(1)
