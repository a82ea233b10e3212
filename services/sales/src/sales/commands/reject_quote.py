"""Reject a quote: the customer says no to a revision."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.ids import QuoteId
from contracts.sales import QuoteRejected
from kit.database import Transaction
from kit.executor import Command
from sales.commands.accept_quote import day_of_decision
from sales.storage.quotes import Quotes


class RejectQuote(Command):
    """The revision that the customer holds, and why it says no; its opportunity stays open for another."""

    quote_id: QuoteId
    revision: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    rejected_on: date | None = None


async def reject_quote(command: RejectQuote, tx: Transaction) -> QuoteRejected:
    quotes = Quotes(tx)
    quote = await quotes.get(command.quote_id, command.expected_version)
    day = await day_of_decision(quote, command.rejected_on, tx)
    rejected = quote.reject(command.revision, command.reason, today=day)
    await quotes.save(quote)
    return rejected
