"""Locks by id, always taken in one order, held until the transaction ends."""

from collections.abc import Iterable
from uuid import UUID

from kit.database import Transaction, driver


async def lock(tx: Transaction, ids: Iterable[UUID]) -> None:
    """Wait until nobody else holds any of these ids; what several transactions write in turns is locked so first."""
    numbers = sorted({(id.int >> 64 ^ id.int & (1 << 64) - 1) - (1 << 63) for id in ids})
    if numbers:
        _ = await (await driver(tx)).execute("SELECT pg_advisory_xact_lock(n) FROM unnest($1::bigint[]) AS n", numbers)
