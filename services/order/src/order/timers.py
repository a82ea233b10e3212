"""What the order service does when time has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.order import FulfilmentStuck
from kit.database import Transaction
from kit.timers import Timers, set_timer
from order.commands.tell_stuck_orders import AT_ONCE, tell_stuck_orders

LOOK_AFTER_ORDERS = "look_after_orders"
LOOK_AFTER_ALL_ORDERS = "look_after_all_orders"

EVERY = timedelta(minutes=1)
ALL_EVERY = timedelta(hours=1)

timers = Timers()


@timers.on(LOOK_AFTER_ORDERS)
async def look_after_orders(service: UUID, tx: Transaction) -> tuple[FulfilmentStuck, ...]:
    """One timer for all orders, set again each time: an order's own timer would be set at every hop.

    It looks at the waits that ended since the last look at all of them. Nearly every wait of the past was over in time,
    and the index remembers its end until it is vacuumed, which is the rarer, the more orders are stored.
    """
    now = datetime.now(UTC)
    await set_timer(tx, LOOK_AFTER_ORDERS, service, now + EVERY)
    return await tell_stuck_orders(tx, now, since=now - ALL_EVERY)


@timers.on(LOOK_AFTER_ALL_ORDERS)
async def look_after_all_orders(service: UUID, tx: Transaction) -> tuple[FulfilmentStuck, ...]:
    """What ended while nobody looked, or was too much for one look; at once when this turn was not enough either."""
    now = datetime.now(UTC)
    told = await tell_stuck_orders(tx, now)
    await set_timer(tx, LOOK_AFTER_ALL_ORDERS, service, now if len(told) == AT_ONCE else now + ALL_EVERY)
    return told
