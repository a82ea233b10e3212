"""Compare what was said of the subjects that are due, many in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from contracts.event import Event
from contracts.insight import DiscrepancyCleared, DiscrepancyDetected
from insight.domain.checks.payments import invoices_settled_by
from insight.domain.comparing import Verdict, compare_item, compare_order, compare_payment
from insight.domain.discrepancy import Changes, Discrepancy
from insight.domain.hearing import What
from insight.domain.order_story import Survivors
from insight.domain.statement import Statement
from insight.domain.waiting_events import WaitingEvent
from insight.storage.customers import MergedCustomers
from insight.storage.discrepancies import Discrepancies
from insight.storage.statements import Said, Statements
from insight.storage.subjects import Subjects
from insight.storage.waiting_events import waiting_events
from kit.database import Transaction

AT_ONCE = 500
AGAIN = timedelta(minutes=10)
"""What is not right is looked at so often, for it may be mended by what is said of something else."""

Told = tuple[DiscrepancyDetected | DiscrepancyCleared, ...]


async def compare_subjects(tx: Transaction, grace: timedelta) -> tuple[Told, bool]:
    """What is to be told of at most `AT_ONCE` subjects; and whether there may be more that are due."""
    waiting = await waiting_events(tx, grace)
    changes = Changes()
    await _note_waiting(tx, waiting, changes)
    due: Mapping[UUID, What] = {}
    if not await Subjects(tx).is_late(grace):
        held = {about for each in waiting for about in each.concerns}
        due = await Subjects(tx).take(grace, AT_ONCE, held)
    if due:
        await _compare(tx, due, changes)
    await Discrepancies(tx).save(changes)
    return changes.events, len(due) == AT_ONCE


async def _compare(tx: Transaction, due: Mapping[UUID, What], changes: Changes) -> None:
    subjects = Subjects(tx)
    forgotten = await subjects.forgotten(due)
    if forgotten:
        await Statements(tx).drop(forgotten)
    due = {about: what for about, what in due.items() if about not in forgotten}
    said, survivors = await Statements(tx).of(due), await MergedCustomers(tx).survivors()
    credited = await _credit_notes(tx, due, said)
    known = await Discrepancies(tx).open_of(due)
    settled: list[UUID] = []
    wrong: dict[UUID, What] = {}
    for about, what in due.items():
        heard = (*said.get(about, ()), *credited.get(about, ()))
        verdict = _verdict(about, what, heard, survivors)
        changes.note(about, verdict.findings, known.get(about, ()), heard)
        if verdict.findings:
            wrong[about] = what
        elif verdict.is_over:
            settled.append(about)
    await subjects.settle(settled)
    await subjects.look_again(wrong, AGAIN)


def _verdict(about: UUID, what: What, heard: Sequence[Statement[Event]], survivors: Survivors) -> Verdict:
    if what == "order":
        return compare_order(about, heard, survivors)
    return compare_payment(about, heard, survivors) if what == "payment" else compare_item(heard)


async def _credit_notes(tx: Transaction, due: Mapping[UUID, What], said: Said) -> Said:
    """Per payment, the credit notes on the invoices that it settled: they free money to be allocated again."""
    settled = {about: invoices_settled_by(said.get(about, ())) for about, what in due.items() if what == "payment"}
    wanted = {invoice_id for found in settled.values() for invoice_id in found}
    notes = await Statements(tx).of(wanted) if wanted else {}
    return {
        about: [note for invoice_id in found for note in notes.get(invoice_id, ())] for about, found in settled.items()
    }


async def _note_waiting(tx: Transaction, waiting: Sequence[WaitingEvent], changes: Changes) -> None:
    """Events that have waited for longer than the grace, and those that waited and do not any more."""
    known: dict[UUID, list[Discrepancy]] = {}
    for each in await Discrepancies(tx).open_of_waiting():
        known.setdefault(each.about, []).append(each)
    for event in waiting:
        if event.is_old and (finding := event.finding()) is not None:
            changes.note(event.subject, [finding], known.pop(event.subject, ()))
    for about, gone in known.items():
        changes.note(about, [], gone)
