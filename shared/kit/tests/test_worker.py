"""From one service's outbox over Kafka to another's state: nothing is lost or doubled, whatever fails between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from counter import trouble
from counter.effects import reactions
from counter.events import RUN, CounterFilled, PiecesSupplied
from counter.given import a_counter, a_supply, left
from counter.relays import a_relay
from counter.topics import PARTITIONS, forwarding, topics
from counter.waiting import until

from contracts.errors import Unavailable
from contracts.ids import new_id
from kit import inbox, outbox
from kit import worker as worker_module
from kit.consumer import Consumer
from kit.context import Cause
from kit.database import Database
from kit.inbox import Message
from kit.outbox import Caused
from kit.telemetry import Metrics
from kit.worker import Worker
from testkit import ServiceUnderTest
from testkit.databases import a_database
from testkit.servers import Servers

TOPIC = f"supplier-{RUN}.events"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def supplier(servers: Servers) -> AsyncGenerator[Database]:
    """The supplier's database; what is told there goes to its topic."""
    async with a_database("counter", servers.postgres) as address, topics(servers.kafka, TOPIC):
        database = Database(address, name="supplier")
        async with a_relay(database, servers.kafka, f"supplier-{RUN}"):
            yield database
        await database.close()


async def tell(supplier: Database, *events: PiecesSupplied) -> None:
    async with supplier.begin() as tx:
        await outbox.append(tx, [Caused(event, Cause(new_id(), "supplier")) for event in events])


class Watched(Consumer):
    """Keeps what it was given."""

    def __init__(self, service: ServiceUnderTest, group: str) -> None:
        running = service.running
        super().__init__(group, running.database, reactions, running.committed, Metrics())
        self.given: list[Message] = []

    async def apply(self, batch: Sequence[Message]) -> None:
        self.given += batch
        await super().apply(batch)

    def numbers_of(self, supply_id: UUID) -> list[int]:
        return [each.recorded.sequence for each in self.given if each.recorded.subject == supply_id]


@asynccontextmanager
async def a_worker(
    counter_service: ServiceUnderTest, kafka: str, group: str | None = None, max_records: int = 500
) -> AsyncGenerator[tuple[Worker, Watched]]:
    """Run a worker of a group that Kafka does not remember; at the end it stops by itself."""
    consumer = Watched(counter_service, group or f"counter-{new_id().hex}")
    worker = Worker(consumer, kafka, max_records=max_records)
    running = asyncio.create_task(worker.run())
    try:
        yield worker, consumer
        worker.stop()
        await running
    finally:
        _ = running.cancel()


async def has(counter_service: ServiceUnderTest, counter_id: UUID, pieces: int) -> bool:
    return await left(counter_service, counter_id) == pieces


async def test_events_go_from_an_outbox_over_kafka_into_effects_each_once_and_in_order(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    supplies = {new_id(): await a_counter(counter_service) for _ in range(6)}
    async with a_worker(counter_service, servers.kafka, max_records=7):
        for n in range(1, 21):
            await tell(supplier, *(a_supply(counter_id, key, n) for key, counter_id in supplies.items()))
        for counter_id in supplies.values():
            await until(lambda counter_id=counter_id: has(counter_service, counter_id, 210))

    filled = [event for event in await counter_service.published() if isinstance(event, CounterFilled)]
    for counter_id in supplies.values():
        assert [event.pieces for event in filled if event.counter_id == counter_id] == list(range(1, 21))


async def test_a_worker_goes_on_where_the_database_says_and_not_where_kafka_remembers(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    async with a_worker(counter_service, servers.kafka):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))

    async with a_worker(counter_service, servers.kafka) as (_, consumer):
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 4))

    assert consumer.numbers_of(supply_id) == [4]


async def test_a_worker_whose_database_has_lost_its_offsets_reads_all_and_does_nothing_twice(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id, group = await a_counter(counter_service), new_id(), f"counter-{new_id().hex}"
    async with a_worker(counter_service, servers.kafka, group):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("TRUNCATE consumer_offset")

    async with a_worker(counter_service, servers.kafka, group) as (_, consumer):
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 4))

    assert consumer.numbers_of(supply_id) == [1, 2, 3, 4]


async def test_a_batch_waits_while_the_database_does_not_answer_and_is_then_applied_once(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    trouble.coming[supply_id] = [Unavailable("not now"), trouble.lose_connection, TimeoutError()]

    async with a_worker(counter_service, servers.kafka):
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 1))

    assert trouble.met[supply_id] == 4
    assert len(await counter_service.published()) == 2


