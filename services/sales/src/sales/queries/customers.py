"""Customers as sales knows them: whom we can quote, and how much more they may owe. For our own people only."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from contracts.errors import NotFound
from contracts.finance import CreditState
from contracts.ids import CustomerId
from contracts.values import Money
from kit.auth import reads
from kit.principal import Principal
from kit.routing import Reading
from sales.storage.copies import Credit, goes_by
from sales.storage.tables import customers

Reader = Annotated[Principal, reads()]
router = APIRouter(tags=["customers"])


class StandingAnswer(BaseModel):
    """What the customer owes and may owe; `headroom` is what it may owe besides, null without a limit."""

    state: CreditState
    exposure: Money
    limit: Money | None
    headroom: Money | None


class CustomerAnswer(BaseModel):
    """A customer. `credit` is null when finance has told nothing yet."""

    customer_id: CustomerId
    name: str
    currency: str
    credit: StandingAnswer | None


@router.get("/customers/{customer_id}")
async def customer_by_id(customer_id: UUID, tx: Reading, _: Reader) -> CustomerAnswer:
    """The customer, or the one that it was merged into."""
    row = (await tx.execute(select(customers).where(customers.c.customer_id == goes_by(customer_id)))).first()
    if row is None:
        raise NotFound(f"sales has not heard of customer {customer_id}")
    standing = (await Credit(tx).known([row.customer_id])).get(row.customer_id)
    credit = None
    if standing is not None:
        credit = StandingAnswer(headroom=standing.headroom, **vars(standing))
    return CustomerAnswer(customer_id=row.customer_id, name=row.name, currency=row.currency, credit=credit)
