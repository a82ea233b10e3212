"""What one use case changes of a customer's money, kept together until its end: the account and the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from contracts.errors import Refused
from contracts.event import Event
from contracts.finance import InvoicePaid, PaymentAllocated, RefundIssued
from finance.domain import postings
from finance.domain.credit_account import CreditAccount, News
from finance.domain.invoice import ROUNDING_TOLERANCE, Invoice
from finance.domain.journal_entry import JournalEntry
from finance.domain.open_order import OpenOrder
from finance.domain.payment import Payment
from finance.domain.refund import Refund
from finance.storage import journal
from finance.storage.accounts import Accounts
from kit.bulk import Write, write_rows
from kit.context import current_event
from kit.database import Transaction


class Booking:
    """The account moves silently; `review` says once what all of it means, `post` writes everything at once."""

    def __init__(self, tx: Transaction, account: CreditAccount, on: date) -> None:
        self.tx = tx
        self.account = account
        self.on = on
        self.entries: list[JournalEntry] = []
        self.writes: list[Write] = []

    def enter(self, entry: JournalEntry | None) -> None:
        self.entries += [] if entry is None else [entry]

    def settle(self, events: Iterable[Event], payments: Sequence[Payment]) -> None:
        """Each allocation turns cash of the account into a settled receivable."""
        by_id = {each.payment_id: each for each in payments}
        for event in events:
            if isinstance(event, PaymentAllocated):
                self.account.settle(by_id[event.payment_id], event.amount)
                self.enter(postings.for_allocation(event, self.on))

    def waive_rounding(self, order: OpenOrder, invoices: Iterable[Invoice]) -> tuple[InvoicePaid, ...]:
        """Cents that rounding leaves open on a prepaid order, when nothing of it is left to invoice."""
        if not order.prepaid or not order.is_invoiced:
            return ()
        told = (self._waive(each) for each in invoices if each.open and each.open.amount <= ROUNDING_TOLERANCE)
        return tuple(paid for paid in told if paid is not None)

    def refund(self, refund: Refund, payment: Payment) -> RefundIssued:
        self.account.refund(payment, refund.amount)
        issued = refund.issue()
        self.enter(postings.for_refund(issued, self.on))
        return issued

    def review(self) -> tuple[News, ...]:
        """What the account's movements mean for orders that wait and for its state; it is saved by `post`."""
        news = self.account.review()
        self.writes.append(Accounts(self.tx).saving(self.account))
        return news

    async def post(self, taken: Mapping[str, Refused] | None = None) -> None:
        """Write the account, the journal, and what else is in `writes`; `taken` says what a key that is taken means."""
        await write_rows(self.tx, *self.writes, *journal.posting(self.entries), taken=taken)

    def _waive(self, invoice: Invoice) -> InvoicePaid | None:
        before = invoice.open
        paid = invoice.waive_rounding()
        self.account.credit(before, invoice.open)
        self.enter(None if paid is None else postings.for_waived_rounding(paid, before, self.on))
        return paid


def today() -> date:
    return datetime.now(UTC).date()


def day_of_event() -> date:
    """The day on which the event at hand happened, whenever it is heard of."""
    return current_event().time.astimezone(UTC).date()
