"""The result of an audit, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table

from orderloop.audit.comparing import Check
from orderloop.audit.run import Audit
from orderloop.http import Json

SHOWN = 20
"""Differences of one check that are printed; `--json` has all of them."""


def tables(found: Audit) -> RenderableType:
    parts: list[RenderableType] = [_checks(found.checks)]
    for check in found.checks:
        if check.differences:
            parts += ["", f"[bold]{check.name}[/]{_more(check)}", _differences(check)]
    return Group(*parts, f"\n{verdict(found)}")


def verdict(found: Audit) -> str:
    compared = sum(check.compared for check in found.checks)
    readings = f"{found.readings} reading{'s' if found.readings > 1 else ''}"
    moving = f" {found.moving} more came or went between readings: they are under way." if found.moving else ""
    if found.holds:
        return f"[green]Nothing differs:[/] {len(found.checks)} checks, {compared:,} comparisons, {readings}.{moving}"
    return f"[red]{found.differences:,} differences[/] in {compared:,} comparisons, the same in two readings.{moving}"


def as_json(found: Audit) -> Json:
    return {
        "holds": found.holds,
        "readings": found.readings,
        "moving": found.moving,
        "checks": [asdict(check) | {"holds": not check.differences} for check in found.checks],
    }


def _checks(found: list[Check]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("check")
    table.add_column("compared", justify="right")
    table.add_column("differences", justify="right")
    for check in found:
        number = len(check.differences)
        mark = "[red]✗" if number else "[green]✓"
        table.add_row(mark, check.name, f"{check.compared:,}", f"[red]{number:,}" if number else "0")
    return table


def _more(check: Check) -> str:
    number = len(check.differences)
    return f", the first {SHOWN} of {number:,}" if number > SHOWN else ""


def _differences(check: Check) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for each in check.differences[:SHOWN]:
        table.add_row(f"  {each.about}", each.left, each.right)
    return table
