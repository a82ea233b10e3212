"""From one service's outbox over Kafka to another's state: nothing is lost or doubled, whatever fails between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from counter import trouble
from counter.effects import reactions
from counter.events import RUN, CounterFilled, PiecesSupplied, SupplierEvent
from counter.given import a_counter, a_supply, left
from counter.relays import a_relay
from counter.topics import PARTITIONS, forwarding, topics
from counter.waiting import until

from contracts.errors import Unavailable
from contracts.ids import new_id
from kit import inbox, outbox
from kit import worker as worker_module
from kit.cluster import cluster_of
from kit.consumer import Consumer, following
from kit.context import Cause
from kit.database import Database, Transaction
from kit.envelope import headers_of
from kit.inbox import Message
from kit.outbox import Caused
from kit.reactions import Reactions
from kit.service import Running
from kit.settings import Settings
from kit.telemetry import Metrics
from kit.worker import Stalled, Worker
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
    """Keeps what it was given and has done; what it has to be given again counts once."""

    def __init__(self, service: ServiceUnderTest, group: str) -> None:
        running = service.running
        super().__init__(group, running.database, reactions, running.committed, Metrics())
        self.given: list[Message] = []

    async def apply(self, batch: Sequence[Message]) -> None:
        await super().apply(batch)
        self.given += batch

    def numbers_of(self, supply_id: UUID) -> list[int]:
        return [each.recorded.sequence for each in self.given if each.recorded.subject == supply_id]


@asynccontextmanager
async def a_worker(
    counter_service: ServiceUnderTest, kafka: str, group: str | None = None, max_records: int = 500
) -> AsyncGenerator[tuple[Worker, Watched]]:
    """Run a worker of a group that Kafka does not remember; at the end it stops by itself."""
    consumer = Watched(counter_service, group or f"counter-{new_id().hex}")
    worker = Worker(consumer, kafka, max_records=max_records)
    async with at_work(worker):
        yield worker, consumer


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncGenerator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
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
        assert fault.startswith("Stalled: the offsets do not hold")

        await until(lambda: has(counter_service, counter_id, 1))
        assert worker.connected


class Moving(Worker):
    """Whatever it asks, this is the answer about the broker's cluster."""

    def __init__(self, consumer: Consumer, kafka: str, cluster: str | None) -> None:
        super().__init__(consumer, kafka)
        self.cluster = cluster

    async def ask_cluster(self) -> str | None:
        return self.cluster


async def cluster_kept(database: Database, message: Message) -> str | None:
    """The cluster that gave out the offset which is kept of the message's partition."""
    async with database.read() as tx:
        found = await tx.exec_driver_sql(
            "SELECT cluster FROM consumer_offset WHERE topic = $1 AND partition = $2", (TOPIC, message.partition)
        )
        return found.scalar_one()


async def test_offsets_that_another_cluster_gave_out_do_not_count_and_nothing_is_done_twice(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id, database = await a_counter(counter_service), new_id(), counter_service.running.database
    async with a_worker(counter_service, servers.kafka):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))
    async with database.begin() as tx:
        _ = await tx.exec_driver_sql("UPDATE consumer_offset SET cluster = 'the one whose disk was lost'")

    async with a_worker(counter_service, servers.kafka) as (_, consumer):
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 4))

    assert consumer.numbers_of(supply_id) == [1, 2, 3, 4]
    async with database.read() as tx:
        kept = await inbox.offsets(tx, [TOPIC], await cluster_of(servers.kafka))
    assert kept.items() >= following(consumer.given).items()


async def test_offsets_of_before_clusters_were_remembered_count(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    async with a_worker(counter_service, servers.kafka):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("UPDATE consumer_offset SET cluster = NULL")

    async with a_worker(counter_service, servers.kafka) as (_, consumer):
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 4))

    assert consumer.numbers_of(supply_id) == [4]


async def test_a_worker_whose_broker_turns_out_to_be_of_another_cluster_begins_at_its_beginning(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_EVERY", 0.01)
    counter_id, supply_id = await a_counter(counter_service), new_id()
    consumer = Watched(counter_service, f"counter-{new_id().hex}")
    worker = Moving(consumer, servers.kafka, "the old one")
    async with at_work(worker):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))

        worker.cluster = "the new one"
        fault = await until(lambda: value_of(worker.last_fault))
        await until(lambda: value_of(consumer.numbers_of(supply_id) == [1, 2, 3, 1, 2, 3]))
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 4))

    assert fault == "Stalled: the broker belongs to another cluster: the new one, not the old one"
    assert consumer.numbers_of(supply_id) == [1, 2, 3, 1, 2, 3, 4]
    async with counter_service.running.database.read() as tx:
        kept = await inbox.offsets(tx, [TOPIC], "the new one")
    assert kept.items() >= following(consumer.given).items()


