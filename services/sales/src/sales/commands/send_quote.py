"""Send a quote: from now on the customer may accept it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from contracts.ids import QuoteId
from contracts.sales import QuoteSent
from kit.database import Transaction
from kit.executor import Command
from sales.domain import quoting
from sales.storage.opportunities import Opportunities
from sales.storage.quotes import Quotes


class SendQuote(Command):
    """The draft leaves the house; it stands until its last day, that day included."""

    quote_id: QuoteId
    sent_on: date | None = None


async def send_quote(command: SendQuote, tx: Transaction) -> QuoteSent:
    quotes = Quotes(tx)
    quote = await quotes.get(command.quote_id, command.expected_version)
    opportunity = await Opportunities(tx).get(quote.opportunity_id)
    sent = quoting.send_quote(opportunity, quote, command.sent_on or datetime.now(UTC).date())
    await quotes.save(quote)
    return sent
