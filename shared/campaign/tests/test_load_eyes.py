"""What the load sees: every event once, whatever order transactions commit in and whoever ends its connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from campaign.load.eyes import NAME, seeing
from campaign.load.hearing import Hearing
from contracts.ids import new_id
from orderloop.driving.events import Seen
from testkit.databases import a_database
from testkit.servers import Servers

DONE = frozenset({"OrderClosed", "OrderCancelled"})

WRITE = """
INSERT INTO outbox (event_id, type, subject, sequence, correlation_id, causation_id, actor, recorded_at, value)
VALUES ($1, $2, $3, 1, $3, $1, 'nora', $4, $5)
"""


@pytest.fixture
async def database(servers: Servers) -> AsyncGenerator[str]:
    async with a_database("order", servers.postgres) as address:
        yield address


def a_seen(order_id: str, name: str = "OrderPlaced", event_id: str = "") -> Seen:
    headers = {
        "ce_id": event_id or str(new_id()),
        "ce_type": f"orderloop.order.{name}.v1",
        "ce_subject": order_id,
        "ce_correlationid": order_id,
    }
    return Seen(headers, json.dumps({"order_id": order_id}).encode())


async def write(connection: asyncpg.Connection, order_id: UUID) -> None:
    value = json.dumps({"order_id": str(order_id)}).encode()
    await connection.execute(WRITE, new_id(), "orderloop.order.OrderPlaced.v1", order_id, datetime.now(UTC), value)


async def test_an_event_that_is_committed_after_a_later_one_is_seen(database: str) -> None:
    slow, quick = await asyncpg.connect(database), await asyncpg.connect(database)
    first, second = new_id(), new_id()
    async with seeing(lambda _: database, ["order"]) as hearing:
        begun = slow.transaction()
        await begun.start()
        await write(slow, first)
        await write(quick, second)
        await hearing.until("OrderPlaced", order_id=second)
        assert hearing.named("OrderPlaced", order_id=first) == []
        await begun.commit()
        await hearing.until("OrderPlaced", order_id=first)

    assert [seen.subject for seen in hearing.seen] == [str(second), str(first)]
    await asyncio.gather(slow.close(), quick.close())


END_ITS_SESSION = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
 WHERE application_name = $1 AND datname = current_database()
"""


async def test_a_lost_connection_loses_and_doubles_nothing(database: str) -> None:
    connection = await asyncpg.connect(database)
    orders = [new_id() for _ in range(3)]
    async with seeing(lambda _: database, ["order"]) as hearing:
        for order_id in orders:
            await write(connection, order_id)
            async with asyncio.timeout(30):
                while not await connection.fetchval(END_ITS_SESSION, NAME):
                    pass  # it is just about to connect
            await hearing.until("OrderPlaced", order_id=order_id)

    assert [seen.subject for seen in hearing.seen] == [str(order_id) for order_id in orders]
    await connection.close()


async def test_what_was_committed_before_is_not_seen(database: str) -> None:
    connection = await asyncpg.connect(database)
    before, after = new_id(), new_id()
    await write(connection, before)
    async with seeing(lambda _: database, ["order"]) as hearing:
        await write(connection, after)
        await hearing.until("OrderPlaced", order_id=after)

    assert [seen.subject for seen in hearing.seen] == [str(after)]
    await connection.close()


def test_an_event_that_is_told_twice_is_heard_once() -> None:
    hearing = Hearing()

    for _ in range(2):
        hearing.take(a_seen("o1", event_id="e1"))

    assert [seen.id for seen in hearing.seen] == ["e1"]


async def test_an_order_is_followed_from_one_event_to_the_next() -> None:
    hearing = Hearing()
    hearing.take(a_seen("o1", "OrderPlaced"))
    hearing.take(a_seen("o1", "OrderCancelled"))
    hearing.take(a_seen("o2", "OrderClosed"))

    first, place = await hearing.next_of_order("o1", DONE)
    waiting = asyncio.create_task(hearing.next_of_order("o1", DONE, place))
    await asyncio.sleep(0)
    assert not waiting.done()
    hearing.take(a_seen("o1", "OrderClosed"))
    second, place = await waiting

    assert [first.name, second.name, place] == ["OrderCancelled", "OrderClosed", 3]
