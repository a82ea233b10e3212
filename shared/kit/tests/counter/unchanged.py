"""What a refusal leaves as it was."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from testkit import ServiceUnderTest

TABLES = (
    "counters", "outbox", "stream", "idempotency", "inbox", "applied",
    "parked_key", "parked_message", "discarded_message", "replay",
)  # fmt: skip


@asynccontextmanager
async def nothing_changes(service: ServiceUnderTest) -> AsyncGenerator[None]:
    """Neither the counters, nor what was told, applied, parked, discarded or asked for, nor the keys in use."""
    before = await _all_of_it(service)
    yield
    assert await _all_of_it(service) == before


async def _all_of_it(service: ServiceUnderTest) -> list[str]:
    rows = "SELECT coalesce(jsonb_agg(t ORDER BY t)::text, '') FROM"
    async with service.running.database.read() as tx:
        return [(await tx.exec_driver_sql(f"{rows} {table} t")).scalar_one() for table in TABLES]