class LateSupply(SupplierEvent):
    """Its topic is made while its reader already looks for it."""

    supply_id: UUID

    @classmethod
    def topic(cls) -> str:
        return f"late-{RUN}.events"


async def test_a_worker_finds_topics_that_are_made_after_it_has_begun(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "TOPICS_EVERY", 0.2)
    seen, early = list[UUID](), Reactions()

    @early.to(LateSupply)
    async def remember(event: LateSupply, tx: Transaction) -> None:
        seen.append(event.supply_id)

    running, supply_id = counter_service.running, new_id()
    consumer = Consumer(f"early-{RUN}", running.database, early, running.committed, running.metrics)
    event = counter_service.records(LateSupply(supply_id=supply_id))

    async with AsyncExitStack() as begun:
        await begun.enter_async_context(at_work(Worker(consumer, servers.kafka)))
        await until(lambda: has_joined(servers.kafka, consumer.service))
        await begun.enter_async_context(topics(servers.kafka, LateSupply.topic()))
        producer = await begun.enter_async_context(AIOKafkaProducer(bootstrap_servers=servers.kafka))
        row = event.model_dump() | {"event_id": event.id, "recorded_at": event.time}
        await producer.send_and_wait(LateSupply.topic(), event.data, headers=headers_of(row, "supplier"))
        await until(lambda: value_of(seen))

    assert seen == [supply_id]


async def has_joined(kafka: str, group: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return group in [name for name, _ in await admin.list_consumer_groups()]
    finally:
        await admin.close()


async def test_a_broker_that_does_not_say_its_cluster_is_not_another_one(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "LOOK_EVERY", 0.01)
    counter_id, supply_id = await a_counter(counter_service), new_id()
    consumer = Watched(counter_service, f"counter-{new_id().hex}")
    known = await cluster_of(servers.kafka)
    worker = Moving(consumer, servers.kafka, known)
    async with at_work(worker):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))
        worker.cluster = None
        await tell(supplier, a_supply(counter_id, supply_id))
        await until(lambda: has(counter_service, counter_id, 4))

    assert (worker.last_fault, consumer.numbers_of(supply_id)) == (None, [1, 2, 3, 4])
    assert await cluster_kept(counter_service.running.database, consumer.given[-1]) == known


