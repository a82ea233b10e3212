"""`/healthz` and `/readyz`: what a process needs, and when it says that it cannot do its work."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from counter.app import service
from counter.events import RUN, SupplierEvent
from counter.given import a_counter, a_supply, arrive
from counter.relays import a_relay, forget_the_past
from counter.topics import topics
from counter.waiting import until

from contracts.ids import new_id
from kit.service import ROLES, Role, create_app
from kit.settings import Settings
from testkit import ServiceUnderTest
from testkit.plugin import settings_for
from testkit.servers import Servers
from testkit.tokens import Issuer


@pytest.fixture
def settings(counter_service: ServiceUnderTest, servers: Servers, issuer: Issuer) -> Settings:
    return settings_for(counter_service.running.database.dsn, servers, issuer)


@asynccontextmanager
async def a_process(
    settings: Settings, roles: Sequence[Role] = ROLES, *, start: bool = True
) -> AsyncGenerator[httpx.AsyncClient]:
    app = create_app(service(), settings, roles, start=start)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://counter") as http,
    ):
        yield http


async def until_it_says(http: httpx.AsyncClient, **expected: str) -> httpx.Response:
    async def look() -> httpx.Response | None:
        answer = await http.get("/readyz")
        said = answer.json()
        return answer if all(str(said[name]).startswith(text) for name, text in expected.items()) else None

    found = await until(look)
    assert found is not None
    return found


async def test_a_process_with_all_it_needs_is_ready(settings: Settings, servers: Servers) -> None:
    async with topics(servers.kafka, SupplierEvent.topic()), a_process(settings) as http:
        answer = await until_it_says(http, relay="active, epoch ")

    assert answer.status_code == 200
    assert answer.json() | {"relay": ""} == {
        "status": "ok",
        "database": "ok",
        "broker": "ok",
        "migrations": "ok",
        "relay": "",
        "parked_keys": 0,
        "retrying_keys": 0,
        "unpublished_seconds": 0.0,
    }


async def test_without_the_broker_a_process_that_takes_commands_is_degraded_but_ready(
    settings: Settings, unused_tcp_port: int
) -> None:
    alone = settings.model_copy(update={"kafka": f"127.0.0.1:{unused_tcp_port}"})
    async with a_process(alone) as http:
        answer = await until_it_says(http, status="degraded", broker="down: KafkaConnectionError", relay="standby")

    assert answer.status_code == 200


@pytest.mark.parametrize("role", ["worker", "relay"])
async def test_without_the_broker_a_process_that_only_works_or_relays_is_not_ready(
    settings: Settings, unused_tcp_port: int, role: Role
) -> None:
    alone = settings.model_copy(update={"kafka": f"127.0.0.1:{unused_tcp_port}"})
    async with a_process(alone, [role]) as http:
        answer = await until_it_says(http, status="unready", broker="down: KafkaConnectionError")

    assert answer.status_code == 503


async def test_without_the_database_a_process_lives_but_is_not_ready(settings: Settings, unused_tcp_port: int) -> None:
    nowhere = settings.model_copy(update={"database": f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/nothing"})
    async with a_process(nowhere) as http:
        ready, alive = await http.get("/readyz"), await http.get("/healthz")

    assert (ready.status_code, ready.json()["status"], ready.json()["migrations"]) == (503, "unready", "unknown")
    assert ready.json()["database"].startswith("down: ")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})


async def test_without_the_database_a_reader_is_told_to_come_again(
    settings: Settings, issuer: Issuer, unused_tcp_port: int
) -> None:
    nowhere = settings.model_copy(update={"database": f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/nothing"})
    async with a_process(nowhere, start=False) as http:
        headers = {"authorization": f"Bearer {issuer.token('reader')}"}
        answer = await http.get(f"/counters/{new_id()}", headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:orderloop:problem:unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_on_an_older_database_a_process_is_not_ready(
    counter_service: ServiceUnderTest, settings: Settings
) -> None:
    await be_at(counter_service, "0000")
    async with a_process(settings, start=False) as http:
        answer = await http.get("/readyz")
    head = counter_service.running.head
    await be_at(counter_service, head)

    assert (answer.status_code, answer.json()["status"]) == (503, "unready")
    assert answer.json()["migrations"] == f"at 0000, this program needs {head}: start with migrate"


async def be_at(counter_service: ServiceUnderTest, version: str) -> None:
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("UPDATE alembic_version SET version_num = $1", (version,))


async def test_a_process_that_drains_is_not_ready(counter_service: ServiceUnderTest) -> None:
    counter_service.running.draining = True
    answer = await counter_service.http.get("/readyz")
    counter_service.running.draining = False

    assert (answer.status_code, answer.json()["status"]) == (503, "draining")


async def test_it_says_how_many_keys_are_parked(counter_service: ServiceUnderTest) -> None:
    before = (await counter_service.http.get("/readyz")).json()

    await arrive(counter_service, counter_service.records(a_supply(new_id())))
    await arrive(counter_service, counter_service.records(a_supply(await a_counter(counter_service), pieces=0)))

    now = (await counter_service.http.get("/readyz")).json()
    assert now["parked_keys"] - before["parked_keys"] == 1
    assert now["retrying_keys"] - before["retrying_keys"] == 1
    assert now["status"] == "ok"


async def test_it_says_how_old_the_oldest_event_is_that_kafka_has_not_got(
    counter_service: ServiceUnderTest, servers: Servers
) -> None:
    database, name = counter_service.running.database, f"late-{RUN}"
    await forget_the_past(database)
    await a_counter(counter_service)
    async with database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "UPDATE outbox SET recorded_at = now() - interval '1 hour' WHERE id = (SELECT max(id) FROM outbox)"
        )

    assert (await counter_service.http.get("/readyz")).json()["unpublished_seconds"] >= 3600

    async with topics(servers.kafka, f"{name}.events"), a_relay(database, servers.kafka, name):
        await until_it_says(counter_service.http, unpublished_seconds="0.0")


async def test_before_any_relay_has_run_every_event_is_unpublished(counter_service: ServiceUnderTest) -> None:
    await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("TRUNCATE relay_cursor")
        _ = await tx.exec_driver_sql("UPDATE outbox SET recorded_at = now() - interval '1 hour'")

    assert (await counter_service.http.get("/readyz")).json()["unpublished_seconds"] >= 3600
