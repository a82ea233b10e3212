"""`orderloop servers start | stop | lock`: PostgreSQL and Kafka alone, for tests and for work on one service."""

import json
from pathlib import Path
from typing import Annotated

import typer

servers = typer.Typer(help="PostgreSQL and Apache Kafka alone, without the services.", no_args_is_help=True)
Directory = Annotated[Path | None, typer.Option(help="Where data and logs are kept; .local when not given.")]


@servers.command()
def start(
    directory: Directory = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as JSON.")] = False,
    only: Annotated[str | None, typer.Option(help="Print this address alone: postgres or kafka.")] = None,
) -> None:
    """Start both and print where they answer; what runs already is used."""
    from orderloop.platform import servers as both
    from orderloop.platform.home import default_directory

    addresses = both.start(directory or default_directory())
    if only is not None:
        print(addresses.as_dict()[only])
        return
    if as_json:
        print(json.dumps(addresses.as_dict()))
        return
    print(f"postgres  {addresses.postgres}\nkafka     {addresses.kafka}")


@servers.command()
def lock() -> None:
    """Write deploy/local/kafka.lock anew: the archives of Apache Kafka and their sums."""
    from orderloop.platform import jars

    print(f"{len(jars.relock())} archives locked, Apache Kafka {jars.KAFKA}")


@servers.command()
def stop(directory: Directory = None) -> None:
    """Stop both; the data stays."""
    from orderloop.platform import servers as both
    from orderloop.platform.home import default_directory

    both.stop(directory or default_directory())
