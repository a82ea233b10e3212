"""Price lists: one row each; their published prices also one row an item, to be found by item and day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import delete, select, update
from sqlalchemy.engine import RowMapping

from contracts.ids import ItemId, PriceListId
from contracts.values import Money
from kit.database import Transaction
from kit.locks import lock
from kit.storage import Rows
from sales.domain.price_list import ItemHasNoPrice, PriceList, Status
from sales.storage.tables import price_lists, published_prices

_COLUMNS = ("name", "currency", "valid_from", "valid_until", "prices", "retired_from")


class PriceLists:
    """The price lists of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, price_lists, price_lists.c.price_list_id, "price list")

    async def get(self, price_list_id: PriceListId, expected_version: int | None = None) -> PriceList:
        """Raises NotFound, VersionMismatch."""
        return price_list_of(await self.rows.load(price_list_id, expected_version))

    async def add(self, price_list: PriceList) -> None:
        price_list.version = await self.rows.add(price_list.price_list_id, _values(price_list))

    async def save(self, price_list: PriceList) -> None:
        price_list.version = await self.rows.save(price_list.price_list_id, price_list.version, _values(price_list))

    async def published_beside(self, price_list: PriceList) -> list[PriceList]:
        """Lists that tell prices of the same items in the same currency on the same days.

        Until the transaction ends nobody else can ask this about the currency: lists are published one at a time.
        """
        await lock(self.tx, [uuid5(NAMESPACE_OID, f"published prices in {price_list.currency}")])
        prices = published_prices.c
        beside = select(prices.price_list_id).where(
            prices.item_id.in_(price_list.items),
            prices.currency == price_list.currency,
            prices.valid_from <= price_list.last_day,
            prices.last_day >= price_list.valid_from,
        )
        found = await self.tx.execute(select(price_lists).where(price_lists.c.price_list_id.in_(beside)))
        return [price_list_of(row) for row in found.mappings()]

    async def tell_prices(self, price_list: PriceList) -> None:
        """Let the prices of a list just published be found."""
        prices = price_list.prices
        items, amounts = [each.item_id for each in prices], [each.price.amount for each in prices]
        days = (price_list.valid_from, price_list.last_day)
        told = (price_list.price_list_id, price_list.currency, *days, items, amounts)
        _ = await self.tx.exec_driver_sql(_TELL, told)

    async def end_prices(self, price_list: PriceList) -> None:
        """Let the prices of a list just retired be found for its days only."""
        told = published_prices.c.price_list_id == price_list.price_list_id
        if price_list.last_day < price_list.valid_from:
            await self.tx.execute(delete(published_prices).where(told))
        else:
            await self.tx.execute(update(published_prices).where(told).values(last_day=price_list.last_day))

    async def prices_on(self, day: date, item_ids: Collection[ItemId], currency: str) -> dict[ItemId, Money]:
        """The net price of one unit of each of these items on a day. Raises ItemHasNoPrice."""
        if not item_ids:
            return {}
        prices = published_prices.c
        held = (prices.currency == currency, prices.valid_from <= day, prices.last_day >= day)
        found = await self.tx.execute(select(prices.item_id, prices.amount).where(prices.item_id.in_(item_ids), *held))
        known = {row.item_id: Money(amount=row.amount, currency=currency) for row in found}
        if missing := set(item_ids) - known.keys():
            raise ItemHasNoPrice(f"publish a list in {currency} that names {min(missing)} for {day}, or say the price")
        return known


def price_list_of(row: RowMapping) -> PriceList:
    return PriceList(
        price_list_id=row["price_list_id"],
        version=row["version"],
        status=Status(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(price_list: PriceList) -> Mapping[str, Any]:  # Any: column values
    return {"status": price_list.status.value, **{name: getattr(price_list, name) for name in _COLUMNS}}


_TELL = """
INSERT INTO published_prices (price_list_id, currency, valid_from, last_day, item_id, amount)
SELECT $1::uuid, $2::text, $3::date, $4::date, item_id, amount
  FROM unnest($5::uuid[], $6::numeric[]) AS price(item_id, amount)
"""
