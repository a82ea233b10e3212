"""Opportunities, for our own people only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import CustomerId, LeadId, OpportunityId, QuoteId
from contracts.sales import Stage
from contracts.values import Money
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import Principal
from kit.routing import Reading, tag
from sales.domain.opportunity import Status
from sales.queries.follow_up import FollowUpAnswer, follow_up_answer
from sales.storage.copies import goes_by
from sales.storage.follow_ups import FollowUps
from sales.storage.opportunities import opportunity_of
from sales.storage.tables import opportunities

Reader = Annotated[Principal, reads()]
router = APIRouter(tags=["opportunities"])


class OpportunityAnswer(BaseModel):
    """A chance to sell. `amount` is net; `weighted` is the amount times the probability."""

    opportunity_id: OpportunityId
    version: int
    name: str
    owner: str
    status: Status
    stage: Stage
    amount: Money
    probability_percent: Decimal
    weighted: Money
    customer_id: CustomerId | None
    opened_on: date
    expected_close_on: date | None
    closed_on: date | None
    external_reference: str | None
    lead_id: LeadId | None
    quoted: bool
    quote_id: QuoteId | None
    reason: str | None
    competitor: str | None


class OpportunityWithFollowUp(OpportunityAnswer):
    """A chance to sell, and what became of it."""

    follow_up: FollowUpAnswer


@router.get("/opportunities")
async def list_opportunities(
    tx: Reading,
    _: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    stage: Stage | None = None,
    status: Status | None = None,
    owner: str | None = None,
    customer_id: UUID | None = None,
    external_reference: str | None = None,
) -> Page[OpportunityAnswer]:
    """Opportunities by the time they were opened here."""
    wanted: dict[ColumnElement[object], object | None] = {
        opportunities.c.stage: stage,
        opportunities.c.status: status,
        opportunities.c.owner: owner,
        opportunities.c.customer_id: None if customer_id is None else goes_by(customer_id),
        opportunities.c.external_reference: external_reference,
    }
    filtered = select(opportunities).where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, filtered, key=opportunities.c.opportunity_id, row=_paged, cursor=cursor, limit=limit)


@router.get("/opportunities/{opportunity_id}")
async def opportunity_by_id(
    opportunity_id: UUID, tx: Reading, _: Reader, response: Response
) -> OpportunityWithFollowUp:
    """An opportunity and its follow-up: order, shipments, invoices, cash, complaints, nonconformances, CAPA."""
    found = await tx.execute(select(opportunities).where(opportunities.c.opportunity_id == opportunity_id))
    row = found.mappings().first()
    if row is None:
        raise NotFound(f"there is no opportunity {opportunity_id}")
    tag(response, row["version"])
    follow_up = await FollowUps(tx).of(OpportunityId(opportunity_id))
    return OpportunityWithFollowUp(follow_up=follow_up_answer(follow_up), **vars(_answer(row)))


def _paged(row: Row[tuple[object, ...]]) -> OpportunityAnswer:
    return _answer(row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def _answer(row: RowMapping) -> OpportunityAnswer:
    opportunity = opportunity_of(row)
    return OpportunityAnswer(
        probability_percent=opportunity.probability_percent, weighted=opportunity.weighted, **vars(opportunity)
    )
