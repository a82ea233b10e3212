"""Say of each invoice once that the day by which it was to be paid has passed."""

from __future__ import annotations

from datetime import date

from contracts.finance import InvoiceOverdue
from finance.storage.invoices import Invoices
from kit.database import Transaction

AT_ONCE = 200


async def tell_overdue_invoices(tx: Transaction, today: date) -> tuple[InvoiceOverdue, ...]:
    """At most `AT_ONCE` invoices; when there were as many, there may be more."""
    invoices = Invoices(tx)
    late = await invoices.overdue(today, AT_ONCE)
    told = [each.note_overdue(today) for each in late]
    await invoices.save_settled(late)
    return tuple(each for each in told if each is not None)
