"""What can be read of discrepancies, from SQL straight into answers. For staff only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import Row, select

from contracts.ids import DiscrepancyId, InvoiceId, ItemId, LineId, OrderId, PaymentId, ShipmentId
from contracts.insight import Evidence, Side
from insight.domain.discrepancy import DiscrepancyUnknown
from insight.domain.kinds import Kind
from insight.storage.tables import discrepancies
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.problems import RESPONSES
from kit.routing import Reading

router = APIRouter(tags=["insight"], responses=RESPONSES, dependencies=[reads()])


class DiscrepancyAnswer(BaseModel):
    """Two sides that do not fit together, or did not."""

    discrepancy_id: DiscrepancyId
    kind: Kind
    meaning: str
    status: Literal["open", "cleared"]
    order_id: OrderId | None
    line_id: LineId | None
    shipment_id: ShipmentId | None
    invoice_id: InvoiceId | None
    payment_id: PaymentId | None
    item_id: ItemId | None
    one: Side
    other: Side
    detected_at: datetime
    told_at: datetime
    """When it was detected with these values."""
    cleared_at: datetime | None
    because: tuple[Evidence, ...]
    """What was heard of the subject before it was cleared."""


@router.get("/discrepancies")
async def list_discrepancies(
    tx: Reading,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: Literal["open", "cleared", "all"] = "open",
    kind: Kind | None = None,
    order_id: UUID | None = None,
) -> Page[DiscrepancyAnswer]:
    """Discrepancies by the time they were detected first; those that are open unless asked otherwise."""
    table = discrepancies.c
    wanted = [
        column == value for column, value in ((table.kind, kind), (table.order_id, order_id)) if value is not None
    ]
    if status != "all":
        wanted.append(table.cleared_at.is_(None) if status == "open" else table.cleared_at.is_not(None))
    found = select(discrepancies).where(*wanted)
    return await paged(tx, found, key=table.discrepancy_id, row=_answer, cursor=cursor, limit=limit)


@router.get("/discrepancies/{discrepancy_id}")
async def discrepancy_by_id(discrepancy_id: UUID, tx: Reading) -> DiscrepancyAnswer:
    """A discrepancy with both sides and the events behind each."""
    row = (await tx.execute(select(discrepancies).where(discrepancies.c.discrepancy_id == discrepancy_id))).first()
    if row is None:
        raise DiscrepancyUnknown(f"there is no discrepancy {discrepancy_id}; list them under GET /discrepancies")
    return _answer(row)


def _answer(row: Row[Any]) -> DiscrepancyAnswer:  # Any: columns
    return DiscrepancyAnswer(
        **vars(row.told),
        status="open" if row.cleared_at is None else "cleared",
        detected_at=row.detected_at,
        told_at=row.told_at,
        cleared_at=row.cleared_at,
        because=row.because or (),
    )