async def test_a_worker_does_not_begin_before_it_knows_the_cluster(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    await tell(supplier, a_supply(counter_id, supply_id))
    worker = Moving(Watched(counter_service, f"counter-{new_id().hex}"), servers.kafka, None)
    async with at_work(worker):
        fault = await until(lambda: value_of(worker.last_fault))
        assert (fault, await left(counter_service, counter_id)) == (
            "Stalled: the broker does not say of which cluster it is",
            0,
        )

        worker.cluster = await cluster_of(servers.kafka)
        await until(lambda: has(counter_service, counter_id, 1))


async def test_nobody_and_somebody_silent_have_no_cluster(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setattr("kit.cluster.PATIENCE", 0.1)
    nobody = await cluster_of(f"127.0.0.1:{unused_tcp_port}")

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ = await reader.read()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", unused_tcp_port):
        silent = await cluster_of(f"127.0.0.1:{unused_tcp_port}")

    assert (nobody, silent) == (None, None)


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


class EndsCancelled(AIOKafkaConsumer):
    """Its end is a CancelledError that nobody asked for, as in aiokafka#647."""

    async def stop(self) -> None:
        await super().stop()
        raise asyncio.CancelledError


async def test_a_worker_goes_on_when_the_end_of_its_client_says_that_it_was_cancelled(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "AIOKafkaConsumer", EndsCancelled)
    counter_id, supply_id = await a_counter(counter_service), new_id()
    async with a_worker(counter_service, servers.kafka) as (worker, consumer):
        await until(lambda: value_of(worker.assigned))
        worker.seek_fault = Stalled("as a test wants it")
        await until(lambda: value_of(worker.last_fault is None and worker.seek_fault is None))
        await tell(supplier, a_supply(counter_id, supply_id, 3))
        await until(lambda: has(counter_service, counter_id, 3))

    assert consumer.numbers_of(supply_id) == [1]


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


class Gated(Watched):
    """Applies nothing before the gate is open."""

    def __init__(self, service: ServiceUnderTest, group: str) -> None:
        super().__init__(service, group)
        self.gate = asyncio.Event()

    async def apply(self, batch: Sequence[Message]) -> None:
        _ = await self.gate.wait()
        await super().apply(batch)


async def test_a_worker_whose_hands_were_full_when_partitions_were_shared_out_anew_reads_on(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    supplies = {new_id(): await a_counter(counter_service) for _ in range(20)}
    group = f"counter-{new_id().hex}"
    consumer = Gated(counter_service, group)
    full = Worker(consumer, servers.kafka, max_records=3)
    async with at_work(full):
        await until(lambda: value_of(full.assigned))
        await tell(supplier, *(a_supply(counter_id, key) for key, counter_id in supplies.items()))
        await until(lambda: value_of(len(full.held) >= full.max_records))
        async with a_worker(counter_service, servers.kafka, group):
            await until(lambda: value_of(full.revocations > 1 and full.assigned))
            consumer.gate.set()
            await tell(supplier, *(a_supply(counter_id, key, 2) for key, counter_id in supplies.items()))
            for counter_id in supplies.values():
                await until(lambda counter_id=counter_id: has(counter_service, counter_id, 3))


@pytest.mark.parametrize("strange", [("ce_id", b"\xff"), ("ce_actor", None), ("ce_time", b"2026-01-01T00:00:00")])
async def test_a_record_that_is_no_event_of_ours_is_left_out_and_the_rest_flows(
    counter_service: ServiceUnderTest,
    supplier: Database,
    servers: Servers,
    caplog: pytest.LogCaptureFixture,
    strange: tuple[str, bytes | None],
) -> None:
    counter_id = await a_counter(counter_service)
    foreign = counter_service.records(a_supply(counter_id))
    row = {**foreign.model_dump(), "event_id": foreign.id, "recorded_at": foreign.time}
    headers = list({**dict(headers_of(row, "supplier")), **dict([strange])}.items())
    async with AIOKafkaProducer(bootstrap_servers=servers.kafka) as producer:
        for partition in range(PARTITIONS):
            await producer.send_and_wait(TOPIC, foreign.data, partition=partition, headers=headers)

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


async def test_effects_that_a_crash_of_the_database_took_back_are_made_again(
    counter_service: ServiceUnderTest, supplier: Database, servers: Servers
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    async with a_worker(counter_service, servers.kafka) as (_, consumer):
        await tell(supplier, *[a_supply(counter_id, supply_id)] * 3)
        await until(lambda: has(counter_service, counter_id, 3))

        await take_back(counter_service.running.database, counter_id, supply_id)
        await until(lambda: has(counter_service, counter_id, 3))

    assert consumer.numbers_of(supply_id) == [1, 2, 3, 1, 2, 3]


async def take_back(database: Database, counter_id: UUID, supply_id: UUID) -> None:
    """As a crash does to a batch whose commit has not reached the disk; every connection is lost, too."""
    async with database.begin() as tx:
        _ = await tx.driver.execute("UPDATE counters SET pieces = 0 WHERE counter_id = $1", counter_id)
        _ = await tx.driver.execute("DELETE FROM applied WHERE subject = $1", supply_id)
        _ = await tx.driver.execute("TRUNCATE inbox")
        _ = await tx.driver.execute("UPDATE consumer_offset SET next = next - 3 WHERE next >= 3")
    async with database.read() as tx:
        _ = await tx.driver.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await database.drop_idle()


@pytest.mark.parametrize(("told", "seconds"), [({}, 6.0), ({"COUNTER_SESSION_SECONDS": "4"}, 4.0)])
async def test_a_killed_worker_keeps_its_partitions_as_long_as_the_settings_say(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, told: dict[str, str], seconds: float
) -> None:
    for name, value in {"COUNTER_DATABASE": "", "COUNTER_KAFKA": "nowhere:9092", "COUNTER_JWKS": "", **told}.items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_prefix="COUNTER_")  # type: ignore[call-arg]  # the values come from the environment

    running = Running(counter_service.service, settings)

    assert running.worker.session_seconds == seconds


async def test_what_somebody_waits_for_is_due_at_once_unless_the_worker_rests_after_a_batch(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    urgent = [Message(TOPIC, 0, 0, counter_service.records(a_supply(new_id())))]
    worker = Worker(Watched(counter_service, "counter"), "nowhere:9092")
    monkeypatch.setattr("time.monotonic", lambda: 100.0)

    worker.rest(took=0.004)
    worker.hold(urgent)
    while_resting = worker.is_time()
    monkeypatch.setattr("time.monotonic", lambda: 100.0041)
    after_it = worker.is_time()
    worker.held.clear()
    worker.hold(urgent)

    assert (while_resting, after_it, worker.is_time()) == (False, True, True)


async def test_a_rest_is_no_longer_than_ten_milliseconds(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(Watched(counter_service, "counter"), "nowhere:9092")
    monkeypatch.setattr("time.monotonic", lambda: 100.0)

    worker.rest(took=3.0)
    worker.hold([Message(TOPIC, 0, 0, counter_service.records(a_supply(new_id())))])
    monkeypatch.setattr("time.monotonic", lambda: 100.0101)

    assert worker.is_time()
