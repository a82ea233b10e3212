"""Nonconformances: one row each, with lots and decisions as documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import RowMapping

from contracts.ids import CaseId, CustomerId, NonconformanceId
from kit.database import Transaction
from kit.storage import Rows
from quality.domain.nonconformance import Nonconformance, Status
from quality.storage.tables import nonconformance_number, nonconformances

_COLUMNS = (
    "number", "title", "severity", "raised_on", "customer_id", "case_id", "order_id", "line_id", "item_id", "lot_ids",
    "contained", "decisions", "closed_because",
)  # fmt: skip


class Nonconformances:
    """The nonconformances of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, nonconformances, nonconformances.c.nonconformance_id, "nonconformance")
        self._read: dict[NonconformanceId, Mapping[str, object]] = {}

    async def get(self, nonconformance_id: NonconformanceId, expected_version: int | None = None) -> Nonconformance:
        """Raises NotFound, VersionMismatch."""
        found = nonconformance_of(await self.rows.load(nonconformance_id, expected_version))
        self._read[nonconformance_id] = _values(found)
        return found

    async def put(self, found: Nonconformance) -> None:
        """Write one that is new, or that was read here and has changed since."""
        values = _values(found)
        if values != self._read.get(found.nonconformance_id):
            found.version = await self.rows.put(found.nonconformance_id, found.version, values)

    async def is_raised_for(self, case_id: CaseId) -> bool:
        known = select(nonconformances.c.case_id).where(nonconformances.c.case_id == case_id)
        return await self.tx.scalar(known) is not None

    async def next_number(self) -> str:
        return f"NC-{await self.tx.scalar(nonconformance_number.next_value()):07d}"

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor."""
        merged = update(nonconformances).where(nonconformances.c.customer_id == merged_id)
        await self.tx.execute(merged.values(customer_id=survivor_id, version=nonconformances.c.version + 1))


def nonconformance_of(row: RowMapping) -> Nonconformance:
    return Nonconformance(
        nonconformance_id=row["nonconformance_id"],
        version=row["version"],
        status=Status(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(found: Nonconformance) -> Mapping[str, Any]:  # Any: column values
    named = dict.fromkeys((*found.lot_ids, *(lot.lot_id for lot in found.contained)))
    return {
        "status": found.status.value,
        "lots": list(named),
        **{name: getattr(found, name) for name in _COLUMNS},
    }
