"""A small stand, of two services: members that die come back, failpoints are met, every connection has its proxy."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import cast
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer

from campaign.recovery import NotRecovered, recovered
from campaign.stand import MemberUnknown, Stand, standing
from campaign.stand.assembly import cleared
from campaign.stand.members import status_of
from campaign.stand.shim import missing
from orderloop.driving.people import people
from orderloop.platform import processes

SERVICES = ("customer", "sales")


@pytest.fixture(scope="module")
async def stand(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stand]:
    async with standing(tmp_path_factory.mktemp("stand"), services=SERVICES) as started:
        yield started


async def until(happened: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def registered(stand: Stand) -> str:
    """A new customer; when there is no answer the same request is sent again with the same key. Returns its id."""
    async with people(stand.plan) as everybody:
        body = {"name": f"C-{uuid4().hex[:8]}", "country": "DE", "currency": "EUR"}
        answer = await everybody.sales.post("customer", "/customers", body)
        return str(answer.body["customer_id"])


async def value(stand: Stand, service: str, query: str, subject: str) -> int:
    connection: asyncpg.Connection = await asyncpg.connect(stand.database(service))
    try:
        return cast("int", await connection.fetchval(query, subject))
    finally:
        await connection.close()


async def effects(stand: Stand, customer_id: str) -> int:
    """How many events of this customer sales has applied, as the probe has seen it."""
    return await value(stand, "sales", "SELECT count(*) FROM campaign.effect WHERE subject = $1::uuid", customer_id)


async def applied(stand: Stand, customer_id: str) -> int:
    """The same, once there is one."""
    async with asyncio.timeout(30):
        while not (found := await effects(stand, customer_id)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def test_a_role_of_a_service_is_a_process_of_its_own(stand: Stand) -> None:
    roles = {f"{service}-{role}" for service in SERVICES for role in ("api", "worker", "relay")}

    assert set(stand.names) == {"postgres", "kafka"} | roles
    assert len({process.pid for name in stand.names if (process := stand.process(name))}) == 8


async def test_an_event_that_was_applied_leaves_one_row_of_the_probe(stand: Stand) -> None:
    customer_id = await registered(stand)

    assert await applied(stand, customer_id) == 1
    query = (
        "SELECT count(*) FROM campaign.effect WHERE subject = $1::uuid AND topic = 'customer.events' AND sequence = 1"
    )
    assert await value(stand, "sales", query, customer_id) == 1


async def test_a_killed_worker_is_started_again_and_applies_what_came_meanwhile(stand: Stand) -> None:
    before, starts = stand.process("sales-worker"), stand.starts("sales-worker")

    stand.kill("sales-worker")
    customer_id = await registered(stand)

    await until(lambda: stand.starts("sales-worker") == starts + 1)
    assert stand.process("sales-worker") != before
    assert await applied(stand, customer_id) == 1


async def test_who_is_held_down_stays_dead_until_let_up(stand: Stand) -> None:
    starts = {name: stand.starts(name) for name in ("sales-api", "sales-relay")}
    stand.hold_down("sales-api")
    stand.kill("sales-api")
    await until(lambda: stand.process("sales-api") is None)

    stand.kill("sales-relay")  # it died later, so the other would have been started first
    await until(lambda: stand.starts("sales-relay") == starts["sales-relay"] + 1)
    assert stand.starts("sales-api") == starts["sales-api"]

    stand.let_up("sales-api")
    await stand.ready()
    assert stand.starts("sales-api") == starts["sales-api"] + 1


@pytest.mark.parametrize("failpoint", ["worker-before-commit", "worker-after-commit"])
async def test_a_worker_that_dies_at_its_commit_has_applied_the_event_once(stand: Stand, failpoint: str) -> None:
    deaths = stand.failpoints("sales-worker").deaths
    stand.arm("sales-worker", failpoint)

    customer_id = await registered(stand)

    await until(lambda: stand.failpoints("sales-worker").deaths == deaths + 1)
    assert await effects(stand, customer_id) == (1 if failpoint == "worker-after-commit" else 0)
    await stand.ready()
    again = await registered(stand)
    assert await applied(stand, again) == 1
    assert await applied(stand, customer_id) == 1


@pytest.mark.parametrize("failpoint", ["api-before-commit", "api-after-commit"])
async def test_a_command_whose_process_dies_at_its_commit_has_one_effect(stand: Stand, failpoint: str) -> None:
    deaths, starts = stand.failpoints("customer-api").deaths, stand.starts("customer-api")
    stand.arm("customer-api", failpoint)

    customer_id = await registered(stand)

    assert stand.failpoints("customer-api").deaths == deaths + 1
    assert stand.starts("customer-api") == starts + 1
    assert await applied(stand, customer_id) == 1
    named = "SELECT count(*) FROM customers WHERE name = (SELECT name FROM customers WHERE customer_id = $1::uuid)"
    assert await value(stand, "customer", named, customer_id) == 1


async def test_a_relay_that_dies_after_publishing_sends_again_and_the_repeat_is_absorbed(stand: Stand) -> None:
    deaths = stand.failpoints("customer-relay").deaths
    stand.arm("customer-relay", "relay-after-publish")

    customer_id = await registered(stand)

    await until(lambda: stand.failpoints("customer-relay").deaths == deaths + 1)
    assert await records(stand, customer_id, 2) == 2
    assert await applied(stand, await registered(stand)) == 1
    assert await effects(stand, customer_id) == 1


async def records(stand: Stand, customer_id: str, wanted: int) -> int:
    """How often the customer stands in the topic, once it does so often."""
    consumer = AIOKafkaConsumer("customer.events", bootstrap_servers=stand.plan.kafka, auto_offset_reset="earliest")
    await consumer.start()
    found = 0
    try:
        async with asyncio.timeout(30):
            while found < wanted:
                found += (await consumer.getone()).key == customer_id.encode()
    finally:
        await consumer.stop()
    return found


async def test_a_service_reaches_both_servers_through_its_own_proxies_only(stand: Stand) -> None:
    assert all(proxy.open_connections > 0 for proxy in stand.proxies)

    stand.proxy("sales", "postgres").refuse()
    stand.proxy("sales", "postgres").reset()
    stand.proxy("sales", "kafka").refuse()
    stand.proxy("sales", "kafka").reset()

    await until_status(stand, "sales", 503)
    customer_id = await registered(stand)
    assert await effects(stand, customer_id) == 0
    stand.heal()
    await stand.ready()
    assert await applied(stand, customer_id) == 1


async def until_status(stand: Stand, service: str, wanted: int) -> None:
    async with asyncio.timeout(30):
        while await status_of(stand.plan.port(service), "/readyz", 8) != wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_paused_postgresql_answers_nobody_until_it_is_resumed(stand: Stand) -> None:
    asking: asyncpg.Connection = await asyncpg.connect(stand.plan.postgres)
    stand.pause("postgres")
    question = asyncio.create_task(asking.fetchval("SELECT 1"))
    done, _ = await asyncio.wait([question], timeout=0.2)
    assert not done

    stand.resume("postgres")

    assert await question == 1
    await asking.close()


@pytest.mark.parametrize("server", ["postgres", "kafka"])
async def test_a_killed_server_comes_back_and_the_services_find_it(stand: Stand, server: str) -> None:
    starts = stand.starts(server)

    stand.kill(server)
    await until(lambda: stand.starts(server) == starts + 1)

    await stand.ready()
    assert await applied(stand, await registered(stand)) == 1


async def test_recovery_is_over_once_everybody_has_applied_what_was_committed_when_it_began(stand: Stand) -> None:
    assert await applied(stand, await registered(stand)) == 1
    stand.hold_down("sales-worker")
    stand.kill("sales-worker")
    await until(lambda: stand.process("sales-worker") is None)
    customer_id = await registered(stand)

    with pytest.raises(NotRecovered, match="not everybody had caught up after 1 s"):
        await recovered(stand, 1)
    recovering = asyncio.create_task(recovered(stand, 60))
    stand.let_up("sales-worker")
    await recovering

    assert await effects(stand, customer_id) == 1


async def test_recovery_asks_a_database_that_is_away_until_it_answers(stand: Stand) -> None:
    stand.hold_down("postgres")
    stand.kill("postgres")
    await until(lambda: stand.process("postgres") is None)

    with pytest.raises(NotRecovered, match="not everybody had caught up after 1 s"):
        await recovered(stand, 1)
    recovering = asyncio.create_task(recovered(stand, 60))
    stand.let_up("postgres")
    await recovering

    assert [name for name in stand.names if not await stand.member(name).ready()] == []


async def test_one_more_worker_can_be_added_and_removed(stand: Stand) -> None:
    name = await stand.add("sales", "worker")
    await stand.ready([name])
    process = stand.process(name)
    assert process is not None

    await stand.remove(name)

    assert name == "sales-worker-2"
    assert name not in stand.names
    assert not process.alive


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
async def test_every_member_runs_with_the_shim(stand: Stand) -> None:
    assert [name for name in stand.names if stand.shim(name).loaded == 0] == []

    stand.shim("kafka").fsync_delay(0.001)
    stand.hold_down("kafka")
    assert await stand.terminate("kafka")  # it syncs all its logs
    assert stand.shim("kafka").delayed > 0
    stand.heal()
    await stand.ready()


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
async def test_a_broker_whose_disk_is_full_stops_and_has_what_it_had_once_there_is_room(stand: Stand) -> None:
    before = await registered(stand)
    assert await applied(stand, before) == 1
    deaths = stand.deaths("kafka")

    stand.shim("kafka").disk_full(True)
    await until(lambda: stand.deaths("kafka") >= deaths + 2)  # it stops, and cannot start on the full disk either
    meanwhile = await registered(stand)
    stand.shim("kafka").heal()

    await stand.ready()
    assert await applied(stand, meanwhile) == 1
    assert await records(stand, before, 1) == 1


async def test_an_unknown_member_is_named_with_those_that_there_are(stand: Stand) -> None:
    with pytest.raises(MemberUnknown, match="'nobody'; choose one of postgres, kafka, customer-api"):
        stand.kill("nobody")


async def test_nothing_runs_on_after_an_exception_not_even_who_was_paused(tmp_path: Path) -> None:
    running: list[processes.Process] = []

    async def fail() -> None:
        async with standing(tmp_path, services=("quality",)) as stand:
            running.extend(process for name in stand.names for process in stand.member(name).family())
            stand.pause("quality-worker")
            stand.pause("postgres")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()

    assert len(running) > 5
    assert [process.name for process in running if process.alive] == []


async def test_what_an_earlier_stand_left_running_is_ended_first(tmp_path: Path) -> None:
    start = processes.Start("order-api", ["sleep", "600"], tmp_path / "log", {}, tmp_path)
    left = processes.start(start, tmp_path / "run")
    left.send(signal.SIGSTOP)

    await asyncio.to_thread(cleared, tmp_path)

    assert not left.alive
