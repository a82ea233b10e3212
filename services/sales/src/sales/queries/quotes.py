"""Quotes, with what our own people should know before they send one. A customer sees its own, once they were sent."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from kit.auth import requires
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import STAFF, Principal
from kit.routing import Reading, tag
from sales.domain.quote import Status
from sales.queries.quote_answers import QuoteAnswer, answers
from sales.storage.copies import goes_by
from sales.storage.quotes import quote_of
from sales.storage.tables import quotes

Reader = Annotated[Principal, requires(*STAFF, "customer")]
router = APIRouter(tags=["quotes"])


@router.get("/quotes")
async def list_quotes(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: Status | None = None,
    opportunity_id: UUID | None = None,
    customer_id: UUID | None = None,
    number: str | None = None,
    customer_reference: str | None = None,
    valid_until: date | None = None,
) -> Page[QuoteAnswer]:
    """Quotes by the time they were prepared; `valid_until` finds those that stand until that day at the latest."""
    asked = None if customer_id is None else goes_by(customer_id)
    wanted: dict[ColumnElement[object], object | None] = {
        quotes.c.status: status,
        quotes.c.opportunity_id: opportunity_id,
        quotes.c.customer_id: asked,
        quotes.c.number: number,
        quotes.c.customer_reference: customer_reference,
    }
    filtered = _seen_by(reader).where(*(column == value for column, value in wanted.items() if value is not None))
    if valid_until is not None:
        filtered = filtered.where(quotes.c.valid_until <= valid_until)
    page = await paged(tx, filtered, key=quotes.c.quote_id, row=_mapping, cursor=cursor, limit=limit)
    found = [quote_of(row) for row in page.items]
    return Page(items=await answers(found, tx, reader), next_cursor=page.next_cursor)


@router.get("/quotes/{quote_id}")
async def quote_by_id(quote_id: UUID, tx: Reading, reader: Reader, response: Response) -> QuoteAnswer:
    row = (await tx.execute(_seen_by(reader).where(quotes.c.quote_id == quote_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no quote {quote_id}")
    tag(response, row["version"])
    [answer] = await answers([quote_of(row)], tx, reader)
    return answer


def _seen_by(reader: Principal) -> Select[tuple[object, ...]]:
    """A customer sees its own quotes; a draft has not left the house."""
    if reader.customer_id is None:
        return select(quotes)
    own = quotes.c.customer_id == goes_by(reader.customer_id)
    return select(quotes).where(own, quotes.c.status != Status.DRAFT.value)


def _mapping(row: Row[tuple[object, ...]]) -> RowMapping:
    return row._mapping  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
