"""Corrective actions: one row each, with what was tried as a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import RowMapping

from contracts.ids import CapaId, CustomerId, ItemId
from kit.database import Transaction
from kit.storage import Rows
from quality.domain.capa import Capa, Status
from quality.storage.tables import capa_number, capas

_COLUMNS = (
    "number", "nonconformance_id", "title", "owner", "opened_on", "customer_id", "case_id", "order_id", "item_id",
    "root_cause", "action", "metric", "window_days", "planned_on", "implemented_on", "observe_until", "verifier",
    "verified_on", "attempts",
)  # fmt: skip


class Capas:
    """The corrective actions of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, capas, capas.c.capa_id, "corrective action")

    async def get(self, capa_id: CapaId, expected_version: int | None = None) -> Capa:
        """Raises NotFound, VersionMismatch."""
        return capa_of(await self.rows.load(capa_id, expected_version))

    async def put(self, capa: Capa) -> None:
        """Write one that is new, or that was read here."""
        capa.version = await self.rows.put(capa.capa_id, capa.version, _values(capa))

    async def watched(self, item_id: ItemId, day: date) -> list[Capa]:
        """The actions about an item whose window of observation has that day in it, locked."""
        running = select(capas).where(
            capas.c.item_id == item_id, capas.c.status == Status.IMPLEMENTED.value, capas.c.observe_until >= day
        )
        found = await self.tx.execute(running.order_by(capas.c.capa_id).with_for_update())
        return [capa_of(row) for row in found.mappings()]

    async def next_number(self) -> str:
        return f"CAPA-{await self.tx.scalar(capa_number.next_value()):07d}"

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor."""
        merged = update(capas).where(capas.c.customer_id == merged_id)
        await self.tx.execute(merged.values(customer_id=survivor_id, version=capas.c.version + 1))


def capa_of(row: RowMapping) -> Capa:
    return Capa(
        capa_id=row["capa_id"],
        version=row["version"],
        status=Status(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(capa: Capa) -> Mapping[str, Any]:  # Any: column values
    return {"status": capa.status.value, **{name: getattr(capa, name) for name in _COLUMNS}}
