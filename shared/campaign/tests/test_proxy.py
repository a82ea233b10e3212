"""The proxy between a real client and a real PostgreSQL: what each fault does to a connection, and what heals it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import cast
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from campaign.stand import Proxy
from campaign.stand.pipe import HELD
from testkit.servers import Servers

LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, ConnectionError)
ONE_READ = 256 * 1024  # asyncio reads so much at once


def through(proxy: Proxy, address: str) -> str:
    parts = urlsplit(address)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit((parts.scheme, f"{login}@127.0.0.1:{proxy.port}", parts.path, parts.query, ""))


@pytest.fixture
async def proxy(servers: Servers) -> AsyncGenerator[Proxy]:
    found = await Proxy(urlsplit(servers.postgres).port or 5432).open()
    yield found
    await found.close()
    assert found.open_connections == 0


@asynccontextmanager
async def connected(proxy: Proxy, servers: Servers) -> AsyncGenerator[asyncpg.Connection]:
    address = through(proxy, servers.postgres)
    connection: asyncpg.Connection = await asyncpg.connect(address, timeout=20, command_timeout=15)
    try:
        yield connection
    finally:
        connection.terminate()


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def hangs(task: asyncio.Task[object]) -> bool:
    """Whether nothing comes of it while nothing heals."""
    done, _ = await asyncio.wait([task], timeout=0.2)
    return not done


async def test_what_passes_is_counted(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection:
        before = proxy.passed

        assert await connection.fetchval("SELECT repeat('x', 1000)") == "x" * 1000

        assert proxy.connections == proxy.open_connections == 1
        assert proxy.passed["to_server"] > before["to_server"]
        assert proxy.passed["to_client"] > before["to_client"] + 1000


async def test_the_end_of_a_connection_reaches_the_server(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection:
        await connection.close()

    await until(lambda: proxy.open_connections == 0)
    assert proxy.resets == 0


async def test_a_reset_ends_a_query_that_runs(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection:
        before = proxy.passed["to_server"]
        query = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        await until(lambda: proxy.passed["to_server"] > before)

        proxy.reset()

        with pytest.raises(LOST):
            await query
    async with connected(proxy, servers) as connection:
        assert await connection.fetchval("SELECT 1") == 1


HOLDING_BACK: dict[str, Callable[[Proxy], None]] = {
    "stalled to the server": lambda proxy: proxy.stall("to_server"),
    "stalled to the client": lambda proxy: proxy.stall("to_client"),
    "delayed": lambda proxy: proxy.delay(3600),
    "throttled": lambda proxy: proxy.throttle(1),
}


@pytest.mark.parametrize("hold_back", HOLDING_BACK.values(), ids=HOLDING_BACK)
async def test_what_is_held_back_arrives_after_the_healing(
    proxy: Proxy, servers: Servers, hold_back: Callable[[Proxy], None]
) -> None:
    async with connected(proxy, servers) as connection:
        hold_back(proxy)
        query = asyncio.create_task(connection.fetchval("SELECT repeat('x', 300000)"))
        assert await hangs(query)

        proxy.heal()

        assert await query == "x" * 300_000
        assert proxy.resets == 0


async def test_a_black_hole_to_the_server_takes_the_command_for_good(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection, a_table(servers) as (table, count):
        proxy.black_hole("to_server")
        command = asyncio.create_task(connection.execute(f"INSERT INTO {table} VALUES (1)"))
        assert await hangs(command)
        assert proxy.swallowed["to_server"] > 0

        proxy.heal()

        with pytest.raises(LOST):
            await command
        assert await count() == 0


async def test_a_black_hole_to_the_client_takes_the_answer_but_not_the_effect(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection, a_table(servers) as (table, count):
        proxy.black_hole("to_client")
        command = asyncio.create_task(connection.execute(f"INSERT INTO {table} VALUES (1)"))
        await until(lambda: proxy.swallowed["to_client"] > 0)
        assert await hangs(command)

        proxy.heal()

        with pytest.raises(LOST):
            await command
        assert await count() == 1


async def test_who_connects_into_a_black_hole_waits_in_vain(proxy: Proxy, servers: Servers) -> None:
    proxy.black_hole()

    connecting = asyncio.create_task(asyncpg.connect(through(proxy, servers.postgres), timeout=20))
    assert await hangs(connecting)

    proxy.heal()
    with pytest.raises(LOST):
        await connecting
    async with connected(proxy, servers) as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def test_a_cut_lets_exactly_so_many_bytes_pass(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection:
        before = proxy.passed["to_client"]
        proxy.cut_after(1234, "to_client")

        with pytest.raises(LOST):
            await connection.fetchval("SELECT repeat('x', 100000)")

        assert proxy.passed["to_client"] == before + 1234
        assert proxy.cuts == 1
    async with connected(proxy, servers) as connection:
        assert await connection.fetchval("SELECT length(repeat('x', 100000))") == 100_000


async def test_who_is_refused_is_reset_and_who_is_in_stays_in(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection:
        proxy.refuse()

        with pytest.raises(LOST):
            await asyncpg.connect(through(proxy, servers.postgres), timeout=20)
        assert await connection.fetchval("SELECT 1") == 1

        proxy.heal()
        async with connected(proxy, servers) as another:
            assert await another.fetchval("SELECT 1") == 1
    assert proxy.refused == 1


async def test_where_no_server_listens_the_client_is_reset() -> None:
    listening = await Proxy(1).open()  # nobody has port 1

    reader, writer = await asyncio.open_connection("127.0.0.1", listening.port)
    with pytest.raises(ConnectionResetError):
        await reader.read(1)

    writer.close()
    await listening.close()


async def test_a_sender_is_not_read_while_nobody_takes_what_it_sent(proxy: Proxy, servers: Servers) -> None:
    async with connected(proxy, servers) as connection:
        statement = await connection.prepare("SELECT repeat('x', 20000000)")
        proxy.delay(3600, "to_client")
        query = asyncio.create_task(statement.fetchval())
        await until(lambda: proxy.held > HELD)
        assert await hangs(query)
        assert proxy.held <= HELD + ONE_READ

        proxy.heal()

        assert await query == "x" * 20_000_000


async def _count(direct: asyncpg.Connection, table: str) -> int:
    return cast("int", await direct.fetchval(f"SELECT count(*) FROM {table}"))


@asynccontextmanager
async def a_table(servers: Servers) -> AsyncGenerator[tuple[str, Callable[[], Awaitable[int]]]]:
    """A table of one's own, and how many rows it has, asked directly."""
    table = f"campaign_{uuid4().hex}"
    direct: asyncpg.Connection = await asyncpg.connect(servers.postgres)
    await direct.execute(f"CREATE TABLE {table} (n int)")
    try:
        yield table, partial(_count, direct, table)
    finally:
        await direct.execute(f"DROP TABLE {table}")
        await direct.close()
