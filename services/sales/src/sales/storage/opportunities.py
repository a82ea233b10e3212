"""Opportunities: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import RowMapping

from contracts.ids import CustomerId, OpportunityId
from contracts.values import Money
from kit.database import Transaction
from kit.storage import Rows
from sales.domain.opportunity import Opportunity, Status
from sales.storage.tables import opportunities

_COLUMNS = (
    "name", "owner", "opened_on", "customer_id", "stage", "expected_close_on", "external_reference", "lead_id",
    "quoted", "quote_id", "closed_on", "reason", "competitor",
)  # fmt: skip


class Opportunities:
    """The opportunities of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, opportunities, opportunities.c.opportunity_id, "opportunity")

    async def get(self, opportunity_id: OpportunityId, expected_version: int | None = None) -> Opportunity:
        """Raises NotFound, VersionMismatch."""
        return opportunity_of(await self.rows.load(opportunity_id, expected_version))

    async def add(self, opportunity: Opportunity) -> None:
        opportunity.version = await self.rows.add(opportunity.opportunity_id, _values(opportunity))

    async def save(self, opportunity: Opportunity) -> None:
        opportunity.version = await self.rows.save(
            opportunity.opportunity_id, opportunity.version, _values(opportunity)
        )

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor."""
        values = {"customer_id": survivor_id, "version": opportunities.c.version + 1}
        await self.tx.execute(update(opportunities).where(opportunities.c.customer_id == merged_id).values(values))


def opportunity_of(row: RowMapping) -> Opportunity:
    return Opportunity(
        opportunity_id=row["opportunity_id"],
        version=row["version"],
        status=Status(row["status"]),
        amount=Money(amount=row["amount"], currency=row["currency"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(opportunity: Opportunity) -> Mapping[str, Any]:  # Any: column values
    return {
        "status": opportunity.status.value,
        "amount": opportunity.amount.amount,
        "currency": opportunity.amount.currency,
        **{name: getattr(opportunity, name) for name in _COLUMNS},
    }
