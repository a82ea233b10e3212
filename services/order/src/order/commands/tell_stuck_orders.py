"""Report the orders that have waited for longer than they should."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.order import FulfilmentStuck
from kit.database import Transaction
from order.storage.orders import Orders


async def tell_stuck_orders(tx: Transaction, now: datetime | None = None) -> tuple[FulfilmentStuck, ...]:
    orders = Orders(tx)
    return tuple([await orders.tell_stuck(order) for order in await orders.overdue(now or datetime.now(UTC))])
