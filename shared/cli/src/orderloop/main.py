"""The commands of `orderloop`; a part is imported when its command runs, so that `--help` answers at once."""

import typer

from orderloop.platform.servers_command import servers

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.add_typer(servers, name="servers")
