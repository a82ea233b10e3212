"""`orderloop audit`; what it needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer


def audit(
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything as one JSON object, differences in full.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option(help="Where the platform keeps its files; .local when not given.")
    ] = None,
) -> None:
    """Order against inventory against finance, over the public APIs; fails when a difference is found.

    What differs is read again for some seconds before it is reported, so that orders under way do not count.
    """
    import asyncio
    import json
    from itertools import chain, repeat

    from orderloop.audit import report
    from orderloop.audit.reading import told_while_read
    from orderloop.audit.run import Audit
    from orderloop.audit.run import audit as run
    from orderloop.demo.run import console
    from orderloop.http import services_of_platform
    from orderloop.platform.display import Display

    out = console()
    out.quiet = as_json
    display = Display(out)

    titles = chain(("Reading",), repeat("Reading again"))

    async def found() -> Audit:
        async with services_of_platform("audit", roles=("reader",), directory=directory) as services:
            return await run(lambda: told_while_read(services, display, next(titles)))

    result = asyncio.run(found())
    if as_json:
        print(json.dumps(report.as_json(result), indent=2))
    out.print(report.tables(result))
    if not result.holds:
        raise typer.Exit(1)
