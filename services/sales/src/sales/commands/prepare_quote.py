"""Prepare a quote: draft an offer for an open opportunity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import ItemId, OpportunityId
from contracts.lines import Line, Percent
from contracts.sales import QuotePrepared
from contracts.values import CurrencyCode, Money, Quantity
from kit.database import Transaction
from kit.executor import Command
from sales.domain import quoting
from sales.domain.catalogue import CatalogueEntry
from sales.domain.offer import Offer
from sales.domain.opportunity import Opportunity
from sales.storage.copies import Catalogue
from sales.storage.opportunities import Opportunities
from sales.storage.price_lists import PriceLists
from sales.storage.quotes import Quotes

STANDS_FOR = timedelta(days=30)


class OfferedLine(BaseModel):
    """So many of an item. A description not said is the catalogue's, a net unit price not said the price list's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: ItemId
    quantity: Quantity
    unit_price: Money | None = None
    tax_percent: Percent = Decimal(0)
    description: Annotated[str, Field(max_length=300)] = ""


class Offered(Command):
    """What is offered, until when (30 days unless said), and how it is paid.

    Prices not said are list prices in `currency`: that of the first price said, else of the opportunity.
    """

    lines: Annotated[tuple[OfferedLine, ...], Field(max_length=500)]
    valid_until: date | None = None
    prepaid: bool = False
    requested_on: date | None = None
    currency: CurrencyCode | None = None


class PrepareQuote(Offered):
    """Revision 1 of a quote for an open opportunity whose customer is known.

    `customer_reference` is the customer's own order number, where it is known already. A line without a price takes
    that of the price list in `currency`: that of the first price said, else of the opportunity.
    """

    opportunity_id: OpportunityId
    customer_reference: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    prepared_on: date | None = None


async def prepare_quote(command: PrepareQuote, tx: Transaction) -> QuotePrepared:
    today = command.prepared_on or datetime.now(UTC).date()
    opportunities, quotes = Opportunities(tx), Quotes(tx)
    opportunity = await opportunities.get(command.opportunity_id, command.expected_version)
    was_quoted = opportunity.quoted
    quote, prepared = quoting.prepare_quote(
        opportunity,
        await offer_of(command, opportunity, today, tx),
        number=await quotes.next_number(),
        today=today,
        customer_reference=command.customer_reference,
    )
    await quotes.add(quote)
    if not was_quoted:
        await opportunities.save(opportunity)
    return prepared


async def offer_of(command: Offered, opportunity: Opportunity, today: date, tx: Transaction) -> Offer:
    """The offer in full words and prices. Raises ItemUnknown, ItemHasNoPrice."""
    entries = await Catalogue(tx).known(line.item_id for line in command.lines)
    said = [line.unit_price for line in command.lines if line.unit_price is not None]
    currency = command.currency or (said[0] if said else opportunity.amount).currency
    unpriced = {line.item_id for line in command.lines if line.unit_price is None}
    prices = await PriceLists(tx).prices_on(today, unpriced, currency)
    return Offer(
        lines=tuple(_line(line, entries[line.item_id], prices) for line in command.lines),
        valid_until=command.valid_until or today + STANDS_FOR,
        prepaid=command.prepaid,
        requested_on=command.requested_on,
    )


def _line(offered: OfferedLine, entry: CatalogueEntry, prices: Mapping[ItemId, Money]) -> Line:
    price = prices[offered.item_id] if offered.unit_price is None else offered.unit_price
    line = entry.line(offered.quantity, price, offered.tax_percent)
    return line.model_copy(update={"description": offered.description or entry.description})
