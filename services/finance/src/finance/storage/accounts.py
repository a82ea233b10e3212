"""Credit accounts: one row per customer; a merged customer's row says who it is now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select, update

from contracts.errors import NotFound
from contracts.ids import CustomerId
from contracts.values import Money
from finance.domain.credit_account import CreditAccount, WaitingOrder
from finance.storage.tables import credit_accounts, credit_notes, invoices, orders, payments, refunds
from kit.bulk import Row, Write, read_rows, write_rows
from kit.context import note_written
from kit.database import Transaction
from kit.kept import Kept
from kit.later import Update
from kit.storage import Rows, must_be_at

_WAITING: TypeAdapter[tuple[WaitingOrder, ...]] = TypeAdapter(tuple[WaitingOrder, ...])


class CustomerUnknown(NotFound):
    """Credit, invoices and payments are those of a registered customer."""


@dataclass(frozen=True)
class _Entry:
    """An account, and who the customer is now, when it was merged into another."""

    account: CreditAccount
    survivor_id: CustomerId | None


class Accounts:
    """The account is locked before anything of its customer: who holds it, holds the customer's orders and money."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, credit_accounts, credit_accounts.c.customer_id, "credit account")
        self._kept: Kept[_Entry] = Kept(tx, "credit account")

    async def read_ahead(self, customer_ids: Collection[CustomerId]) -> None:
        """Read and lock these in one statement, for those who ask for one of them in this batch."""
        _ = await self._kept.all(customer_ids, self._read)

    async def of(self, customer_id: CustomerId, expected_version: int | None = None) -> CreditAccount:
        """The account of the customer, or of the one that it was merged into. Raises CustomerUnknown."""
        entry = await self._find(customer_id)
        while entry is not None and entry.survivor_id is not None:
            entry = await self._find(entry.survivor_id)
        if entry is None:
            raise CustomerUnknown(f"there is no customer {customer_id}; register it with the customer service first")
        must_be_at("credit account", entry.account.version, expected_version)
        return entry.account

    async def own(self, customer_id: CustomerId) -> CreditAccount | None:
        """The customer's very own account, or None when it was merged. Raises CustomerUnknown."""
        entry = await self._find(customer_id)
        if entry is None:
            raise CustomerUnknown(f"there is no customer {customer_id}; its registration may be on its way")
        return None if entry.survivor_id is not None else entry.account

    async def add(self, account: CreditAccount, name: str) -> None:
        account.version = await self.rows.add(account.customer_id, {"name": name, **_values(account)})
        self._kept.put(account.customer_id, _Entry(account, None))

    async def save(self, account: CreditAccount) -> None:
        await write_rows(self.tx, self.saving(account))

    def saving(self, account: CreditAccount) -> Write:
        """What `save` writes, to be written together with something else."""
        was, account.version = account.version, account.version + 1
        note_written(account.customer_id, account.version)
        values = {**_values(account), "waiting": _WAITING.dump_json(account.waiting).decode()}
        return _SAVE, [(account.customer_id, was, account.version, *values.values())]

    async def _find(self, customer_id: CustomerId) -> _Entry | None:
        """Read and lock one row, if there is one."""
        return await self._kept.one(customer_id, self._read)

    async def _read(self, customer_ids: list[UUID]) -> dict[UUID, _Entry]:
        found: dict[UUID, _Entry] = {}
        for row in await read_rows(self.tx, _FIND, customer_ids):
            account = account_of({**row, "waiting": _WAITING.validate_json(row["waiting"])})
            found[account.customer_id] = _Entry(account, row["survivor_id"])
        return found

    async def rename(self, customer_id: CustomerId, name: str) -> None:
        mine = credit_accounts.c.customer_id == customer_id
        await self.tx.execute(update(credit_accounts).where(mine).values(name=name))

    async def survivor_of(self, customer_id: CustomerId) -> CustomerId:
        """Who the customer is now, for reading; who is unknown is taken to be nobody else."""
        known = select(credit_accounts.c.survivor_id).where(credit_accounts.c.customer_id == customer_id)
        return (await self.tx.scalar(known)) or customer_id

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names the merged customer now names the survivor; the journal says who it was."""
        merged = (credit_accounts.c.customer_id == merged_id) | (credit_accounts.c.survivor_id == merged_id)
        await self.tx.execute(update(credit_accounts).where(merged).values(survivor_id=survivor_id))
        for table in (orders, invoices, credit_notes, payments, refunds):
            values = {"customer_id": survivor_id, "version": table.c.version + 1}
            await self.tx.execute(update(table).where(table.c.customer_id == merged_id).values(values))


def account_of(row: Row) -> CreditAccount:
    def money(amount: Decimal) -> Money:
        return Money(amount=amount, currency=row["currency"])

    return CreditAccount(
        customer_id=row["customer_id"],
        version=row["version"],
        currency=row["currency"],
        limit=None if row["credit_limit"] is None else money(row["credit_limit"]),
        state=row["state"],
        approved=money(row["approved"]),
        receivables=money(row["receivables"]),
        unallocated_cash=money(row["unallocated_cash"]),
        waiting=row["waiting"],
    )


def _values(account: CreditAccount) -> Mapping[str, Any]:  # Any: column values
    return {
        "currency": account.currency,
        "credit_limit": None if account.limit is None else account.limit.amount,
        "state": account.state,
        "approved": account.approved.amount,
        "receivables": account.receivables.amount,
        "unallocated_cash": account.unallocated_cash.amount,
        "waiting": account.waiting,
    }


_FIND = "SELECT * FROM credit_accounts WHERE customer_id = ANY($1::uuid[]) ORDER BY customer_id FOR UPDATE"

_SAVE = Update("""
UPDATE credit_accounts a
   SET version = n.version, currency = n.currency, credit_limit = n.credit_limit, state = n.state,
       approved = n.approved, receivables = n.receivables, unallocated_cash = n.unallocated_cash, waiting = n.waiting
  FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::numeric[], $6::text[], $7::numeric[], $8::numeric[],
              $9::numeric[], $10::jsonb[])
    AS n(customer_id, was, version, currency, credit_limit, state, approved, receivables, unallocated_cash, waiting)
 WHERE a.customer_id = ANY($1::uuid[]) AND a.customer_id = n.customer_id AND a.version = n.was
""")
