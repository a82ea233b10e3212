"""Real data comes in over the public APIs, once: all that is said of an import is true of the platform afterwards."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from pathlib import Path

import pytest
import pytest_asyncio

from orderloop.driving.terminal import Terminal
from orderloop.platform.plan import Plan
from testkit.servers import root

DATA = root().parent / "shared" / "data"
SETS = ("crm-sales-opportunities", "olist-orders", "online-retail-2010-12")

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not all((DATA / name).is_dir() for name in SETS),
        reason=f"the reference data sets {', '.join(SETS)} are not in {DATA}",
    ),
]


async def run_import(terminal: Terminal, name: str, *more: str) -> str:
    return await asyncio.to_thread(terminal.run, "import", name, "--limit", "20", "--data", str(DATA / name), *more)


def kept(terminal: Terminal, name: str) -> Path:
    """Where an import keeps its journal and what was refused."""
    return terminal.directory / "import" / name


def refused(terminal: Terminal, name: str) -> Counter[str]:
    """How often each reason stands in the file of refused rows."""
    with (kept(terminal, name) / "refused.csv").open(encoding="utf-8", newline="") as file:
        return Counter(row["reason"] for row in csv.DictReader(file))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def said(terminal: Terminal, platform: Plan) -> dict[str, str]:
    """What the imports of all three say; they run at the same time."""
    return dict(zip(SETS, await asyncio.gather(*(run_import(terminal, name) for name in SETS)), strict=True))


async def test_every_won_opportunity_has_its_one_order(said: dict[str, str]) -> None:
    assert "Won opportunities: 16; with exactly one order: 16." in said["crm-sales-opportunities"]
    assert "Nothing was refused." in said["crm-sales-opportunities"]


async def test_what_cannot_come_in_is_refused_with_its_reason(terminal: Terminal, said: dict[str, str]) -> None:
    reasons = refused(terminal, "olist-orders")

    assert reasons["the order has no line that can come in"] == 24
    assert "the order has no line that" in said["olist-orders"]
    assert refused(terminal, "online-retail-2010-12")["exact duplicate of another row"] == 500


async def test_a_second_run_does_nothing(terminal: Terminal, said: dict[str, str]) -> None:
    before = {name: (kept(terminal, name) / "journal.jsonl").read_bytes() for name in said}

    again = await asyncio.gather(*(run_import(terminal, name) for name in SETS))

    assert ["Nothing was left to do" in text for text in again] == [True] * len(SETS)
    assert {name: (kept(terminal, name) / "journal.jsonl").read_bytes() for name in said} == before


async def test_a_dry_run_shows_what_would_be_refused_and_sends_nothing(
    terminal: Terminal, said: dict[str, str]
) -> None:
    journal = kept(terminal, "olist-orders") / "journal.jsonl"
    before, reasons = journal.read_bytes(), refused(terminal, "olist-orders")

    shown = await run_import(terminal, "olist-orders", "--dry-run")

    assert "the order has no line that" in shown
    assert ("this run" in shown, journal.read_bytes() == before) == (False, True)
    assert refused(terminal, "olist-orders") == reasons


async def test_the_audit_finds_nothing_after_the_imports(terminal: Terminal, said: dict[str, str]) -> None:
    assert said

    found = await asyncio.to_thread(terminal.run, "audit")

    assert "Nothing differs" in found
