"""Revise a quote: draft another offer in place of the one before."""

from __future__ import annotations

from datetime import UTC, date, datetime

from contracts.ids import QuoteId
from contracts.sales import QuotePrepared, QuoteSuperseded
from kit.database import Transaction
from sales.commands.prepare_quote import Offered, offer_of
from sales.domain import quoting
from sales.storage.opportunities import Opportunities
from sales.storage.quotes import Quotes


class ReviseQuote(Offered):
    """The next revision, in full; the one before can no longer be accepted from this moment on."""

    quote_id: QuoteId
    revised_on: date | None = None


async def revise_quote(command: ReviseQuote, tx: Transaction) -> tuple[QuoteSuperseded | QuotePrepared, ...]:
    today = command.revised_on or datetime.now(UTC).date()
    quotes = Quotes(tx)
    quote = await quotes.get(command.quote_id, command.expected_version)
    opportunity = await Opportunities(tx).get(quote.opportunity_id)
    offer = await offer_of(command, opportunity, today, tx)
    events = quoting.revise_quote(opportunity, quote, offer, today)
    await quotes.save(quote)
    return events
