"""Accept a quote: the customer's yes wins the opportunity."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import Field

from contracts.errors import Forbidden, NotFound
from contracts.ids import QuoteId
from contracts.sales import OpportunityWon, QuoteAccepted
from kit import context
from kit.database import Transaction
from kit.executor import Command
from sales.domain import quoting
from sales.domain.quote import Quote
from sales.storage.copies import Customers
from sales.storage.opportunities import Opportunities
from sales.storage.quotes import Quotes


class DayIsToday(Forbidden):
    """A customer decides today; only our own people record what was decided on another day."""


class AcceptQuote(Command):
    """The revision that the customer holds, and the customer's own order number."""

    quote_id: QuoteId
    revision: Annotated[int, Field(ge=1)]
    customer_reference: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    accepted_on: date | None = None


async def accept_quote(command: AcceptQuote, tx: Transaction) -> tuple[QuoteAccepted, OpportunityWon]:
    quotes, opportunities = Quotes(tx), Opportunities(tx)
    quote = await quotes.get(command.quote_id, command.expected_version)
    day = await day_of_decision(quote, command.accepted_on, tx)
    opportunity = await opportunities.get(quote.opportunity_id)
    events = quoting.accept_quote(
        opportunity, quote, command.revision, today=day, customer_reference=command.customer_reference
    )
    await quotes.save(quote)
    await opportunities.save(opportunity)
    return events


async def day_of_decision(quote: Quote, said: date | None, tx: Transaction) -> date:
    """When the customer decided. One that asks itself decides about its own quotes only, and today."""
    asker = context.principal.get()
    if asker is not None and asker.customer_id is not None:
        if await Customers(tx).survivor_of(asker.customer_id) != quote.customer_id:
            raise NotFound(f"there is no quote {quote.quote_id}")
        if said is not None:
            raise DayIsToday("leave the day out")
    return said or datetime.now(UTC).date()
