"""The journal: entries and their postings, all of a command in one statement. Nothing is changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.ids import new_id
from finance.domain.journal_entry import JournalEntry
from kit.context import cause
from kit.database import Transaction


async def post(tx: Transaction, entries: Sequence[JournalEntry]) -> None:
    """Store entries; each keeps the id of the event or request at hand."""
    if not entries:
        return
    why = cause.get()
    cause_id = new_id() if why is None else why.causation_id
    heads = [
        (each.journal_entry_id, each.posted_on, each.cause, each.subject, cause_id, each.text, each.order_id,
         each.customer_id)
        for each in entries
    ]  # fmt: skip
    rows = [
        (each.journal_entry_id, place, posting.account.value, posting.side, posting.amount.amount,
         posting.amount.currency)
        for each in entries
        for place, posting in enumerate(each.postings)
    ]  # fmt: skip
    columns = (*zip(*heads, strict=True), *zip(*rows, strict=True))
    await tx.exec_driver_sql(_POST, tuple(list(column) for column in columns))


_POST = """
WITH entries AS (
  INSERT INTO journal_entries (journal_entry_id, posted_on, cause, subject, cause_id, text, order_id, customer_id)
  SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[])
)
INSERT INTO postings (journal_entry_id, place, account, side, amount, currency)
SELECT * FROM unnest($9::uuid[], $10::smallint[], $11::text[], $12::text[], $13::numeric[], $14::text[])
"""
