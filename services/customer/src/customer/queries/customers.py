"""Customers: lists, search, one in full."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, func, select

from contracts.customer import CustomerKind
from contracts.ids import ContactId, CustomerId
from customer.domain.customer import Status
from customer.domain.profile import tidy_tax_id
from customer.queries.records import Reader, answering_for, records_of
from customer.storage.tables import customers
from customer.storage.words import wanted
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import Principal
from kit.problems import RESPONSES
from kit.routing import Reading, tag

router = APIRouter(tags=["customers"], responses=RESPONSES)


class ContactAnswer(BaseModel):
    """Someone to talk to; in each role one is asked first."""

    model_config = ConfigDict(from_attributes=True)

    contact_id: ContactId
    role: str
    name: str
    email: str | None
    phone: str | None
    primary: bool


class CustomerAnswer(BaseModel):
    """A customer. `survivor_id` is the customer that a merged record now means."""

    model_config = ConfigDict(from_attributes=True)

    customer_id: CustomerId
    version: int
    number: str
    status: Status
    kind: CustomerKind
    name: str
    country: str
    currency: str
    tax_id: str | None
    external_reference: str | None
    parent_id: CustomerId | None
    survivor_id: CustomerId | None
    contacts: list[ContactAnswer]


class CustomerInFull(CustomerAnswer):
    """A customer, and the records that were merged into it."""

    merged_from: CustomerId | None
    """A hint: the id that was asked for, when that record was merged into this one. Use `customer_id` from now on."""
    merged_ids: list[CustomerId]


@router.get("/customers")
async def list_customers(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    name: Annotated[str | None, Query(description="how the name begins, in small or capital letters")] = None,
    external_reference: str | None = None,
    tax_id: str | None = None,
    country: str | None = None,
    status: Status | None = None,
    parent_id: UUID | None = None,
) -> Page[CustomerAnswer]:
    """Customers by the time they were registered. A customer sees itself.

    Merged records are shown when they are asked for: by status, or by the tax id or reference that they keep.
    """
    equal: dict[ColumnElement[Any], object | None] = {  # Any: columns of several types
        customers.c.external_reference: external_reference,
        customers.c.tax_id: tidy_tax_id(tax_id),
        customers.c.country: country and country.upper(),
        customers.c.status: status,
        customers.c.parent_id: parent_id,
    }
    filtered = _visible(reader).where(*(column == value for column, value in equal.items() if value is not None))
    if name is not None:
        filtered = filtered.where(func.lower(customers.c.name).startswith(name.lower(), autoescape=True))
    if status is None and tax_id is None and external_reference is None:
        filtered = filtered.where(customers.c.status != Status.MERGED)
    return await paged(
        tx, filtered, key=customers.c.customer_id, row=CustomerAnswer.model_validate, cursor=cursor, limit=limit
    )


@router.get("/customers/search")
async def search_customers(
    tx: Reading,
    _: Annotated[Principal, reads()],
    q: Annotated[str, Query(min_length=1, max_length=200, description="words, or how they begin")],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CustomerAnswer]:
    """Customers by name, each with all of these words in its name, numbers or contacts.

    What is only found in a merged record leads to its survivor.
    """
    found = customers.alias("found")
    answering = func.coalesce(found.c.survivor_id, found.c.customer_id)
    return await paged(
        tx,
        select(customers).where(
            customers.c.customer_id.in_(select(answering).where(found.c.words.op("@@")(wanted(q))))
        ),
        key=(customers.c.name, customers.c.customer_id),
        row=CustomerAnswer.model_validate,
        cursor=cursor,
        limit=limit,
    )


@router.get("/customers/{customer_id}")
async def customer_by_id(customer_id: UUID, tx: Reading, reader: Reader, response: Response) -> CustomerInFull:
    """A merged record is answered by its survivor; `merged_from` then says so."""
    records = await records_of(tx, customer_id, reader)
    own, *merged = records.ids
    tag(response, records.row["version"])
    hint = None if own == customer_id else customer_id
    return CustomerInFull.model_validate({**records.row, "merged_from": hint, "merged_ids": merged})


def _visible(reader: Principal) -> Select[Any]:  # Any: all columns
    everyone = select(customers)
    if reader.customer_id is None:
        return everyone
    return everyone.where(customers.c.customer_id == answering_for(reader.customer_id))
