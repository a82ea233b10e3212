"""Publish a price list: its prices stand from now on."""

from __future__ import annotations

from contracts.ids import PriceListId
from contracts.sales import PriceListPublished
from kit.database import Transaction
from kit.executor import Command
from sales.storage.price_lists import PriceLists


class PublishPriceList(Command):
    """Refused when an item would have two prices in one currency on one day."""

    price_list_id: PriceListId


async def publish_price_list(command: PublishPriceList, tx: Transaction) -> PriceListPublished:
    price_lists = PriceLists(tx)
    price_list = await price_lists.get(command.price_list_id, command.expected_version)
    published = price_list.publish(await price_lists.published_beside(price_list))
    await price_lists.save(price_list)
    await price_lists.tell_prices(price_list)
    return published
