"""PostgreSQL and Kafka for real, in a folder of their own: start, use, kill, start again, stop."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from orderloop.platform import databases, processes, servers, topics
from orderloop.platform.kafka import Kafka
from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.postgres import Postgres
from orderloop.platform.servers import Addresses


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("servers")
    yield folder
    servers.stop(folder)
    assert processes.recall("postgres", folder / "run") is None
    assert processes.recall("kafka", folder / "run") is None


@pytest.fixture
def addresses(directory: Path) -> Addresses:
    return servers.start(directory)


@pytest.fixture
def plan(directory: Path, addresses: Addresses) -> Plan:
    return Plan(str(directory), addresses.postgres, addresses.kafka, own_postgres=True, own_kafka=True)


def test_starting_twice_uses_what_runs(directory: Path, addresses: Addresses) -> None:
    before = (Postgres(directory).process(), Kafka(directory).process())

    assert servers.start(directory) == addresses
    assert (Postgres(directory).process(), Kafka(directory).process()) == before


def test_the_command_prints_the_addresses_as_json(directory: Path, addresses: Addresses) -> None:
    command = [sys.executable, "-m", "orderloop", "servers", "start", "--directory", str(directory), "--json"]

    answer = subprocess.run(command, capture_output=True, text=True, check=True)

    assert json.loads(answer.stdout) == {"postgres": addresses.postgres, "kafka": addresses.kafka}


def test_killed_servers_come_back_at_their_addresses(directory: Path, addresses: Addresses) -> None:
    for server in (Postgres(directory), Kafka(directory)):
        process = server.process()
        assert process
        process.send(signal.SIGKILL)
        assert process.wait(5)

    assert servers.start(directory) == addresses


def test_a_server_whose_record_is_lost_is_found_by_its_lock(directory: Path, addresses: Addresses) -> None:
    before = Postgres(directory).process()
    processes.forget("postgres", directory / "run")

    assert Postgres(directory).process() == before
    assert servers.start(directory) == addresses


async def test_nobody_enters_without_the_password(addresses: Addresses) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        _ = await asyncpg.connect(addresses.postgres.replace("postgres:", "postgres:x", 1))


async def test_each_service_has_a_database_that_no_other_may_enter(plan: Plan) -> None:
    _ = await databases.ensure(plan)

    assert await databases.ensure(plan) == ()
    connection = await asyncpg.connect(plan.database("order"))
    assert await connection.fetchval("SELECT current_user || ' in ' || current_database()") == "order in order"
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        _ = await asyncpg.connect(plan.database("order").removesuffix("/order") + "/finance")


async def test_each_service_has_a_topic_with_fixed_partitions(plan: Plan) -> None:
    _ = await topics.ensure(plan)

    assert await topics.ensure(plan) == ()
    admin = AIOKafkaAdminClient(bootstrap_servers=plan.kafka)
    await admin.start()
    found = await admin.describe_topics([f"{service}.events" for service in SERVICES])
    await admin.close()
    assert {topic["topic"]: len(topic["partitions"]) for topic in found} == {f"{name}.events": 3 for name in SERVICES}
