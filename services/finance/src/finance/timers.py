"""What the finance service does when time has passed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.finance import InvoiceOverdue
from finance.commands.tell_overdue_invoices import AT_ONCE, tell_overdue_invoices
from kit.database import Transaction
from kit.timers import Timers, set_timer

LOOK_AFTER_INVOICES = "look_after_invoices"
EVERY = timedelta(minutes=10)

timers = Timers()


@timers.on(LOOK_AFTER_INVOICES)
async def look_after_invoices(service: UUID, tx: Transaction) -> tuple[InvoiceOverdue, ...]:
    """One timer for all invoices, set again each time; at once when this turn was not enough."""
    now = datetime.now(UTC)
    told = await tell_overdue_invoices(tx, now.date())
    await set_timer(tx, LOOK_AFTER_INVOICES, service, now if len(told) == AT_ONCE else now + EVERY)
    return told
