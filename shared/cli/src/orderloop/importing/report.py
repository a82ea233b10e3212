"""What came of an import, for people: counts, refusals by reason, and every refused row in a file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orderloop.importing.records import Refusal


@dataclass
class Phase:
    """One kind of record: how many there were, how many this run did, and how long that took."""

    title: str
    total: int
    done: int = 0
    before: int = 0
    """Done by an earlier run."""
    refused: int = 0
    seconds: float = 0.0


@dataclass
class Report:
    """All phases of a run, and all that was refused in this run and before."""

    phases: list[Phase] = field(default_factory=list[Phase])
    refusals: list[Refusal] = field(default_factory=list[Refusal])
    rows: int = 0
    commands: int = 0
    seconds: float = 0.0
    findings: list[str] = field(default_factory=list[str])
    """What a look at the platform afterwards has shown."""


def write_refusals(path: Path, refusals: Sequence[Refusal]) -> None:
    """A CSV with one line a refused row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("what", "file", "row", "key", "reason", "detail"))
        writer.writerows((each.what, each.table, each.row, each.key, each.reason, each.detail) for each in refusals)


def print_batch(console: Console, counts: dict[str, int], left_out: dict[str, str]) -> None:
    """What a source brings, before anything is sent."""
    table = Table("what", "can come in", box=None, pad_edge=False)
    for what, number in counts.items():
        if number:
            table.add_row(what, f"{number:,}")
    console.print(table)
    for name, why in left_out.items():
        console.print(f"[dim]left out: {name}: {why}")


def print_refusals(console: Console, refusals: Sequence[Refusal], path: Path) -> None:
    """Counts by reason, the most frequent first."""
    if not refusals:
        console.print("Nothing was refused.")
        return
    table = Table("refused", "what", "reason", "for instance", box=None, pad_edge=False)
    first = {(each.what, each.reason): each for each in reversed(refusals)}
    for (what, reason), number in Counter((each.what, each.reason) for each in refusals).most_common():
        example = first[what, reason]
        table.add_row(f"{number:,}", what, reason, f"{example.table} row {example.row}: {example.detail}"[:90])
    console.print(table)
    console.print(f"Every refused row with its reason: {path}", soft_wrap=True)


def print_run(console: Console, report: Report) -> None:
    """What this run did."""
    table = Table("step", "records", "this run", "before", "refused", "seconds", "per second", box=None, pad_edge=False)
    for phase in report.phases:
        rate = f"{phase.done / phase.seconds:,.0f}" if phase.done and phase.seconds > 0.05 else ""
        numbers = (phase.total, phase.done, phase.before, phase.refused)
        table.add_row(phase.title, *(f"{number:,}" for number in numbers), f"{phase.seconds:.1f}", rate)
    console.print(table)
    console.print(_speed(report))
    for finding in report.findings:
        console.print(finding, soft_wrap=True)


def _speed(report: Report) -> str:
    if not report.commands:
        return f"Nothing was left to do for {report.rows:,} rows."
    rate = f"{report.commands / report.seconds:,.0f} commands and {report.rows / report.seconds:,.0f} rows a second"
    return f"{report.commands:,} commands for {report.rows:,} rows in {report.seconds:.1f} s: {rate}"
