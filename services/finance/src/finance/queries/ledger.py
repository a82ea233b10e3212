"""The books: journal, trial balance, and the proof that they agree with the documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Date, Row, Text, bindparam, cast, exists, func, or_, select, text, type_coerce
from sqlalchemy.dialects.postgresql import aggregate_order_by

from contracts.ids import CustomerId, JournalEntryId, OrderId
from contracts.values import Money
from finance.domain.journal_entry import Account, Side
from finance.queries.readers import Staff, given, mapping
from finance.storage.tables import credit_accounts, journal_entries, postings
from kit.database import Document
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.routing import Reading

router = APIRouter()


class PostingAnswer(BaseModel):
    """An amount on one side of one account."""

    account: Account
    side: Side
    amount: Money


class JournalEntryAnswer(BaseModel):
    """`cause` and `subject` name the event that was posted, `cause_id` the foreign event or request behind it."""

    journal_entry_id: JournalEntryId
    posted_on: date
    cause: str
    subject: UUID
    cause_id: UUID
    text: str
    order_id: OrderId | None
    customer_id: CustomerId | None
    postings: list[PostingAnswer]


class Balance(BaseModel):
    """An account in one currency; `balance` is debit less credit."""

    account: Account
    currency: str
    debit: Decimal
    credit: Decimal
    balance: Decimal


class TrialBalance(BaseModel):
    """All accounts. It balances when, per currency, all debits are all credits."""

    balances: bool
    accounts: list[Balance]


class Claim(BaseModel):
    """Two sums that have to be the same."""

    claim: Literal[
        "debits are credits",
        "the receivable account is what is open on invoices",
        "the advances account is what is unallocated of payments",
        "the credit accounts owe what is open on invoices",
    ]
    currency: str
    ledger: Decimal
    documents: Decimal
    holds: bool


class LedgerProof(BaseModel):
    """That the books agree with the documents, in one look at the database."""

    holds: bool
    claims: list[Claim]


@router.get("/ledger/entries")
async def list_journal_entries(
    tx: Reading,
    reader: Staff,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    order_id: UUID | None = None,
    customer_id: UUID | None = None,
    account: Account | None = None,
    cause: str | None = None,
    subject: UUID | None = None,
    posted_from: date | None = None,
    posted_until: date | None = None,
) -> Page[JournalEntryAnswer]:
    """Journal entries in the order in which they were made. A merged customer's are among its survivor's."""
    entries = journal_entries.c
    filters = given({entries.order_id: order_id, entries.cause: cause, entries.subject: subject})
    filters += [] if customer_id is None else [_of_customer(customer_id)]
    filters += [] if posted_from is None else [entries.posted_on >= posted_from]
    filters += [] if posted_until is None else [entries.posted_on <= posted_until]
    if account is not None:
        mine = (postings.c.journal_entry_id == entries.journal_entry_id) & (postings.c.account == account)
        filters.append(exists().where(mine))
    filtered = select(journal_entries, _postings().label("postings")).where(*filters)
    return await paged(tx, filtered, key=entries.journal_entry_id, row=_entry, cursor=cursor, limit=limit)


@router.get("/ledger/trial-balance")
async def trial_balance(tx: Reading, reader: Staff, until: date | None = None) -> TrialBalance:
    """Debits and credits of every account, up to and with a day when one is named."""
    statement = text(_TRIAL_BALANCE).bindparams(bindparam("until", until, Date))
    accounts = [Balance(**row) for row in (await tx.execute(statement)).mappings()]
    sums = {each.currency: Decimal(0) for each in accounts}
    for each in accounts:
        sums[each.currency] += each.balance
    return TrialBalance(balances=not any(sums.values()), accounts=accounts)


@router.get("/ledger/proof")
async def proof_of_ledger(tx: Reading, reader: Staff) -> LedgerProof:
    """Debit is credit; the sub-ledgers of invoices and payments are their accounts; so is what customers owe."""
    rows = (await tx.execute(text(_PROOF))).mappings()
    claims = [Claim(holds=row["ledger"] == row["documents"], **row) for row in rows]
    return LedgerProof(holds=all(each.holds for each in claims), claims=claims)


def _of_customer(customer_id: UUID) -> ColumnElement[bool]:
    known = credit_accounts.c
    merged = select(known.customer_id).where(known.survivor_id == customer_id)
    return or_(journal_entries.c.customer_id == customer_id, journal_entries.c.customer_id.in_(merged))


def _postings() -> ColumnElement[list[PostingAnswer]]:
    each = postings.c
    amount = func.jsonb_build_object("amount", cast(each.amount, Text), "currency", each.currency)
    posting = func.jsonb_build_object("account", each.account, "side", each.side, "amount", amount)
    mine = each.journal_entry_id == journal_entries.c.journal_entry_id
    made = (
        select(func.jsonb_agg(aggregate_order_by(posting, each.place)))
        .where(mine)
        .correlate(journal_entries)
        .scalar_subquery()
    )
    return type_coerce(made, Document(list[PostingAnswer]))


def _entry(row: Row[tuple[object, ...]]) -> JournalEntryAnswer:
    return JournalEntryAnswer(**mapping(row))


_TRIAL_BALANCE = """
SELECT account, currency, debit, credit, debit - credit AS balance
  FROM (SELECT account, currency, coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0) AS debit,
               coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0) AS credit
          FROM postings JOIN journal_entries USING (journal_entry_id)
         WHERE CAST(:until AS date) IS NULL OR posted_on <= :until
         GROUP BY account, currency) AS sums
 ORDER BY currency, account
"""

_PROOF = """
WITH sums AS (
  SELECT account, currency, coalesce(sum(amount) FILTER (WHERE side = 'debit'), 0) AS debit,
         coalesce(sum(amount) FILTER (WHERE side = 'credit'), 0) AS credit
    FROM postings GROUP BY account, currency
), owed AS (
  SELECT currency, sum(open) AS open FROM invoices GROUP BY currency
), claims AS (
  SELECT 1 AS place, 'debits are credits' AS claim, currency, debit AS ledger, credit AS documents FROM sums
  UNION ALL
  SELECT 2, 'the receivable account is what is open on invoices', currency, debit - credit, 0 FROM sums
   WHERE account = 'receivable'
  UNION ALL
  SELECT 2, 'the receivable account is what is open on invoices', currency, 0, open FROM owed
  UNION ALL
  SELECT 3, 'the advances account is what is unallocated of payments', currency, credit - debit, 0 FROM sums
   WHERE account = 'customer_advances'
  UNION ALL
  SELECT 3, 'the advances account is what is unallocated of payments', currency, 0, unallocated FROM payments
   WHERE unallocated > 0
  UNION ALL
  SELECT 4, 'the credit accounts owe what is open on invoices', currency, receivables, 0 FROM credit_accounts
  UNION ALL
  SELECT 4, 'the credit accounts owe what is open on invoices', currency, 0, open FROM owed
)
SELECT claim, currency, sum(ledger) AS ledger, sum(documents) AS documents
  FROM claims GROUP BY place, claim, currency ORDER BY place, currency
"""
