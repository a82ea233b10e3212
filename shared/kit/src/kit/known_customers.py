"""The copy of customers that a service keeps. Who was merged into whom is found in one way everywhere."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, ClassVar

from sqlalchemy import Select, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.customer import CustomerProfileChanged, CustomerRegistered
from contracts.errors import NotFound
from contracts.ids import CustomerId
from kit.database import Transaction
from kit.storage import rows_of

_NOT_MERGED = "FOR SHARE"
"""Who is resolved is not merged before the transaction ends."""


class KnownCustomers:
    """The customers that have been heard of. A service says in which table, what it keeps, and what it refuses with."""

    table: ClassVar[Table]
    """Has `customer_id`, `survivor_id` and what is kept."""
    keeps: ClassVar[tuple[str, ...]] = ("name",)
    unknown: ClassVar[type[NotFound]]

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, event: CustomerRegistered | CustomerProfileChanged) -> None:
        told = {name: getattr(event, name) for name in self.keeps}
        row = insert(self.table).values(customer_id=event.customer_id, **told)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["customer_id"], set_=told))

    async def merge(self, customer_id: CustomerId, survivor_id: CustomerId) -> CustomerId:
        """Returns who remains: the survivor may have been merged, too, as mergers are heard of in any order."""
        remains = await self.survivor_of(survivor_id)
        columns = self.table.c
        merged = (columns.customer_id == customer_id) | (columns.survivor_id == customer_id)
        await self.tx.execute(update(self.table).where(merged).values(survivor_id=remains))
        return remains

    async def resolve(self, customer_id: CustomerId) -> CustomerId:
        """The customer, or the one that it was merged into; it is not merged before the transaction ends.

        Raises what the service says for one that is unknown.
        """
        row = (await rows_of(self.tx, self.table, [customer_id], _NOT_MERGED)).get(customer_id)
        if row is None:
            raise self.unknown(f"there is no customer {customer_id}; register it with the customer service first")
        return row["survivor_id"] or customer_id

    async def read_ahead(self, customer_ids: Collection[CustomerId]) -> None:
        """Read these in one statement, for those who resolve one of them in this batch."""
        if self.tx.held is not None:
            _ = await rows_of(self.tx, self.table, customer_ids, _NOT_MERGED)

    async def survivor_of(self, customer_id: CustomerId) -> CustomerId:
        """The same without a lock, for reading; who is unknown is taken to be nobody else."""
        return (await self.tx.scalar(_asked(self.table), {"asked": customer_id})) or customer_id


@cache
def _asked(table: Table) -> Select[Any]:  # Any: one column
    return select(table.c.survivor_id).where(table.c.customer_id == bindparam("asked"))
