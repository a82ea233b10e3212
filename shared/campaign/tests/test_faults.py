"""What F18 does to a database of the tests: whoever is hit, a slow transaction is overtaken before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from random import Random
from typing import cast

import asyncpg
import pytest

from campaign.faults import FAULTS, Scene
from campaign.faults.database import TABLES
from campaign.stand import Stand
from finance.app import service
from kit.relay import NOTHING_YET
from orderloop.driving.people import People
from orderloop.platform.plan import SERVICES
from testkit import ServiceUnderTest, service_fixture

finance_service = service_fixture(service)

FINANCE = next(seed for seed in range(100) if Random(seed).choice(SERVICES) == "finance")


class Standing:
    """Of a stand, the one database that there is; the first connection to it is lost at once.

    `silent` rollbacks are not answered: who is cancelled then sees a timeout.
    """

    def __init__(self, dsn: str, silent: int = 0) -> None:
        self.dsn = dsn
        self.silent = silent
        self.connections = 0

    @asynccontextmanager
    async def sql(self, _: str) -> AsyncGenerator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.dsn)
        self.connections += 1
        if self.connections == 1:
            await connection.close()
        try:
            yield connection
        except asyncio.CancelledError:
            self.silent -= 1
            if self.silent >= 0:
                raise TimeoutError from None
            raise
        finally:
            connection.terminate()


@asynccontextmanager
async def looking(dsn: str) -> AsyncGenerator[None]:
    """A relay's cursor that passes whatever is committed."""

    async def look() -> None:
        while True:
            _ = await connection.execute("UPDATE relay_cursor SET snapshot = pg_current_snapshot()::text")

    connection = await asyncpg.connect(dsn)
    _ = await connection.execute("INSERT INTO relay_cursor (epoch, snapshot) VALUES (0, $1)", NOTHING_YET)
    task = asyncio.create_task(look())
    yield
    task.cancel()
    _ = await asyncio.gather(task, return_exceptions=True)
    connection.terminate()


def test_every_service_has_a_table_to_fight_for() -> None:
    assert TABLES.keys() == set(SERVICES)


async def test_hot_rows_are_not_over_before_a_slow_transaction_was_overtaken(finance_service: ServiceUnderTest) -> None:
    dsn = finance_service.running.database.dsn
    stand = Standing(dsn)
    scene = Scene(cast("Stand", stand), cast("People", None), Random(FINANCE))

    async with looking(dsn), FAULTS["F18"].happens(scene):
        pass

    assert scene.aims[:2] == ["finance", "a slow transaction is overtaken"]
    assert stand.connections > 3  # of who locks, of the slow and the quick one, and another one for that which was lost
    assert await overtaken(finance_service) >= 1


async def test_a_relay_that_does_not_look_is_not_waited_for_for_ever(
    finance_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.faults.database.ONCE_AT_LEAST", 0.2)
    before, told = await overtaken(finance_service), await counted(finance_service, _TOLD)
    scene = Scene(cast("Stand", Standing(finance_service.running.database.dsn)), cast("People", None), Random(FINANCE))

    async with asyncio.timeout(30), FAULTS["F18"].happens(scene):
        while await counted(finance_service, _TOLD) == told:
            pass

    assert scene.aims == ["finance"]
    assert await overtaken(finance_service) == before


async def test_a_server_that_answers_no_rollback_does_not_keep_hot_rows_going(
    finance_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("campaign.faults.database.ONCE_AT_LEAST", 0)
    stand, told = Standing(finance_service.running.database.dsn, silent=2), await counted(finance_service, _TOLD)

    async with asyncio.timeout(30):
        async with FAULTS["F18"].happens(Scene(cast("Stand", stand), cast("People", None), Random(FINANCE))):
            while await counted(finance_service, _TOLD) == told:
                pass

    assert stand.silent <= 0


async def overtaken(sut: ServiceUnderTest) -> int:
    """Events whose transaction had its id before that of an event which comes before them."""
    return await counted(sut, _OVERTAKEN)


async def counted(sut: ServiceUnderTest, sql: str) -> int:
    async with sut.running.database.read() as tx:
        [row] = await tx.driver.fetch(sql)
    return int(row["events"])


_TOLD = "SELECT count(*) AS events FROM outbox"
_OVERTAKEN = """
SELECT count(*) AS events FROM outbox AS first JOIN outbox AS second USING (subject)
 WHERE second.id > first.id AND second.xid < first.xid
"""
