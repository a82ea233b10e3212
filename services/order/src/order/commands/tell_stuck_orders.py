"""Report the orders that have waited for longer than they should."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.order import FulfilmentStuck
from kit.database import Transaction
from order.storage.orders import Orders

AT_ONCE = 100
"""So many orders are reported in one transaction; the rest next time."""


async def tell_stuck_orders(
    tx: Transaction, now: datetime | None = None, *, since: datetime | None = None
) -> tuple[FulfilmentStuck, ...]:
    """Of the waits that ended after `since`, or whenever."""
    orders = Orders(tx)
    overdue = await orders.overdue(now or datetime.now(UTC), since, limit=AT_ONCE)
    return tuple([await orders.tell_stuck(order) for order in overdue])
