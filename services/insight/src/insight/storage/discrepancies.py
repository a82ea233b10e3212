"""What was found, until it is no longer so, and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter

from contracts.insight import DiscrepancyDetected, Evidence
from insight.domain.discrepancy import Changes, Discrepancy
from insight.domain.kinds import Kind
from kit.bulk import Row, read_rows, write_rows
from kit.database import Transaction

_BECAUSE = TypeAdapter(tuple[Evidence, ...])


class Discrepancies:
    """One row each; the one that is open of a subject, kind and place is unique."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def open_of(self, about: Collection[UUID]) -> Mapping[UUID, Sequence[Discrepancy]]:
        """What comparing finds; events that wait are looked after by themselves."""
        found: dict[UUID, list[Discrepancy]] = defaultdict(list)
        for row in await read_rows(self.tx, _OPEN_OF, list(about), list(OF_WAITING)):
            found[row["about"]].append(_discrepancy(row))
        return found

    async def open_of_waiting(self) -> Sequence[Discrepancy]:
        return [_discrepancy(row) for row in await read_rows(self.tx, _OPEN_OF_WAITING, list(OF_WAITING))]

    async def save(self, changes: Changes) -> None:
        detected = [
            (event.discrepancy_id, about, within, kind, event.order_id, event.model_dump_json())
            for (about, kind, within), event in changes.detected
        ]
        changed = [(event.discrepancy_id, event.model_dump_json()) for event in changes.changed]
        cleared = [(event.discrepancy_id, _BECAUSE.dump_json(event.because).decode()) for event in changes.cleared]
        await write_rows(self.tx, (_DETECT, detected), (_CHANGE, changed), (_CLEAR, cleared))


OF_WAITING = (Kind.EVENT_MISSING.value, Kind.EVENT_NOT_READABLE.value)


def _discrepancy(row: Row) -> Discrepancy:
    told = DiscrepancyDetected.model_validate_json(row["told"])
    return Discrepancy(about=row["about"], within=row["within"], told=told, told_at=row["told_at"])


_OPEN_OF = """
SELECT about, within, told::text, told_at FROM discrepancies
 WHERE about = ANY($1::uuid[]) AND cleared_at IS NULL AND kind <> ALL($2::text[])
"""
_OPEN_OF_WAITING = """
SELECT about, within, told::text, told_at FROM discrepancies WHERE kind = ANY($1::text[]) AND cleared_at IS NULL
"""
_DETECT = """
INSERT INTO discrepancies (discrepancy_id, about, within, kind, order_id, told)
SELECT id, about, within, kind, order_id, told::jsonb
  FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[])
    AS d(id, about, within, kind, order_id, told)
"""
_CHANGE = """
UPDATE discrepancies SET told = c.told::jsonb, told_at = now()
  FROM unnest($1::uuid[], $2::text[]) AS c(id, told) WHERE discrepancy_id = c.id
"""
_CLEAR = """
UPDATE discrepancies SET cleared_at = now(), because = c.because::jsonb
  FROM unnest($1::uuid[], $2::text[]) AS c(id, because) WHERE discrepancy_id = c.id
"""
