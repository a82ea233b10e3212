"""What a customer may owe and would owe."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Row, select

from contracts.finance import CreditState
from contracts.ids import CustomerId, OrderId
from contracts.values import Money
from finance.queries.readers import Reader, Staff, given, mapping, readable
from finance.storage.accounts import Accounts, account_of
from finance.storage.tables import credit_accounts
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.routing import Reading, tag

router = APIRouter()


class WaitingAnswer(BaseModel):
    """An order that does not fit, and what of it is open."""

    order_id: OrderId
    ordered_on: date
    gross: Money


class CreditAccountAnswer(BaseModel):
    """exposure = open_orders + receivables - unallocated_cash. `available` is what the limit leaves."""

    customer_id: CustomerId
    version: int
    name: str
    currency: str
    state: CreditState
    limit: Money | None
    exposure: Money
    available: Money | None
    open_orders: Money
    receivables: Money
    unallocated_cash: Money
    waiting: list[WaitingAnswer]


@router.get("/credit-accounts")
async def list_credit_accounts(
    tx: Reading,
    reader: Staff,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    state: CreditState | None = None,
) -> Page[CreditAccountAnswer]:
    """The accounts of customers that were not merged into another."""
    filters = given({credit_accounts.c.state: state})
    filtered = select(credit_accounts).where(credit_accounts.c.survivor_id.is_(None), *filters)
    return await paged(tx, filtered, key=credit_accounts.c.customer_id, row=_answer, cursor=cursor, limit=limit)


@router.get("/credit-accounts/{customer_id}")
async def credit_account_of_customer(
    customer_id: UUID, tx: Reading, reader: Reader, response: Response
) -> CreditAccountAnswer:
    """A merged customer's account is its survivor's."""
    survivor_id = await Accounts(tx).survivor_of(CustomerId(customer_id))
    found = (await tx.execute(select(credit_accounts).where(credit_accounts.c.customer_id == survivor_id))).first()
    row = await readable(tx, reader, None if found is None else mapping(found), f"customer {customer_id}")
    assert found is not None, "it is readable"
    tag(response, row["version"])
    return _answer(found)


def _answer(found: Row[tuple[object, ...]]) -> CreditAccountAnswer:
    row = mapping(found)
    account = account_of(row)
    return CreditAccountAnswer(
        customer_id=account.customer_id,
        version=account.version,
        name=row["name"],
        currency=account.currency,
        state=account.state,
        limit=account.limit,
        exposure=account.exposure,
        available=None if account.limit is None else account.limit - account.exposure,
        open_orders=account.open_orders,
        receivables=account.receivables,
        unallocated_cash=account.unallocated_cash,
        waiting=[WaitingAnswer(**vars(each)) for each in account.waiting],
    )
