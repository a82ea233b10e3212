"""Price lists, for our own people only."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, func, select

from contracts.errors import NotFound
from contracts.ids import PriceListId
from contracts.sales import ListPrice
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import Principal
from kit.routing import Reading, tag
from sales.domain.price_list import Status
from sales.storage.tables import price_lists

Reader = Annotated[Principal, reads()]
router = APIRouter(tags=["prices"])

_ABOUT = [column for column in price_lists.c if column.name != "prices"]


class PriceListAnswer(BaseModel):
    """A price list. It holds from `valid_from` to `valid_until`, both included, and not from `retired_from` on."""

    price_list_id: PriceListId
    version: int
    name: str
    currency: str
    valid_from: date
    valid_until: date | None
    status: Status
    retired_from: date | None
    items: int


class PriceListWithPrices(PriceListAnswer):
    """A price list with its net prices per unit."""

    prices: list[ListPrice]


@router.get("/price-lists")
async def list_price_lists(
    tx: Reading,
    _: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    status: Status | None = None,
    currency: str | None = None,
    name: str | None = None,
) -> Page[PriceListAnswer]:
    """Price lists by their ids, without the prices."""
    wanted: dict[ColumnElement[object], object | None] = {
        price_lists.c.status: status,
        price_lists.c.currency: currency,
        price_lists.c.name: name,
    }
    number = func.jsonb_array_length(price_lists.c.prices).label("items")
    about = select(*_ABOUT, number).where(*(column == value for column, value in wanted.items() if value is not None))
    return await paged(tx, about, key=price_lists.c.price_list_id, row=_paged, cursor=cursor, limit=limit)


@router.get("/price-lists/{price_list_id}")
async def price_list_by_id(price_list_id: UUID, tx: Reading, _: Reader, response: Response) -> PriceListWithPrices:
    row = (await tx.execute(select(price_lists).where(price_lists.c.price_list_id == price_list_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no price list {price_list_id}")
    tag(response, row["version"])
    return PriceListWithPrices(items=len(row["prices"]), **row)


def _paged(row: Row[tuple[object, ...]]) -> PriceListAnswer:
    return PriceListAnswer(**row._mapping)  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
