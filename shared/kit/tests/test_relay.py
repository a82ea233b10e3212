"""What was committed reaches Kafka: all of it, in the order of each key, whoever else writes or relays."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from counter.events import RUN
from counter.relays import a_relay, becomes_active, forget_the_past, numbers_of, tell, tell_in
from counter.topics import content, forwarding, limit_records, topics
from counter.waiting import until

from contracts.event import Recorded
from contracts.ids import new_id
from kit import relay as relay_module
from kit.database import Database
from kit.partition import partition_of
from kit.relay import LostTheLead, Relay
from kit.telemetry import Metrics
from kit.wake import Notifier
from testkit import ServiceUnderTest
from testkit.servers import Servers


@pytest.fixture
async def database(counter_service: ServiceUnderTest) -> Database:
    await forget_the_past(counter_service.running.database)
    return counter_service.running.database


@pytest.fixture
async def sender(servers: Servers) -> AsyncGenerator[str]:
    """A service name of the test's own, whose topic is there."""
    name = f"relayed-{RUN}-{new_id().hex[-6:]}"
    async with topics(servers.kafka, f"{name}.events"):
        yield name


async def test_sixteen_writers_of_uneven_length_lose_nothing_double_nothing_and_keep_the_order_of_each_key(
    database: Database, servers: Servers, sender: str
) -> None:
    chance, subjects = random.Random(7), [new_id() for _ in range(5)]
    wide = Database(database.dsn, name="writers", pool_size=16)

    async def write() -> None:
        for _ in range(25):
            told = chance.sample(subjects, chance.randint(1, 3))
            await tell(wide, *told, before=chance.choice((0, 0.001, 0.02)), after=chance.choice((0, 0, 0.01)))

    async with a_relay(database, servers.kafka, sender):
        await asyncio.gather(*(write() for _ in range(16)))
        async with database.read() as tx:
            stored = await tx.exec_driver_sql(
                "SELECT subject, count(*) AS events FROM outbox WHERE subject = ANY($1::uuid[]) GROUP BY 1", (subjects,)
            )
            written: dict[UUID, int] = {row.subject: row.events for row in stored}
        sent = await content(servers.kafka, f"{sender}.events", sum(written.values()))
    await wide.close()

    assert {subject: numbers_of(sent, subject) for subject in subjects} == {
        subject: list(range(1, count + 1)) for subject, count in written.items()
    }
    assert len({event.id for event in sent}) == len(sent) == sum(written.values())


async def test_an_open_transaction_holds_back_nobody_else_and_its_event_comes_when_it_commits(
    database: Database, servers: Servers, sender: str
) -> None:
    slow, quick = new_id(), new_id()
    async with a_relay(database, servers.kafka, sender):
        async with database.begin() as tx:
            await tell_in(tx, slow)
            await tell(database, quick)
            first = await content(servers.kafka, f"{sender}.events", 1)
        both = await content(servers.kafka, f"{sender}.events", 2)

    assert ([event.subject for event in first], {event.subject for event in both}) == ([quick], {quick, slow})


async def test_a_window_of_many_pages_is_sent_whole_and_in_order(
    database: Database, servers: Servers, sender: str
) -> None:
    subject = new_id()
    await tell(database, *[subject] * 2500)

    async with a_relay(database, servers.kafka, sender):
        sent = await content(servers.kafka, f"{sender}.events", 2500)

    assert numbers_of(sent, subject) == list(range(1, 2501))


async def test_of_two_relays_one_is_active_and_the_other_takes_over_where_it_ended(
    database: Database, servers: Servers, sender: str
) -> None:
    subject = new_id()
    async with a_relay(database, servers.kafka, sender) as one:
        before = one.epoch or 0
        async with a_relay(database, servers.kafka, sender, active=False) as other:
            for _ in range(20):
                await tell(database, subject)
            await content(servers.kafka, f"{sender}.events", 20)
            assert not other.active

            await end_connection_with_the_lock(database)
            for _ in range(20):
                await tell(database, subject)
            sent = await content(servers.kafka, f"{sender}.events", 40)
            assert (await becomes_active(one, other)).epoch == before + 1

    assert list(dict.fromkeys(numbers_of(sent, subject))) == list(range(1, 41))


async def end_connection_with_the_lock(database: Database) -> None:
    async with database.begin() as tx:
        ended = await tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert ended.all() == [(True,)]


async def test_a_relay_whose_epoch_is_over_stops_and_does_not_move_the_cursor(
    database: Database, servers: Servers, sender: str
) -> None:
    zombie = Relay(database.dsn, servers.kafka, sender, metrics=Metrics())
    async with a_relay(database, servers.kafka, sender) as active:
        zombie.epoch = (active.epoch or 0) - 1
    await tell(database, new_id())
    connection = await asyncpg.connect(database.dsn)
    producer = AIOKafkaProducer(bootstrap_servers=servers.kafka)
    await producer.start()
    before = await connection.fetchrow("SELECT * FROM relay_cursor")

    with pytest.raises(LostTheLead):
        await zombie.cycle(connection, producer)

    assert await connection.fetchrow("SELECT * FROM relay_cursor") == before
    await producer.stop()
    await connection.close()


async def test_a_relay_goes_on_when_a_broker_that_refused_connections_is_back(
    database: Database, servers: Servers, sender: str, unused_tcp_port: int
) -> None:
    subject = new_id()
    await tell(database, subject)
    async with a_relay(database, f"127.0.0.1:{unused_tcp_port}", sender, active=False) as relay:
        fault = await until(lambda: value_of(relay.last_fault))
        assert fault is not None
        assert fault.startswith("KafkaConnectionError")

        async with forwarding(unused_tcp_port, servers.kafka):
            sent = await content(servers.kafka, f"{sender}.events", 1)

    assert (numbers_of(sent, subject), relay.last_fault) == ([1], None)


