"""Leads: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import RowMapping

from contracts.ids import CustomerId, LeadId
from kit.database import Transaction
from kit.storage import Rows
from sales.domain.lead import Lead, Status
from sales.storage.tables import leads

_COLUMNS = (
    "source", "name", "captured_on", "contact", "external_reference", "opportunity_id", "customer_id", "reason",
)  # fmt: skip


class Leads:
    """The leads of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, leads, leads.c.lead_id, "lead")

    async def get(self, lead_id: LeadId, expected_version: int | None = None) -> Lead:
        """Raises NotFound, VersionMismatch."""
        return lead_of(await self.rows.load(lead_id, expected_version))

    async def add(self, lead: Lead) -> None:
        lead.version = await self.rows.add(lead.lead_id, _values(lead))

    async def save(self, lead: Lead) -> None:
        lead.version = await self.rows.save(lead.lead_id, lead.version, _values(lead))

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor."""
        values = {"customer_id": survivor_id, "version": leads.c.version + 1}
        await self.tx.execute(update(leads).where(leads.c.customer_id == merged_id).values(values))


def lead_of(row: RowMapping) -> Lead:
    return Lead(
        lead_id=row["lead_id"],
        version=row["version"],
        status=Status(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(lead: Lead) -> Mapping[str, Any]:  # Any: column values
    return {"status": lead.status.value, **{name: getattr(lead, name) for name in _COLUMNS}}
