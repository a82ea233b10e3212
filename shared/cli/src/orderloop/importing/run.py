"""One import from the first file to the report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orderloop.http import Services
from orderloop.importing.findings import look_at
from orderloop.importing.journal import Journal
from orderloop.importing.limiting import limited
from orderloop.importing.mapping import Mapping
from orderloop.importing.reading import read
from orderloop.importing.records import Batch, Record, Refusal
from orderloop.importing.report import Report, write_refusals
from orderloop.importing.steps.complaining import import_complaints
from orderloop.importing.steps.ordering import cancel_orders, place_orders
from orderloop.importing.steps.returning import import_returns
from orderloop.importing.steps.selling import import_opportunities
from orderloop.importing.steps.settling import import_payments
from orderloop.importing.steps.shipping import ship_orders
from orderloop.importing.steps.stocking import import_adjustments, import_masters, publish_prices
from orderloop.importing.work import Work
from orderloop.platform import files
from orderloop.platform.display import Display


@dataclass(frozen=True)
class Job:
    """What to import, from where, and where to keep the journal and the refused rows."""

    mapping: Mapping
    data: Path
    folder: Path
    limit: int | None = None
    again: bool = False
    """Try what was refused before once more."""

    @property
    def refused_file(self) -> Path:
        return self.folder / "refused.csv"


def check(job: Job) -> Batch:
    """Read and check every row, and write down what would be refused; nothing is sent."""
    batch = limited(read(job.mapping, job.data), job.limit)
    write_refusals(job.refused_file, batch.refusals)
    return batch


async def bring_in(job: Job, batch: Batch, services: Services, display: Display) -> Report:
    """Send all that is not behind us yet, in the order in which things need each other."""
    with files.alone(job.folder / "lock"), Journal(job.folder / "journal.jsonl") as journal:
        if job.again:
            journal.forget_refusals()
        work, began = Work(job.mapping, batch, services, journal, display), time.monotonic()
        try:
            await _all_steps(work)
        finally:
            work.report.seconds = time.monotonic() - began
            work.report.rows = _rows_of(batch)
            work.report.refusals = [*batch.refusals, *_refused_by_services(journal, batch)]
            write_refusals(job.refused_file, work.report.refusals)
        work.report.findings = await look_at(work)
    return work.report


async def _all_steps(work: Work) -> None:
    await import_masters(work)
    await publish_prices(work)
    await import_opportunities(work)
    await place_orders(work)
    await import_payments(work)
    await cancel_orders(work)
    await ship_orders(work)
    await import_returns(work)
    await import_adjustments(work)
    await import_complaints(work)


def _rows_of(batch: Batch) -> int:
    """How many rows of the source are in it: each record has one, and each line of a document."""
    documents = [*batch.opportunities.values(), *batch.orders.values()]
    lines = {(line.table, line.row) for each in documents for line in each.lines}
    records: list[Sequence[Record]] = [list(getattr(batch, kind).values()) for kind in batch.counts()]
    return len(lines | {(each.table, each.row) for kind in records for each in kind})


def _refused_by_services(journal: Journal, batch: Batch) -> list[Refusal]:
    """Refusals with the row that they are about; a step is named after its kind of record."""
    found: list[Refusal] = []
    for step, key, reason, detail in journal.refusals():
        record = _record(batch, key)
        table, row = (record.table, record.row) if record else ("", 0)
        found.append(Refusal(step, key, table, row, reason, detail))
    return found


def _record(batch: Batch, key: str) -> Record | None:
    return next((getattr(batch, kind)[key] for kind in batch.counts() if key in getattr(batch, kind)), None)
