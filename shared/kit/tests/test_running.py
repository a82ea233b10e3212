"""`python -m <service>` as a process of its own: it migrates, serves, and drains on SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from counter.app import service
from counter.events import SupplierEvent
from counter.relays import a_relay, becomes_active
from counter.topics import topics
from counter.waiting import until

from contracts.ids import new_id
from kit.database import Database
from kit.relay import LOCK
from kit.service import Running
from kit.worker import Worker
from testkit import ServiceUnderTest
from testkit.databases import at
from testkit.plugin import settings_for
from testkit.servers import Servers
from testkit.tokens import AUDIENCE, ISSUER, Issuer


@asynccontextmanager
async def an_empty_database(servers: Servers) -> AsyncGenerator[str]:
    name = f"test_counter_{new_id().hex}"
    admin = await asyncpg.connect(servers.postgres)
    try:
        _ = await admin.execute(f'CREATE DATABASE "{name}"')
        yield at(servers.postgres, name)
    finally:
        _ = await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


def environment(database: str, servers: Servers, issuer: Issuer, port: int) -> dict[str, str]:
    given = {
        "DATABASE": database,
        "KAFKA": servers.kafka,
        "JWKS": str(issuer.jwks),
        "ISSUER": ISSUER,
        "AUDIENCE": AUDIENCE,
        "PORT": str(port),
        "MIGRATE": "true",
    }
    here = {
        "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(Path(__file__).parent)]),
        "COUNTER_RUN": SupplierEvent.topic()[9:-7],
    }
    return {**os.environ, **here, **{f"COUNTER_{name}": value for name, value in given.items()}}


async def start(env: dict[str, str], *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "counter", *arguments, env=env, stdout=PIPE, stderr=STDOUT
    )


async def ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).json()["relay"].startswith("active")
    except httpx.TransportError:
        return False


async def output_of(process: Process, *, within: float = 30) -> str:
    async with asyncio.timeout(within):
        output, _ = await process.communicate()
    return output.decode()


async def test_a_process_migrates_serves_and_on_sigterm_answers_what_it_has_begun_and_ends_cleanly(
    servers: Servers, issuer: Issuer, unused_tcp_port: int
) -> None:
    address = f"http://127.0.0.1:{unused_tcp_port}"
    async with (
        an_empty_database(servers) as database,
        topics(servers.kafka, "counter.events", SupplierEvent.topic()),
        httpx.AsyncClient(base_url=address) as http,
    ):
        process = await start(environment(database, servers, issuer, unused_tcp_port))
        try:
            await until(lambda: ready(http), within=60)
            blocking = await asyncpg.connect(database)
            lock = blocking.transaction()
            await lock.start()
            _ = await blocking.execute("LOCK TABLE counters IN SHARE MODE")
            headers = {"authorization": f"Bearer {issuer.token('sales')}", "idempotency-key": str(new_id())}
            asked = asyncio.create_task(http.post("/counters", json={"label": "last"}, headers=headers))
            await until(lambda: somebody_waits(blocking))

            process.send_signal(signal.SIGTERM)
            await until(lambda: refused(address))
            await lock.rollback()
            answer = await asked
            output = await output_of(process)

            assert (answer.status_code, process.returncode) == (201, 0), output
            assert await blocking.fetchval("SELECT count(*) FROM counters") == 1
            assert await blocking.fetchval(_OTHERS) == 0
            await blocking.close()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_migrate_alone_brings_the_database_up_to_date_and_ends(
    servers: Servers, issuer: Issuer, unused_tcp_port: int
) -> None:
    async with an_empty_database(servers) as database:
        processes = [
            await start(environment(database, servers, issuer, unused_tcp_port), "migrate") for _ in range(2)
        ]  # fmt: skip
        output = [await output_of(process) for process in processes]
        connection = await asyncpg.connect(database)

        assert [process.returncode for process in processes] == [0, 0], output
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0002"
        await connection.close()


async def test_when_a_relay_is_killed_the_one_that_stands_by_takes_over(
    servers: Servers, issuer: Issuer, unused_tcp_port: int
) -> None:
    sender = f"standing-by-{new_id().hex[-6:]}"
    async with (
        an_empty_database(servers) as address,
        topics(servers.kafka, f"{sender}.events"),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{unused_tcp_port}") as http,
    ):
        process = await start(environment(address, servers, issuer, unused_tcp_port), "relay")
        await until(lambda: ready(http), within=60)
        database = Database(address, name="counter")
        async with a_relay(database, servers.kafka, sender, active=False) as second:
            await until(lambda: asks_for_the_lock(database, f"{sender}-relay"))
            assert second.epoch is None

            process.kill()
            _ = await process.wait()
            assert (await becomes_active(second)).epoch == 2
        await database.close()


async def asks_for_the_lock(database: Database, application: str) -> bool:
    async with database.read() as tx:
        found = await tx.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND query = $2", (application, LOCK)
        )
        return found.scalar_one() == 1


async def test_an_unknown_role_is_answered_by_how_to_use_it(
    servers: Servers, issuer: Issuer, unused_tcp_port: int
) -> None:
    process = await start(environment(servers.postgres, servers, issuer, unused_tcp_port), "cook")

    assert "usage: python -m counter [api|worker|relay ...]" in await output_of(process)
    assert process.returncode == 1


async def somebody_waits(connection: asyncpg.Connection) -> bool:
    return bool(
        await connection.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    )


async def refused(address: str) -> bool:
    """Whether the process takes no new connections any more."""
    async with httpx.AsyncClient(base_url=address) as http:
        try:
            _ = await http.get("/healthz")
        except httpx.TransportError:
            return True
    return False


_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_a_process_whose_worker_was_cancelled_by_nobody_is_broken(
    counter_service: ServiceUnderTest, servers: Servers, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_: Worker) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(Worker, "run", run)
    running = Running(service(), settings_for(counter_service.running.database.dsn, servers, issuer), ["worker"])
    running.start()
    async with asyncio.timeout(10):
        await running.broken.wait()
    await running.stop()