async def test_a_worker_that_cannot_read_its_offsets_waits_until_it_can(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id = await a_counter(counter_service)
    await tell(supplier, a_supply(counter_id))
    async with AsyncExitStack() as begun:
        async with counter_service.running.database.begin() as tx:
            _ = await tx.exec_driver_sql("LOCK TABLE consumer_offset")
            worker, _ = await begun.enter_async_context(a_worker(counter_service, servers.kafka))
            fault = await until(lambda: value_of(worker.last_fault))
        assert fault is not None
        assert fault.startswith("Stalled: the offsets could not be read")

        await until(lambda: has(counter_service, counter_id, 1))
        assert worker.connected


class OftenBehind(Worker):
    """Finds the broker ahead at these looks, by their numbers from 1."""

    def __init__(self, consumer: Consumer, kafka: str, ahead_at: range) -> None:
        super().__init__(consumer, kafka)
        self.looks = 0
        self.ahead_at = ahead_at

    async def _behind(self, client: AIOKafkaConsumer) -> bool:
        self.looks += 1
        return self.looks in self.ahead_at


@pytest.mark.parametrize(
    ("ahead_at", "stalled"), [(range(1, 100, 2), False), (range(2, 4), True)], ids=["now and then", "twice in a row"]
)
async def test_a_client_is_built_anew_when_it_is_behind_at_two_looks_in_a_row(
    counter_service: ServiceUnderTest,
    servers: Servers,
    supplier: Database,
    monkeypatch: pytest.MonkeyPatch,
    ahead_at: range,
    stalled: bool,
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(worker_module, "SILENT_AFTER", -1.0)
    consumer = Watched(counter_service, f"counter-{new_id().hex}")
    worker = OftenBehind(consumer, servers.kafka, ahead_at)
    running = asyncio.create_task(worker.run())

    await until(lambda: value_of(worker.looks > 5 or worker.last_fault))
    fault = worker.last_fault or ""
    worker.stop()
    await running

    assert fault.startswith("Stalled: the broker has more") == stalled


async def test_two_workers_of_one_group_share_the_partitions_and_apply_each_event_once(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, group = await a_counter(counter_service), f"counter-{new_id().hex}"
    async with a_worker(counter_service, servers.kafka, group, 5) as (one, _):
        await tell(supplier, *(a_supply(counter_id) for _ in range(50)))
        await until(lambda: value_of(one.assigned))
        async with a_worker(counter_service, servers.kafka, group, 5) as (other, _):
            await tell(supplier, *(a_supply(counter_id) for _ in range(50)))
            await until(lambda: value_of(other.assigned and len(one.assigned | other.assigned) == PARTITIONS))
            await tell(supplier, *(a_supply(counter_id) for _ in range(50)))
            await until(lambda: has(counter_service, counter_id, 150))

    assert len(await counter_service.published()) == 151


async def test_a_record_that_is_no_event_of_ours_is_left_out_and_the_rest_flows(
    counter_service: ServiceUnderTest,
    supplier: Database,
    servers: Servers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    counter_id = await a_counter(counter_service)
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka) as producer:
        for partition in range(PARTITIONS):
            await producer.send_and_wait(TOPIC, b"hello", partition=partition, headers=[("ce_id", b"\xff")])

    async with a_worker(counter_service, servers.kafka):
        await tell(supplier, *(a_supply(counter_id) for _ in range(9)))
        await until(lambda: has(counter_service, counter_id, 9))

    assert "is skipped" in caplog.text


async def test_an_event_that_waits_for_a_fact_is_applied_soon_after_it(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    trouble.coming[supply_id] = [ZeroDivisionError("a bug"), ZeroDivisionError("a bug")]

    async with a_worker(counter_service, servers.kafka):
        await tell(supplier, a_supply(counter_id, supply_id), a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 2))


async def test_a_worker_goes_on_when_a_broker_that_refused_connections_is_back(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers, unused_tcp_port: int
) -> None:
    counter_id = await a_counter(counter_service)
    await tell(supplier, a_supply(counter_id))
    async with a_worker(counter_service, f"127.0.0.1:{unused_tcp_port}") as (worker, _):
        await until(lambda: value_of(worker.last_fault))
        assert not worker.connected

        async with forwarding(unused_tcp_port, servers.kafka):
            await until(lambda: has(counter_service, counter_id, 1))
            assert worker.connected


async def test_offsets_in_the_database_follow_each_batch(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id = await a_counter(counter_service)
    async with a_worker(counter_service, servers.kafka) as (_, consumer):
        await tell(supplier, *(a_supply(counter_id) for _ in range(30)))
        await until(lambda: has(counter_service, counter_id, 30))

    async with counter_service.running.database.read() as tx:
        kept = await inbox.offsets(tx, [TOPIC])
    ends = {(TOPIC, partition): 0 for partition in range(PARTITIONS)}
    for each in consumer.given:
        ends[TOPIC, each.partition] = max(ends[TOPIC, each.partition], each.offset + 1)
    assert kept == {place: end or kept[place] for place, end in ends.items()}


async def value_of(found: object) -> str | None:
    return str(found) if found else None
