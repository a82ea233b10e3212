"""What was said: written a batch at a time, read for many subjects at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from contracts.event import Event, Recorded, event_types
from insight.domain.statement import Statement
from kit.bulk import read_rows
from kit.database import Transaction, driver

Row = tuple[UUID, Recorded]
Said = Mapping[UUID, Sequence[Statement[Event]]]

_COLUMNS = ("about", "event_id", "type", "sequence", "recorded_at", "data")


class Statements:
    """What was said of each subject."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def add(self, said: Sequence[Row]) -> None:
        records = [(about, e.id, e.type, e.sequence, e.time, e.data) for about, e in said]
        await (await driver(self.tx)).copy_records_to_table("statements", records=records, columns=_COLUMNS)

    async def replace(self, said: Mapping[UUID, Recorded]) -> None:
        """Of these subjects only what was said last counts."""
        await self.drop(list(said))
        await self.add(list(said.items()))

    async def drop(self, about: Collection[UUID]) -> None:
        await (await driver(self.tx)).execute("DELETE FROM statements WHERE about = ANY($1::uuid[])", list(about))

    async def of(self, about: Collection[UUID]) -> Said:
        found: dict[UUID, list[Statement[Event]]] = defaultdict(list)
        for row in await read_rows(self.tx, _OF, list(about)):
            event = _types()[row["type"]].model_validate_json(row["data"])
            told: tuple[UUID, int, datetime, datetime] = (
                row["event_id"], row["sequence"], row["recorded_at"], row["heard_at"]
            )  # fmt: skip
            found[row["about"]].append(Statement(event, *told))
        return found


@cache
def _types() -> dict[str, type[Event]]:
    return event_types()


_OF = """
SELECT about, event_id, type, sequence, recorded_at, heard_at, data FROM statements WHERE about = ANY($1::uuid[])
"""
