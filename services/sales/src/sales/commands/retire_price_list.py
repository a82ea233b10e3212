"""Retire a price list: it holds no longer from a day on."""

from __future__ import annotations

from datetime import UTC, date, datetime

from contracts.ids import PriceListId
from contracts.sales import PriceListRetired
from kit.database import Transaction
from kit.executor import Command
from sales.storage.price_lists import PriceLists


class RetirePriceList(Command):
    """The first day on which a published list no longer holds (today unless said); prices of earlier days stay."""

    price_list_id: PriceListId
    retired_from: date | None = None


async def retire_price_list(command: RetirePriceList, tx: Transaction) -> PriceListRetired:
    price_lists = PriceLists(tx)
    price_list = await price_lists.get(command.price_list_id, command.expected_version)
    retired = price_list.retire(command.retired_from or datetime.now(UTC).date())
    await price_lists.save(price_list)
    await price_lists.end_prices(price_list)
    return retired
