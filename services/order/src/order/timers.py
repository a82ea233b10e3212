"""What the order service does when time has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.order import FulfilmentStuck
from kit.database import Transaction
from kit.timers import Timers, set_timer
from order.commands.tell_stuck_orders import tell_stuck_orders

LOOK_AFTER_ORDERS = "look_after_orders"
EVERY = timedelta(minutes=1)

timers = Timers()


@timers.on(LOOK_AFTER_ORDERS)
async def look_after_orders(service: UUID, tx: Transaction) -> tuple[FulfilmentStuck, ...]:
    """One timer for all orders, set again each time: an order's own timer would be set at every hop."""
    await set_timer(tx, LOOK_AFTER_ORDERS, service, datetime.now(UTC) + EVERY)
    return await tell_stuck_orders(tx)
