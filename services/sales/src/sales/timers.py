"""What the sales service does when time has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.sales import QuoteExpired
from kit.database import Transaction
from kit.timers import Timers, set_timer
from sales.commands.expire_quotes import expire_quotes

EXPIRE_QUOTES = "expire_quotes"
EVERY = timedelta(minutes=5)
AT_ONCE = 100

timers = Timers()


@timers.on(EXPIRE_QUOTES)
async def expire_lapsed_quotes(service: UUID, tx: Transaction) -> tuple[QuoteExpired, ...]:
    """One timer for all quotes, set again each time: most quotes are decided long before their own would be due."""
    expired = await expire_quotes(tx, AT_ONCE)
    pause = EVERY if len(expired) < AT_ONCE else timedelta(0)
    await set_timer(tx, EXPIRE_QUOTES, service, datetime.now(UTC) + pause)
    return expired
