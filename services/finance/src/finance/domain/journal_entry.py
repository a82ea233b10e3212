"""JournalEntry: double entry. What one account gains another gives, per currency; nothing is edited or deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.errors import Malformed
from contracts.ids import CustomerId, JournalEntryId, OrderId, new_id
from contracts.values import Money


class EntryDoesNotBalance(Malformed):
    """Debit equals credit in every currency of an entry."""


class EntryHasNoPostings(Malformed):
    """An entry moves something: it has postings, each of more than nothing."""


class Account(StrEnum):
    """The chart of accounts. A debit makes assets and costs more, a credit makes debts and revenue more."""

    CASH = "cash"
    RECEIVABLE = "receivable"
    """The control account of the open invoices: its balance is the sum of what is open on them."""
    INVENTORY = "inventory"
    CUSTOMER_ADVANCES = "customer_advances"
    """What we owe customers: the sum of the unallocated parts of payments."""
    OUTPUT_VAT = "output_vat"
    GOODS_RECEIVED_NOT_INVOICED = "goods_received_not_invoiced"
    OPENING_BALANCE = "opening_balance"
    REVENUE = "revenue"
    COST_OF_GOODS_SOLD = "cost_of_goods_sold"
    INVENTORY_ADJUSTMENTS = "inventory_adjustments"
    ROUNDING_DIFFERENCES = "rounding_differences"


Side = Literal["debit", "credit"]


@dataclass(frozen=True, kw_only=True)
class Posting:
    """An amount, more than zero, on one side of one account."""

    account: Account
    side: Side
    amount: Money

    @property
    def signed(self) -> Decimal:
        """Debit counts up, credit down."""
        return self.amount.amount if self.side == "debit" else -self.amount.amount


@dataclass(frozen=True, eq=False, kw_only=True)
class JournalEntry:
    """Refers to the event that caused it: its type and its subject. An entry that does not balance cannot be made."""

    journal_entry_id: JournalEntryId = field(default_factory=lambda: JournalEntryId(new_id()))
    posted_on: date
    cause: str
    """The CloudEvents type of the causing event."""
    subject: UUID
    """The aggregate which the causing event is about."""
    text: str
    order_id: OrderId | None = None
    customer_id: CustomerId | None = None
    postings: tuple[Posting, ...]
    version: int = 0

    def __post_init__(self) -> None:
        if not self.postings or any(each.amount.amount <= 0 for each in self.postings):
            raise EntryHasNoPostings(f"{self.text}: leave the entry out, or its postings of nothing")
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for each in self.postings:
            sums[each.amount.currency] += each.signed
        if wrong := {currency: str(amount) for currency, amount in sums.items() if amount}:
            raise EntryDoesNotBalance(f"{self.text}: debit less credit is {wrong}; post what is missing")


def debit(account: Account, amount: Money) -> Posting:
    """A posting on the debit side; a negative amount stands on the other side."""
    return Posting(account=account, side="credit" if amount.is_negative else "debit", amount=_absolute(amount))


def credit(account: Account, amount: Money) -> Posting:
    """A posting on the credit side; a negative amount stands on the other side."""
    return debit(account, -amount)


def balances(entries: Iterable[JournalEntry]) -> dict[tuple[Account, str], Decimal]:
    """The trial balance: debit less credit per account and currency. It adds up to zero per currency."""
    sums: defaultdict[tuple[Account, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account, posting.amount.currency] += posting.signed
    return dict(sums)


def _absolute(amount: Money) -> Money:
    return -amount if amount.is_negative else amount
