"""F18, F19, F23: other sessions in the same database: locks, slow transactions, a table that changes under load."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress

import asyncpg

from campaign.faults.fault import Scene, fault
from campaign.faults.overtaking import overtake
from kit.database import FAULTS

TABLES = {
    "customer": "customers", "sales": "opportunities", "order": "orders", "inventory": "stock_levels",
    "finance": "credit_accounts", "service": "cases", "quality": "nonconformances", "insight": "subjects_due",
}  # fmt: skip
"""The busiest table of each service."""

PAUSE = 0.1
"""Seconds between two slow transactions, and before who has lost the connection takes another one."""

ASKED_AGAIN = 1.0
"""Seconds after which what does not end is cancelled once more."""

ONCE_AT_LEAST = 5.0
"""Seconds for which F18 goes on until a slow transaction has been overtaken, if its time has not been enough."""


@fault("F18", "adversarial transactions on hot rows, and slow ones; sessions are ended from outside", hold=(4, 10))
async def hot_rows_are_locked(scene: Scene) -> AsyncGenerator[None]:
    service, overtaken = scene.aim(scene.a_service()), asyncio.Event()
    dice = random.Random(scene.dice.random())
    locking = asyncio.create_task(_again_and_again(lambda: _lock_and_end(scene, service, dice)))
    overtaking = asyncio.create_task(_again_and_again(lambda: _overtake(scene, service, overtaken)))
    yield
    await _ended(locking)
    with suppress(TimeoutError):
        async with asyncio.timeout(ONCE_AT_LEAST):
            _ = await overtaken.wait()
    await _ended(overtaking)


async def _again_and_again(work: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled; who loses the connection takes another one."""
    while True:
        with suppress(*FAULTS):
            await work()
        await asyncio.sleep(PAUSE)


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancelled until it is done: a rollback that is not answered delays it, or turns it into a fault that passes."""
    while not task.done():
        _ = task.cancel()
        _ = await asyncio.wait([task], timeout=ASKED_AGAIN)
    if not task.cancelled():
        task.result()


async def _lock_and_end(scene: Scene, service: str, dice: random.Random) -> None:
    """Takes rows in no order, holds them beyond others' patience, and now and then ends somebody's session."""
    async with scene.stand.sql(service) as connection:
        while True:
            with suppress(asyncpg.PostgresError):  # it is the victim of some deadlocks itself
                async with connection.transaction():
                    _ = await connection.execute("SET LOCAL deadlock_timeout = '50ms'")
                    for table in (TABLES[service], "stream", TABLES[service]):
                        _ = await connection.execute(f"SELECT FROM {table} ORDER BY random() LIMIT 3 FOR UPDATE")
                        await asyncio.sleep(dice.uniform(0, 0.2))
                    await asyncio.sleep(dice.choice([0, 0, 2.5]))
            if dice.random() < 0.3:
                _ = await connection.execute(_END_ONE, service)


async def _overtake(scene: Scene, service: str, overtaken: asyncio.Event) -> None:
    async with scene.stand.sql(service) as slow, scene.stand.sql(service) as quick:
        _ = await overtake(slow, quick, service)
    scene.aim("a slow transaction is overtaken")
    overtaken.set()


@fault("F19", "one transaction stays open for a long time, reading or writing", hold=(12, 20))
async def long_transaction(scene: Scene) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        service = scene.a_service()
        connection = await stack.enter_async_context(scene.stand.sql(service))
        kind = scene.dice.choice(["reads", "writes"])
        scene.aim(f"{service} {kind}")
        _ = await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        _ = await connection.execute("SELECT count(*) FROM outbox")
        if kind == "writes":
            _ = await connection.execute("SELECT pg_current_xact_id()")
        yield
        _ = await connection.execute("ROLLBACK")


@fault("F23", "a migration under load: tables gain a column", hold=(2, 5))
async def table_changes(scene: Scene) -> AsyncGenerator[None]:
    service = scene.a_service()
    for table in (TABLES[service], "outbox", "inbox"):
        scene.aim(f"{service}.{table}")
        await _alter(scene, service, f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS added_later text")
    yield
    for table in (TABLES[service], "outbox", "inbox"):
        await _alter(scene, service, f"ALTER TABLE {table} DROP COLUMN added_later")


async def _alter(scene: Scene, service: str, statement: str) -> None:
    """As a migration does it: give up soon when the table is busy, and try again."""
    async with scene.stand.sql(service) as connection:
        _ = await connection.execute("SET lock_timeout = '500ms'")
        while True:
            try:
                return await _once(connection, statement)
            except asyncpg.LockNotAvailableError:
                await asyncio.sleep(0.05)


async def _once(connection: asyncpg.Connection, statement: str) -> None:
    _ = await connection.execute(statement)


_END_ONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = $1 AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
"""
