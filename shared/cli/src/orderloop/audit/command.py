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

    from orderloop.audit import report
    from orderloop.audit.facts import Facts
    from orderloop.audit.reading import read
    from orderloop.audit.run import Audit
    from orderloop.audit.run import audit as run
    from orderloop.demo.run import console
    from orderloop.http import services_of_platform
    from orderloop.platform.display import Display

    out = console()
    out.quiet = as_json
    display = Display(out)

    async def found() -> Audit:
        async with services_of_platform("audit", roles=("reader",), directory=directory) as services:
            readings = 0

            async def once() -> Facts:
                nonlocal readings
                readings += 1
                rows = 0
                with display.step("Reading" if readings == 1 else "Reading again") as step:

                    def heard(more: int) -> None:
                        nonlocal rows
                        rows += more
                        step.say(f"{rows:,} rows")

                    return await read(services, heard)

            return await run(once)

    result = asyncio.run(found())
    if as_json:
        print(json.dumps(report.as_json(result), indent=2))
    out.print(report.tables(result))
    if not result.holds:
        raise typer.Exit(1)
