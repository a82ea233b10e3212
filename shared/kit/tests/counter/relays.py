"""A relay that runs while a test looks at what it sends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from contracts.event import Recorded
from contracts.ids import new_id
from kit import outbox
from kit.context import Cause
from kit.database import Database, Transaction
from kit.outbox import Caused
from kit.relay import Relay
from kit.telemetry import Metrics

from .events import CounterOpened


@asynccontextmanager
async def a_relay(
    database: Database, kafka: str, service: str, *, poll: float = 0.02, active: bool = True
) -> AsyncGenerator[Relay]:
    """Run a relay, from when it is active unless that is not awaited."""
    relay = Relay(database.dsn, kafka, service, poll=poll, metrics=Metrics())
    task = asyncio.create_task(relay.run())
    try:
        if active:
            await becomes_active(relay)
        yield relay
    finally:
        _ = task.cancel()
        _ = await asyncio.gather(task, return_exceptions=True)


async def becomes_active(*relays: Relay) -> Relay:
    async with asyncio.timeout(30):
        while True:
            for relay in relays:
                if relay.active:
                    return relay
            await asyncio.sleep(0.01)


async def tell(database: Database, *subjects: UUID, remark: str = "", before: float = 0, after: float = 0) -> None:
    """Commit an event about each subject, in a transaction that has its id `before` seconds earlier."""
    async with database.begin() as tx:
        _ = await tx.exec_driver_sql("SELECT pg_current_xact_id(), pg_sleep($1)", (before,))
        await tell_in(tx, *subjects, remark=remark)
        _ = await tx.exec_driver_sql("SELECT pg_sleep($1)", (after,))


async def tell_in(tx: Transaction, *subjects: UUID, remark: str = "") -> None:
    events = [CounterOpened(counter_id=subject, label="", pieces=0, remark=remark) for subject in subjects]
    _ = await outbox.append(tx, [Caused(event, Cause(new_id(), "test")) for event in events])


def numbers_of(events: Sequence[Recorded], subject: UUID) -> list[int]:
    """The numbers of a subject's events in the order of their topic."""
    return [event.sequence for event in events if event.subject == subject]


async def forget_the_past(database: Database) -> None:
    """Nothing that was committed until now is sent any more."""
    async with database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "INSERT INTO relay_cursor (epoch, snapshot) SELECT 1, pg_current_snapshot()::text"
            " ON CONFLICT (one) DO UPDATE SET snapshot = excluded.snapshot"
        )
        _ = await tx.exec_driver_sql("DELETE FROM replay")
