"""Customers: one row each, with its contacts as a document."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Select, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import RowMapping

from contracts.errors import OrderloopError
from contracts.ids import CustomerId
from customer.domain.customer import Customer, CustomerUnknown, ExternalReferenceTaken, Status, TaxIdTaken
from customer.storage.tables import customer_number, customers
from customer.storage.words import stored
from kit.database import Transaction, constraint_of
from kit.locks import lock
from kit.storage import Rows

_COLUMNS = (
    "number", "kind", "name", "country", "currency", "tax_id", "external_reference", "parent_id", "survivor_id",
    "contacts",
)  # fmt: skip

_TREE = UUID("01900000-0000-7000-8000-000000000000")
"""Held by whoever changes who is above whom: two changes, each fine by itself, could close a ring together."""


class Customers:
    """The customers of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, customers, customers.c.customer_id, "customer")

    async def get(self, customer_id: CustomerId, expected_version: int | None = None) -> Customer:
        """Raises NotFound, VersionMismatch."""
        return customer_in(await self.rows.load(customer_id, expected_version))

    async def add(self, customer: Customer) -> None:
        """Raises TaxIdTaken, ExternalReferenceTaken, and CustomerUnknown when there is no such parent."""
        async with _refusals(customer):
            customer.version = await self.rows.add(customer.customer_id, _values(customer))
            await self.tx.flush()

    async def save(self, customer: Customer) -> None:
        """Write a customer back that was read here. Refuses as `add` does."""
        async with _refusals(customer):
            customer.version = await self.rows.save(customer.customer_id, customer.version, _values(customer))
            await self.tx.flush()

    async def next_number(self) -> str:
        return f"C-{await self.tx.scalar(customer_number.next_value()):06d}"

    async def merging(
        self, merged_id: CustomerId, survivor_id: CustomerId, expected_version: int | None
    ) -> tuple[Customer, Customer, list[Customer]]:
        """The one to be merged, its survivor, and all who were merged into the first before.

        The two are locked in the order of their ids, and first: from then on nobody joins the followers.
        """
        pair = sorted({merged_id, survivor_id})
        expected = {merged_id: expected_version}
        found = {each: await self.get(each, expected.get(each)) for each in pair}
        followers = select(customers).where(customers.c.survivor_id == merged_id).order_by(customers.c.customer_id)
        rows = (await self.tx.execute(followers.with_for_update())).mappings()
        return found[merged_id], found[survivor_id], [customer_in(row) for row in rows]

    async def ancestors(self, parent_id: CustomerId | None) -> frozenset[CustomerId]:
        """This parent and all above it; above a merged one is its survivor. They stay so until the commit."""
        if parent_id is None:
            return frozenset()
        await lock(self.tx, [_TREE])
        up = customers.alias("up")
        step = func.coalesce(customers.c.survivor_id, customers.c.parent_id).label("step")
        above = select(customers.c.customer_id, step).where(customers.c.customer_id == parent_id)
        chain = above.cte("above", recursive=True)
        higher = select(up.c.customer_id, func.coalesce(up.c.survivor_id, up.c.parent_id)).join_from(
            up, chain, up.c.customer_id == chain.c.step
        )
        found = await self.tx.scalars(select(chain.union(higher).c.customer_id))
        return frozenset(found.all())

    async def not_active(self, customer_ids: Collection[CustomerId]) -> list[Customer]:
        """Those who answer for these ids and are not active, locked in the order of their ids."""
        rows = (await self.tx.execute(_NOT_ACTIVE, {"named": list(customer_ids)})).mappings()
        return [customer_in(row) for row in rows]


def customer_in(row: RowMapping) -> Customer:
    return Customer(
        customer_id=row["customer_id"],
        version=row["version"],
        status=Status(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(customer: Customer) -> Mapping[str, Any]:  # Any: column values
    return {
        "status": customer.status.value,
        "words": stored(_searched_by(customer)),
        **{name: getattr(customer, name) for name in _COLUMNS},
    }


def _searched_by(customer: Customer) -> Iterator[str | None]:
    """What people type to find a customer: what it is called and numbered, and its contacts."""
    yield from (customer.name, customer.number, customer.external_reference, customer.tax_id)
    for each in customer.contacts:
        yield from (each.name, each.email, each.phone)


@asynccontextmanager
async def _refusals(customer: Customer) -> AsyncGenerator[None]:
    """A violated key as the refusal that it is: the database decides, so no statement asks before."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        refusal = _refusal(constraint_of(error), customer)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(key: str, customer: Customer) -> OrderloopError | None:
    match key:
        case "customers_tax_id":
            return TaxIdTaken(
                f"tax id {customer.tax_id} of {customer.country} is another customer's: find it by tax_id and country,"
                " and use it, or merge the two"
            )
        case "customers_external_reference":
            return ExternalReferenceTaken(
                f"external reference {customer.external_reference} is another customer's: find it by"
                " external_reference, and use it"
            )
        case "customers_parent_is_known":
            return CustomerUnknown(f"there is no customer {customer.parent_id} to be the parent; register it first")
        case _:
            return None


def _not_active() -> Select[Any]:  # Any: the columns of the table
    named = customers.alias("named")
    answering = select(func.coalesce(named.c.survivor_id, named.c.customer_id)).where(
        named.c.customer_id == any_(bindparam("named", type_=ARRAY(Uuid)))
    )
    idle = customers.c.status.in_([Status.PROSPECT, Status.INACTIVE])
    found = select(customers).where(idle, customers.c.customer_id.in_(answering)).order_by(customers.c.customer_id)
    return found.with_for_update(of=customers)


_NOT_ACTIVE = _not_active()
