"""The commands of `orderloop`; a part is imported when its command runs, so that `--help` answers at once.

A further part brings a module of thin commands, such as `orderloop/demo/command.py`, whose functions import what
they need when they run; it is entered below with `app.command()(…)` or `app.add_typer(…)`.
"""

import sys

import typer

from orderloop.audit.command import audit
from orderloop.bench.command import bench, bench_faults, bench_scale
from orderloop.demo.command import demo
from orderloop.importing.command import import_
from orderloop.platform import commands
from orderloop.platform.servers_command import servers

app = typer.Typer(
    help="The order-to-cash platform on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_ = app.command()(commands.up)
_ = app.command()(commands.down)
_ = app.command()(commands.status)
_ = app.command()(commands.logs)
_ = app.command()(commands.token)
_ = app.command()(demo)
_ = app.command("import")(import_)
_ = app.command()(audit)
_ = app.command()(bench)
_ = app.command("bench-faults")(bench_faults)
_ = app.command("bench-scale")(bench_scale)
app.add_typer(servers, name="servers")


def run() -> None:
    """The console script: a trouble that has a name is told in one line, anything else keeps its traceback."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from orderloop.platform.telling import told

        line = told(error)
        if line is None:
            raise
        sys.exit(line)
