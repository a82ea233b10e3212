"""Leads, for our own people only: who may want to buy is nobody else's business."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import CustomerId, LeadId, OpportunityId
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import Principal
from kit.routing import Reading, tag
from sales.domain.lead import Status
from sales.storage.copies import goes_by
from sales.storage.tables import leads

Reader = Annotated[Principal, reads()]
router = APIRouter(tags=["leads"])


class LeadAnswer(BaseModel):
    """Someone who may want to buy, and what became of it."""

    lead_id: LeadId
    version: int
    source: str
    name: str
    contact: str | None
    captured_on: date
    external_reference: str | None
    status: Status
    opportunity_id: OpportunityId | None
    customer_id: CustomerId | None
    reason: str | None


@router.get("/leads")
async def list_leads(
    tx: Reading,
    _: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: Status | None = None,
    source: str | None = None,
    external_reference: str | None = None,
    customer_id: UUID | None = None,
) -> Page[LeadAnswer]:
    """Leads by the time they were captured."""
    wanted: dict[ColumnElement[object], object | None] = {
        leads.c.status: status,
        leads.c.source: source,
        leads.c.external_reference: external_reference,
        leads.c.customer_id: None if customer_id is None else goes_by(customer_id),
    }
    filtered = select(leads).where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, filtered, key=leads.c.lead_id, row=_paged, cursor=cursor, limit=limit)


@router.get("/leads/{lead_id}")
async def lead_by_id(lead_id: UUID, tx: Reading, _: Reader, response: Response) -> LeadAnswer:
    row = (await tx.execute(select(leads).where(leads.c.lead_id == lead_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no lead {lead_id}")
    tag(response, row["version"])
    return _answer(row)


def _paged(row: Row[tuple[object, ...]]) -> LeadAnswer:
    return _answer(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _answer(row: RowMapping) -> LeadAnswer:
    return LeadAnswer(**row)
