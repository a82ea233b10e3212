"""A customer and the records that were merged into it: to a reader they are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.engine import RowMapping

from contracts.ids import CustomerId
from customer.domain.customer import CustomerUnknown
from customer.storage.tables import customers
from kit.auth import requires
from kit.database import Transaction
from kit.principal import STAFF, Principal

Reader = Annotated[Principal, requires(*STAFF, "customer")]


@dataclass(frozen=True)
class Records:
    """The row of the one that answers, and the ids of all its records: its own first."""

    row: RowMapping
    ids: tuple[CustomerId, ...]


def answering_for(customer_id: UUID) -> ScalarSelect[UUID]:
    """The id of the customer, or of its survivor."""
    asked = customers.alias("asked")
    answering = func.coalesce(asked.c.survivor_id, asked.c.customer_id)
    return select(answering).where(asked.c.customer_id == customer_id).scalar_subquery()


async def records_of(tx: Transaction, customer_id: UUID, reader: Principal) -> Records:
    """Raises CustomerUnknown; a customer knows of no other customer."""
    root = answering_for(customer_id)
    found = select(customers).where(or_(customers.c.customer_id == root, customers.c.survivor_id == root))
    rows = (await tx.execute(found)).mappings().all()
    ids = [row["customer_id"] for row in rows]
    if not ids or reader.customer_id not in (None, *ids):
        raise CustomerUnknown(f"there is no customer {customer_id}")
    own = next(row for row in rows if row["survivor_id"] is None)
    merged = sorted(row["customer_id"] for row in rows if row["survivor_id"] is not None)
    return Records(own, (own["customer_id"], *merged))
