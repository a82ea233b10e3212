"""The journal: entries and their postings, all of a command in one statement. Nothing is changed or deleted."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.ids import new_id
from finance.domain.journal_entry import JournalEntry
from kit.bulk import Write, write_rows
from kit.context import cause
from kit.database import Transaction
from kit.later import Insert


async def post(tx: Transaction, entries: Sequence[JournalEntry]) -> None:
    """Store entries; each keeps the id of the event or request at hand."""
    await write_rows(tx, *posting(entries))


def posting(entries: Sequence[JournalEntry]) -> tuple[Write, Write]:
    """What `post` writes, to be written together with something else."""
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
    return (_ENTRIES, heads), (_POSTINGS, rows)


_ENTRIES = Insert("""
INSERT INTO journal_entries (journal_entry_id, posted_on, cause, subject, cause_id, text, order_id, customer_id)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::uuid[], $8::uuid[])
""")

_POSTINGS = Insert(
    """
INSERT INTO postings (journal_entry_id, place, account, side, amount, currency)
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::numeric[], $6::text[])
""",
    keys=2,
)
