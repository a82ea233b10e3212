"""Follow-ups: entries are kept as they come, in one statement a batch, and tied together when they are read."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import RowMapping

from contracts.ids import OpportunityId
from contracts.values import Money
from kit.database import Transaction
from sales.domain.follow_up import FollowUp
from sales.domain.happening import Entry, Happening, Kind


class FollowUps:
    """What became of opportunities."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def keep(self, entries: Sequence[Entry]) -> None:
        """Add entries; one that is there already stays as it is.

        Ties are written in one order, so that two batches which name the same ones never wait for each other.
        """
        rows = [_row(entry) for entry in entries]
        ties = sorted({(parent, entry.happening.subject) for entry in entries for parent in entry.happening.parents})
        columns = [list(column) for column in zip(*rows, strict=True)]
        parents, subjects = [parent for parent, _ in ties], [subject for _, subject in ties]
        if entries:
            _ = await self.tx.exec_driver_sql(_KEEP, (*columns, parents, subjects))

    async def of(self, opportunity_id: OpportunityId) -> FollowUp:
        """All that belongs to the opportunity, directly or through something that does."""
        found = (await self.tx.exec_driver_sql(_OF, (opportunity_id,))).mappings()
        return FollowUp(opportunity_id=opportunity_id, entries=tuple(_entry(row) for row in found))


def _row(entry: Entry) -> tuple[object, ...]:
    told = entry.happening
    amount, currency = (None, None) if told.amount is None else (told.amount.amount, told.amount.currency)
    return (entry.event_id, told.subject, entry.at, told.kind.value, told.text, told.state, amount, currency)


def _entry(row: RowMapping) -> Entry:
    """The entry without its parents, by which it was found."""
    amount = None if row["amount"] is None else Money(amount=row["amount"], currency=row["currency"])
    told = Happening(
        kind=Kind(row["kind"]), subject=row["subject"], text=row["text"], state=row["state"], amount=amount
    )
    return Entry(event_id=row["event_id"], at=row["at"], happening=told)


_KEEP = """
WITH told AS (
  INSERT INTO follow_up_entries (event_id, subject, at, kind, text, state, amount, currency)
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::numeric[],
                       $8::text[])
  ON CONFLICT DO NOTHING
)
INSERT INTO follow_up_parents (parent, subject)
SELECT parent, subject FROM unnest($9::uuid[], $10::uuid[]) AS tie(parent, subject) ORDER BY parent, subject
ON CONFLICT DO NOTHING
"""

_OF = """
WITH RECURSIVE ours(subject) AS (
  SELECT subject FROM follow_up_parents WHERE parent = $1
  UNION
  SELECT below.subject FROM ours JOIN follow_up_parents below ON below.parent = ours.subject
)
SELECT entry.* FROM ours JOIN follow_up_entries entry USING (subject) ORDER BY entry.at, entry.event_id
"""
