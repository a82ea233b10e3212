"""Locks by id, always taken in one order, held until the transaction ends."""

from collections.abc import Iterable
from uuid import UUID

from kit.database import Transaction


def numbers_of(ids: Iterable[UUID]) -> list[int]:
    """The numbers under which PostgreSQL's advisory locks know the ids, in the order in which everybody takes them."""
    return sorted({(id.int >> 64 ^ id.int & (1 << 64) - 1) - (1 << 63) for id in ids})


async def lock(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Wait until nobody else holds any of these ids; what several transactions write in turns is locked so first."""
    numbers = numbers_of(ids)
    if numbers:
        _ = await tx.driver.execute("SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) AS n", numbers)


def number_in_sql(id: str) -> str:
    """What `numbers_of` makes of an id, as an expression over a column: to lock what a statement finds."""
    digits = f"replace({id}::text, '-', '')"
    halves = " # ".join(f"('x' || substr({digits}, {first}, 16))::bit(64)" for first in (1, 17))
    return f"({halves} # ('x8' || repeat('0', 15))::bit(64))::bigint"
