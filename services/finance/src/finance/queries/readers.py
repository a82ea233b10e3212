"""Who may read, and how much: staff all of it, a customer what is its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, Row
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import CustomerId
from contracts.values import Money
from finance.storage.accounts import Accounts
from kit.auth import reads, requires
from kit.database import Transaction
from kit.principal import STAFF, Principal, own_rows

Reader = Annotated[Principal, requires(*STAFF, "customer")]
Staff = Annotated[Principal, reads()]


async def whose(tx: Transaction, reader: Principal, named: UUID | None) -> CustomerId | None:
    """To whose rows a list is limited; a merged customer's are its survivor's."""
    wanted = own_rows(reader) or (None if named is None else CustomerId(named))
    return None if wanted is None else await Accounts(tx).survivor_of(wanted)


async def readable(tx: Transaction, reader: Principal, row: RowMapping | None, what: str) -> RowMapping:
    """The row; what is not the reader's own is not there. Raises NotFound."""
    own = own_rows(reader)
    if row is None or (own is not None and row["customer_id"] != await Accounts(tx).survivor_of(own)):
        raise NotFound(f"there is no {what}")
    return row


def given(wanted: dict[ColumnElement[object], object | None]) -> list[ColumnElement[bool]]:
    """The filters that were named."""
    return [column == value for column, value in wanted.items() if value is not None]


def mapping(row: Row[tuple[object, ...]]) -> RowMapping:
    return row._mapping  # pyright: ignore[reportPrivateUsage]  (SQLAlchemy's public name)


def money(row: RowMapping, column: str) -> Money:
    amount: Decimal = row[column]
    return Money(amount=amount, currency=row["currency"])