async def test_after_a_send_that_failed_a_relay_goes_on_with_a_fresh_producer(
    database: Database, servers: Servers, sender: str
) -> None:
    subject, other = new_id(), new_id()
    async with a_relay(database, servers.kafka, sender) as relay:
        await tell(database, subject, other)
        await content(servers.kafka, f"{sender}.events", 2)
        await limit_records(servers.kafka, f"{sender}.events", 1000)

        await tell(database, subject, remark=random.Random(1).randbytes(3000).hex())
        await tell(database, subject, other)
        fault = await until(lambda: value_of(relay.last_fault))
        assert fault is not None
        assert fault.startswith("MessageSizeTooLargeError")

        await limit_records(servers.kafka, f"{sender}.events", 1_000_000)
        sent = await content(servers.kafka, f"{sender}.events", 5)

    assert list(dict.fromkeys(numbers_of(sent, subject))) == [1, 2, 3]
    assert list(dict.fromkeys(numbers_of(sent, other))) == [1, 2]


class Confused(Relay):
    """Its driver loses its bearings once, as when the server is killed in the midst of an answer."""

    confused = False

    async def cycle(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> int:
        if not self.confused:
            self.confused = True
            raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")
        return await super().cycle(connection, producer)


async def test_a_relay_goes_on_after_its_driver_lost_its_bearings(
    database: Database, servers: Servers, sender: str
) -> None:
    subject = new_id()
    await tell(database, subject)
    relay = Confused(database.dsn, servers.kafka, sender, metrics=Metrics())
    running = asyncio.create_task(relay.run())

    sent = await content(servers.kafka, f"{sender}.events", 1)
    _ = running.cancel()

    assert (relay.confused, numbers_of(sent, subject)) == (True, [1])


async def test_the_pauses_of_a_relay_grow_up_to_a_limit(
    database: Database, unused_tcp_port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert relay_module.LONGEST_PAUSE == 1
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.3)

    async with a_relay(database, f"127.0.0.1:{unused_tcp_port}", "nobody", active=False):
        await until(lambda: value_of("\n".join(pauses(caplog)[3:])))

    assert pauses(caplog)[:4] == ["0.2", "0.3", "0.3", "0.3"]


def pauses(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [record.getMessage() for record in caplog.records if record.name == relay_module.__name__]
    return [message.split()[2] for message in messages if message.startswith("relay pauses")]


async def test_the_largest_event_that_the_outbox_takes_can_be_sent(
    database: Database, servers: Servers, sender: str
) -> None:
    subject = new_id()
    await tell(database, subject, remark=random.Random(1).randbytes(449_900).hex())

    async with a_relay(database, servers.kafka, sender):
        [sent] = await content(servers.kafka, f"{sender}.events", 1)

    assert 899_800 < len(sent.data) < 900_000


async def test_a_notification_wakes_a_relay_in_another_process(
    database: Database, servers: Servers, sender: str
) -> None:
    notifier = Notifier(database)
    notifying = asyncio.create_task(notifier.run())
    async with a_relay(database, servers.kafka, sender, poll=600):
        await content(servers.kafka, f"{sender}.events", 0)
        await tell(database, new_id())
        notifier.poke()
        sent = await content(servers.kafka, f"{sender}.events", 1)
    _ = notifying.cancel()

    assert len(sent) == 1


async def test_a_replay_sends_the_events_of_a_subject_again_with_the_same_ids(
    counter_service: ServiceUnderTest, database: Database, servers: Servers, sender: str
) -> None:
    subject, other = new_id(), new_id()
    async with a_relay(database, servers.kafka, sender):
        await tell(database, *[subject] * 3, other)
        before = await content(servers.kafka, f"{sender}.events", 4)

        asked = await counter_service.post("/ops/replays", {"subject": str(subject)})
        assert asked.status_code == 202
        after = await content(servers.kafka, f"{sender}.events", 7)
        [replay] = await until(lambda: replays_done(counter_service))

    assert replay["sent"] == 3
    assert numbers_of(after, subject) == [1, 2, 3, 1, 2, 3]
    assert ids_of(after) == ids_of(before)


async def test_a_replay_that_was_asked_for_first_comes_after_what_is_new(
    counter_service: ServiceUnderTest, database: Database, servers: Servers, sender: str
) -> None:
    subject = new_id()
    await counter_service.post("/ops/replays", {"subject": str(subject)})
    await tell(database, *[subject] * 3)

    async with a_relay(database, servers.kafka, sender):
        [_] = await until(lambda: replays_done(counter_service))
        sent = await content(servers.kafka, f"{sender}.events", 6)

    assert numbers_of(sent, subject) == [1, 2, 3, 1, 2, 3]


def test_a_key_goes_where_other_clients_would_send_it() -> None:
    # Kafka's own UtilsTest.testMurmur2: murmur2("21") is -973932308, murmur2("foobar") is -790332482.
    assert partition_of(b"21", 2**31) == -973932308 & 0x7FFFFFFF
    assert partition_of(b"foobar", 12) == (-790332482 & 0x7FFFFFFF) % 12


async def value_of(found: str | None) -> str | None:
    return found


def ids_of(events: Sequence[Recorded]) -> set[UUID]:
    return {event.id for event in events}


async def replays_done(counter_service: ServiceUnderTest) -> list[dict[str, Any]]:  # Any: JSON
    return [each for each in (await counter_service.get("/ops/replays")).json() if each["done_at"]]
