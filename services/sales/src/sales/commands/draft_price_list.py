"""Draft a price list."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import PriceListId
from contracts.sales import ListPrice
from contracts.values import CurrencyCode
from kit.database import Transaction
from kit.executor import Command
from sales.domain.price_list import PriceList
from sales.storage.price_lists import PriceLists


class DraftPriceList(Command):
    """Net prices per unit from one day until another, both included; nobody sees them in a quote until it is published.

    Its id is made by whoever drafts it, so that it is known without asking again; it comes once.
    """

    price_list_id: PriceListId
    name: Annotated[str, Field(min_length=1, max_length=200)]
    currency: CurrencyCode
    valid_from: date
    valid_until: date | None = None
    prices: Annotated[tuple[ListPrice, ...], Field(max_length=5000)] = ()


async def draft_price_list(command: DraftPriceList, tx: Transaction) -> None:
    price_list = PriceList(
        price_list_id=command.price_list_id,
        name=command.name,
        currency=command.currency,
        valid_from=command.valid_from,
        valid_until=command.valid_until,
    )
    price_list.set_prices(command.prices)
    await PriceLists(tx).add(price_list)
