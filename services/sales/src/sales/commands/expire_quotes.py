"""Expire the sent quotes whose last day has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime

from contracts.sales import QuoteExpired
from kit.database import Transaction
from sales.storage.quotes import Quotes


async def expire_quotes(tx: Transaction, limit: int, today: date | None = None) -> tuple[QuoteExpired, ...]:
    day = today or datetime.now(UTC).date()
    quotes = Quotes(tx)
    expired: list[QuoteExpired] = []
    for quote in await quotes.lapsed(day, limit):
        if (event := quote.expire(day)) is not None:
            await quotes.save(quote)
            expired.append(event)
    return tuple(expired)
