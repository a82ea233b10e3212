"""The catalogue: what can be offered, at which price, and how many are there. For our own people only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import ItemId, PriceListId
from contracts.inventory import ItemKind
from contracts.values import CurrencyCode, Money, Quantity
from kit.auth import reads
from kit.database import Transaction
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import Principal
from kit.routing import Reading
from sales.storage.tables import availability, catalogue, published_prices

Reader = Annotated[Principal, reads()]
Day = Annotated[date | None, Query(description="the day for which the price is asked; today unless said")]
router = APIRouter(tags=["prices"])


class PriceUnknown(NotFound):
    """No published list names this item in this currency for this day."""


class PriceAnswer(BaseModel):
    """The net price of one unit, and the list that says so, from its first to its last day."""

    item_id: ItemId
    price: Money
    price_list_id: PriceListId
    valid_from: date
    valid_until: date | None


class StockAnswer(BaseModel):
    """What inventory can still promise, over all warehouses."""

    on_hand: Quantity
    reserved: Quantity
    quarantined: Quantity
    available: Quantity


class CatalogueAnswer(BaseModel):
    """An item: its prices on the day that was asked for, one a currency, and its stock as inventory told last."""

    item_id: ItemId
    sku: str
    description: str
    kind: ItemKind
    unit: str
    standard_cost: Money
    prices: list[PriceAnswer]
    stock: StockAnswer | None


@router.get("/catalogue")
async def list_catalogue(
    tx: Reading,
    _: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    sku: str | None = None,
    kind: ItemKind | None = None,
    currency: CurrencyCode | None = None,
    on: Day = None,
) -> Page[CatalogueAnswer]:
    """Items by the time they were registered."""
    wanted: dict[ColumnElement[object], object | None] = {catalogue.c.sku: sku, catalogue.c.kind: kind}
    filtered = _items().where(*(column == value for column, value in wanted.items() if value is not None))
    page = await paged(tx, filtered, key=catalogue.c.item_id, row=_mapping, cursor=cursor, limit=limit)
    items = await _answers(page.items, on or datetime.now(UTC).date(), currency, tx)
    return Page(items=items, next_cursor=page.next_cursor)


@router.get("/catalogue/{item_id}")
async def catalogue_entry(
    item_id: UUID, tx: Reading, _: Reader, currency: CurrencyCode | None = None, on: Day = None
) -> CatalogueAnswer:
    row = (await tx.execute(_items().where(catalogue.c.item_id == item_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no item {item_id}")
    [answer] = await _answers([row], on or datetime.now(UTC).date(), currency, tx)
    return answer


@router.get("/catalogue/{item_id}/price")
async def price_of_item(item_id: UUID, currency: CurrencyCode, tx: Reading, _: Reader, on: Day = None) -> PriceAnswer:
    """What one unit costs in a currency on a day, net. There is never more than one answer."""
    day = on or datetime.now(UTC).date()
    prices = await _prices([ItemId(item_id)], day, currency, tx)
    if not prices:
        raise PriceUnknown(f"publish a price list in {currency} that names item {item_id} for {day}")
    return prices[0]


def _items() -> Select[tuple[object, ...]]:
    stock = [availability.c[name] for name in ("on_hand", "reserved", "quarantined", "available")]
    joined = catalogue.outerjoin(availability, catalogue.c.item_id == availability.c.item_id)
    return select(catalogue, availability.c.unit.label("stock_unit"), *stock).select_from(joined)


async def _answers(
    rows: Collection[RowMapping], day: date, currency: str | None, tx: Transaction
) -> list[CatalogueAnswer]:
    prices: dict[ItemId, list[PriceAnswer]] = {row["item_id"]: [] for row in rows}
    for price in await _prices(prices, day, currency, tx):
        prices[price.item_id].append(price)
    return [_answer(row, prices[row["item_id"]]) for row in rows]


async def _prices(item_ids: Collection[ItemId], day: date, currency: str | None, tx: Transaction) -> list[PriceAnswer]:
    prices = published_prices.c
    held = [prices.item_id.in_(item_ids), prices.valid_from <= day, prices.last_day >= day]
    asked = held if currency is None else [*held, prices.currency == currency]
    found = await tx.execute(select(published_prices).where(*asked).order_by(prices.item_id, prices.currency))
    return [_price(row) for row in found.mappings()]


def _price(row: RowMapping) -> PriceAnswer:
    return PriceAnswer(
        item_id=row["item_id"],
        price=Money(amount=row["amount"], currency=row["currency"]),
        price_list_id=row["price_list_id"],
        valid_from=row["valid_from"],
        valid_until=None if row["last_day"] == date.max else row["last_day"],
    )


def _answer(row: RowMapping, prices: list[PriceAnswer]) -> CatalogueAnswer:
    plain = {name: row[name] for name in ("item_id", "sku", "description", "kind", "unit", "standard_cost")}
    return CatalogueAnswer(prices=prices, stock=_stock(row), **plain)


def _stock(row: RowMapping) -> StockAnswer | None:
    unit = row["stock_unit"]
    if unit is None:
        return None
    amounts = {name: Quantity(value=row[name], unit=unit) for name in StockAnswer.model_fields}
    return StockAnswer(**amounts)


def _mapping(row: Row[tuple[object, ...]]) -> RowMapping:
    return row._mapping  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)
