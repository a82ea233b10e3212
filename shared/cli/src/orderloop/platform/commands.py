"""`orderloop up | down | status | logs | token`; what they need is imported when they run."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

ROLE_HELP = "One of sales, warehouse, finance, service, quality, admin, reader, customer; may be repeated."
Directory = Annotated[Path | None, typer.Option(help="Where data, logs and secrets are kept; .local when not given.")]


def up(directory: Directory = None) -> None:
    """Start everything and wait until it is ready; start again what is missing."""
    from orderloop.platform.display import Display
    from orderloop.platform.home import default_directory
    from orderloop.platform.overview import overview
    from orderloop.platform.up import up as bring_up

    display = Display()
    plan, was_up = bring_up(directory or default_directory(), display)
    display.console.print(overview(plan, was_up=was_up), soft_wrap=True)


def down(directory: Directory = None) -> None:
    """Stop everything, services first; all data stays."""
    from orderloop.platform.display import Display
    from orderloop.platform.down import down as bring_down
    from orderloop.platform.home import default_directory

    bring_down(directory or default_directory(), Display())


def status(directory: Directory = None) -> None:
    """Every process: pid, memory, how long it runs, lag, health."""
    from rich.console import Console

    from orderloop.platform import plan
    from orderloop.platform import status as states

    Console(highlight=False).print(states.table(states.lines(plan.current(directory))))


def logs(
    name: Annotated[
        str | None, typer.Argument(help="A service, supervisor, postgres or kafka; all if left out.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until interrupted.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of each, to begin with.")] = 20,
    directory: Directory = None,
) -> None:
    """What the parts have to say."""
    from orderloop.platform import logs as all_logs
    from orderloop.platform.home import default_directory

    paths = all_logs.files_of((directory or default_directory()) / "logs", name)
    for line in all_logs.last(paths, lines):
        print(line)
    if follow:
        for line in all_logs.following(paths):
            print(line, flush=True)


def token(
    role: Annotated[list[str], typer.Option(help=ROLE_HELP)],
    customer: Annotated[UUID | None, typer.Option(help="Whose rows a customer may see.")] = None,
    name: Annotated[str | None, typer.Option(help="Who acts; the first role if left out.")] = None,
    directory: Directory = None,
) -> None:
    """A bearer token for the APIs, good for twelve hours."""
    from orderloop.platform.home import default_directory
    from orderloop.platform.issuer import Issuer

    issuer = Issuer((directory or default_directory()).resolve())
    print(issuer.token(tuple(role), name=name or role[0], customer_id=customer))
