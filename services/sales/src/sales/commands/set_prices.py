"""Set prices in a draft."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import PriceListId
from contracts.sales import ListPrice
from kit.database import Transaction
from kit.executor import Command
from sales.storage.price_lists import PriceLists


class SetPrices(Command):
    """Net prices per unit, all of them or none; the price of an item that has one already is replaced."""

    price_list_id: PriceListId
    prices: Annotated[tuple[ListPrice, ...], Field(min_length=1, max_length=5000)]


async def set_prices(command: SetPrices, tx: Transaction) -> None:
    price_lists = PriceLists(tx)
    price_list = await price_lists.get(command.price_list_id, command.expected_version)
    price_list.set_prices(command.prices)
    await price_lists.save(price_list)
