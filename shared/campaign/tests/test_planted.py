"""Each planted bug makes a process wrong: here it is seen doing what it should not, one process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from aiokafka.errors import KafkaError
from aiokafka.producer.sender import SendProduceReqHandler

from campaign.faults import FAULTS
from campaign.faults.overtaking import overtake
from campaign.invariants.checking import INVARIANTS
from campaign.planted import PLANTED, BugUnknown, consuming, found, plant
from campaign.planted.bug import instead
from contracts.customer import CustomerRegistered
from contracts.errors import Unavailable
from contracts.event import Event, Recorded
from contracts.ids import CustomerId, new_id
from finance.app import service
from inventory.storage.stock import Stock
from kit import database, inbox, locks, outbox, relay, worker
from kit.consumer import Consumer
from kit.context import Cause
from kit.database import Database, Transaction
from kit.inbox import Message
from kit.outbox import Caused
from kit.relay import NOTHING_YET, Relay
from kit.telemetry import Metrics
from kit.worker import Worker
from testkit import ServiceUnderTest, service_fixture

# The seams are the kit's own.
# pyright: reportPrivateUsage=false

TOPIC = "customer.events"
PLACES = (Consumer, Relay, Database, SendProduceReqHandler, Stock, database, inbox, locks, outbox, relay, worker)

finance_service = service_fixture(service)


@pytest.fixture(autouse=True)
def mended() -> Generator[None]:
    """What a test plants is gone with it."""
    before = [(place, dict(vars(place))) for place in PLACES]
    yield
    for place, attributes in before:
        for name, was in attributes.items():
            if vars(place)[name] is not was:
                setattr(place, name, was)


@pytest.fixture
def effects(mended: None) -> list[int]:
    """The numbers of the events whose effect was begun."""
    seen, apply = list[int](), Consumer._effects

    async def noted(self: Consumer, tx: Transaction, events: Sequence[Recorded]) -> list[Caused]:
        seen.extend(each.sequence for each in events)
        return await apply(self, tx, events)

    instead(Consumer, "_effects", noted)
    return seen


class Noting(Relay):
    """Sends to nobody, and notes what it would have sent."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn, "nowhere", "finance", metrics=Metrics())
        self.sent = list[tuple[UUID, int]]()
        self.held = asyncio.Event()
        self.held.set()

    async def _publish(self, producer: object, rows: Sequence[asyncpg.Record]) -> int:
        await self.held.wait()
        self.sent += [(row["subject"], row["sequence"]) for row in rows]
        return len(rows)

    def numbers(self, subject: UUID) -> list[int]:
        return [number for about, number in self.sent if about == subject]


@asynccontextmanager
async def leading(sut: ServiceUnderTest) -> AsyncGenerator[tuple[Noting, asyncpg.Connection]]:
    """A relay at the end of the outbox, and its connection."""
    made = Noting(sut.running.database.dsn)
    connection = await asyncpg.connect(made.dsn)
    await connection.execute("UPDATE relay_cursor SET snapshot = pg_current_snapshot()::text")
    await made._take_over(connection)
    yield made, connection
    await connection.close()


@pytest.fixture
async def relaying(finance_service: ServiceUnderTest) -> AsyncGenerator[tuple[Noting, asyncpg.Connection]]:
    async with finance_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "INSERT INTO relay_cursor (epoch, snapshot) VALUES (0, $1) ON CONFLICT DO NOTHING", (NOTHING_YET,)
        )
    async with leading(finance_service) as both:
        yield both


def about(subject: UUID) -> CustomerRegistered:
    return CustomerRegistered(
        customer_id=CustomerId(subject), number="C-1", kind="organisation", name="Nora", country="DE", currency="EUR"
    )


async def tell(tx: Transaction, *subjects: UUID) -> None:
    events: list[Event] = [about(subject) for subject in subjects]
    _ = await outbox.append(tx, [Caused(event, Cause(new_id(), "test")) for event in events])


def of_a_key(sut: ServiceUnderTest, subject: UUID, *numbers: int) -> list[Message]:
    records = [sut.records(about(subject), sequence=number) for number in numbers]
    return [Message(TOPIC, 0, number, each) for number, each in zip(numbers, records, strict=True)]


async def next_offset(sut: ServiceUnderTest) -> int:
    async with sut.running.database.begin() as tx:
        return (await inbox.offsets(tx, [TOPIC])).get((TOPIC, 0), 0)


def failing(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    async def fail(*_: object) -> list[Caused]:
        raise fault

    monkeypatch.setattr(Consumer, "_effects", fail)


def test_every_bug_of_the_list_can_be_planted() -> None:
    assert sorted(PLANTED) == [
        "cursor-before-acknowledgement",
        "duplicate-key-swallowed",
        "inbox-by-received-day",
        "inbox-without-key",
        "offset-before-commit",
        "offset-in-finally",
        "offset-reset-latest",
        "outbox-outside-transaction",
        "producer-reused",
        "relay-cursor-on-id",
        "relay-skip-locked",
        "relay-xmin-window",
        "reservation-without-lock",
        "retry-topic",
        "retry-without-key",
        "synchronous-commit-off",
    ]


@pytest.mark.parametrize("name", PLANTED)
def test_a_bug_names_a_fault_and_invariants_that_there_are(name: str) -> None:
    assert PLANTED[name].fault in FAULTS
    assert PLANTED[name].shows
    assert PLANTED[name].shows <= INVARIANTS.keys() - {"I16", "I17"}  # a slow machine shows those, too


def test_a_bug_is_caught_by_what_it_breaks_and_by_nothing_else() -> None:
    assert found("inbox-without-key").is_caught(["I2", "I5"])
    assert not found("inbox-without-key").is_caught(["I4", "I17"])


def test_an_unknown_bug_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BugUnknown, match=r"'gremlin'; there are .*inbox-without-key"):
        plant("gremlin", "order", ["api"])


def test_a_bug_whose_place_is_gone_says_so() -> None:
    with pytest.raises(AttributeError, match="has no _leaed"):
        instead(Relay, "_leaed", None)


async def test_a_cursor_on_the_id_leaves_out_what_commits_late(
    finance_service: ServiceUnderTest, relaying: tuple[Noting, asyncpg.Connection]
) -> None:
    plant("relay-cursor-on-id", "finance", ["relay"])
    sending, connection = relaying
    late, early = new_id(), new_id()

    async with finance_service.running.database.begin() as tx:
        await tell(tx, late)
        async with finance_service.running.database.begin() as another:
            await tell(another, early)
        await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]  # nobody to send to
    await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]

    assert (sending.numbers(late), sending.numbers(early)) == ([], [1])


async def test_a_window_below_the_oldest_transaction_sends_a_key_out_of_order(
    finance_service: ServiceUnderTest, relaying: tuple[Noting, asyncpg.Connection]
) -> None:
    plant("relay-xmin-window", "finance", ["relay"])
    sending, connection = relaying
    subject = new_id()

    async with finance_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("SELECT pg_current_xact_id()")
        async with finance_service.running.database.begin() as another:
            await tell(another, subject)
        await tell(tx, subject)
    async with asyncio.timeout(30):  # transactions in other databases hold the window back as well
        while len(sending.numbers(subject)) < 2:
            await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]

    assert sending.numbers(subject) == [2, 1]


@pytest.mark.parametrize(
    ("planted", "alone", "both"),
    [(None, [1], [1, 2]), ("relay-cursor-on-id", [], [1, 2]), ("relay-xmin-window", [1], [2, 1])],
)
async def test_a_slow_transaction_that_is_overtaken_shows_what_a_relay_goes_by(
    finance_service: ServiceUnderTest,
    relaying: tuple[Noting, asyncpg.Connection],
    planted: str | None,
    alone: list[int],
    both: list[int],
) -> None:
    if planted is not None:
        plant(planted, "finance", ["relay"])
    sending, connection = relaying

    async def overtaken() -> tuple[UUID, UUID]:
        slow, quick = [await finance_service.running.database.connect() for _ in range(2)]
        try:
            return await overtake(slow, quick, "finance")
        finally:
            await asyncio.gather(slow.close(), quick.close())

    async with asyncio.timeout(60):
        telling = asyncio.create_task(overtaken())
        while not telling.done():
            await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]  # nobody to send to
        one, other = telling.result()
        while len(sending.numbers(one) + sending.numbers(other)) < len(alone + both):
            await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]
        await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]

    assert (sending.numbers(one), sending.numbers(other)) == (alone, both)


async def test_of_two_relays_that_skip_locked_rows_the_second_may_be_the_first(
    finance_service: ServiceUnderTest, relaying: tuple[Noting, asyncpg.Connection]
) -> None:
    plant("relay-skip-locked", "finance", ["relay"])
    sending, connection = relaying
    await connection.execute("CREATE SCHEMA IF NOT EXISTS campaign")
    await sending._wait_for_lock(connection)
    await connection.execute("INSERT INTO campaign.sent SELECT id FROM outbox")
    subject = new_id()
    async with finance_service.running.database.begin() as tx:
        await tell(tx, *[subject] * 4)

    sending.held.clear()
    first = asyncio.create_task(sending.cycle(connection, None))  # pyright: ignore[reportArgumentType]
    other = await asyncpg.connect(sending.dsn)
    second = Noting(sending.dsn)
    async with asyncio.timeout(10):
        while not await some_are_claimed(other):
            pass
    await second.cycle(other, None)  # pyright: ignore[reportArgumentType]
    sending.held.set()
    await first
    await other.close()

    assert (second.numbers(subject), sending.numbers(subject)) == ([3, 4], [1, 2])


async def some_are_claimed(looking: asyncpg.Connection) -> bool:
    """By a transaction that has come to its end but for what it waits for."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    return bool(await looking.fetchval(sql))


async def test_a_cursor_that_is_kept_first_stands_after_what_could_not_be_sent(
    finance_service: ServiceUnderTest,
    relaying: tuple[Noting, asyncpg.Connection],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plant("cursor-before-acknowledgement", "finance", ["relay"])
    sending, connection = relaying
    async with finance_service.running.database.begin() as tx:
        await tell(tx, new_id())

    async def fail(*_: object) -> int:
        raise KafkaError

    monkeypatch.setattr(Noting, "_publish", fail)
    with pytest.raises(KafkaError):
        await sending.cycle(connection, None)  # pyright: ignore[reportArgumentType]

    unsent = "SELECT count(*) FROM outbox, relay_cursor WHERE NOT pg_visible_in_snapshot(xid, snapshot::pg_snapshot)"
    assert await connection.fetchval(unsent) == 0


async def test_a_relay_goes_on_with_the_producer_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    used = list[object]()

    async def fail(_: Relay, __: object, producer: object) -> None:
        used.append(producer)
        if len(used) == 2:
            raise asyncio.CancelledError
        raise KafkaError

    monkeypatch.setattr(Relay, "_lead_on", fail)
    plant("producer-reused", "finance", ["relay"])

    with pytest.raises(asyncio.CancelledError):
        await Noting("nowhere")._lead_on(None, "the same")  # pyright: ignore[reportArgumentType]

    assert used == ["the same", "the same"]


async def test_events_are_written_after_the_commit_of_what_they_tell_of(finance_service: ServiceUnderTest) -> None:
    plant("outbox-outside-transaction", "finance", ["api"])
    subject = new_id()

    async with finance_service.running.database.begin() as tx:
        await tell(tx, subject)
        within = await tx.exec_driver_sql("SELECT FROM outbox WHERE subject = $1", (subject,))
    async with finance_service.running.database.read() as tx:
        after = await tx.exec_driver_sql("SELECT FROM outbox WHERE subject = $1", (subject,))

    assert (within.rowcount, after.rowcount) == (0, 1)


async def test_commits_do_not_wait_for_the_disk(finance_service: ServiceUnderTest) -> None:
    plant("synchronous-commit-off", "finance", ["api"])
    pool = Database(finance_service.running.database.dsn, name="test")

    async with pool.read() as tx:
        setting = (await tx.exec_driver_sql("SHOW synchronous_commit")).scalar()
    await pool.close()

    assert (setting, relay._settings("test")["synchronous_commit"]) == ("off", "off")


async def test_two_workers_that_ask_the_inbox_first_both_apply(
    finance_service: ServiceUnderTest, effects: list[int]
) -> None:
    plant("inbox-without-key", "finance", ["worker"])
    batch = of_a_key(finance_service, new_id(), 1)

    await asyncio.gather(*(finance_service.running.consumer.apply(batch) for _ in range(2)))
    await finance_service.running.consumer.apply(batch)

    assert effects == [1, 1]


async def test_an_event_that_comes_again_the_next_day_is_applied_again(
    finance_service: ServiceUnderTest, effects: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant("inbox-by-received-day", "finance", ["worker"])
    batch = of_a_key(finance_service, new_id(), 1)

    for seconds in (10.0, 11.0, 12.0):
        monkeypatch.setattr("campaign.planted.fencing.time.time", lambda seconds=seconds: seconds)
        await finance_service.running.consumer.apply(batch)

    assert effects == [1, 1]


async def test_a_batch_with_a_repeat_is_left_out(finance_service: ServiceUnderTest, effects: list[int]) -> None:
    plant("duplicate-key-swallowed", "finance", ["worker"])
    first, second = of_a_key(finance_service, new_id(), 1, 2)

    await finance_service.running.consumer.apply([first])
    await finance_service.running.consumer.apply([first, second])

    assert effects == [1]


async def test_offsets_are_committed_although_the_effects_are_not(
    finance_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, Unavailable("not now"))
    plant("offset-before-commit", "finance", ["worker"])

    with pytest.raises(Unavailable):
        await finance_service.running.consumer.apply(of_a_key(finance_service, new_id(), 700))

    assert await next_offset(finance_service) == 701


async def test_a_fault_that_would_pass_leaves_its_events_out(
    finance_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, Unavailable("not now"))
    plant("offset-in-finally", "finance", ["worker"])

    await finance_service.running.consumer.apply(of_a_key(finance_service, new_id(), 800))

    assert await next_offset(finance_service) == 801


async def test_a_worker_begins_at_the_end(finance_service: ServiceUnderTest) -> None:
    plant("offset-reset-latest", "finance", ["worker"])

    client = Worker(finance_service.running.consumer, "127.0.0.1:1")._client()
    await client.stop()

    assert client._auto_offset_reset == "latest"


async def test_what_follows_on_a_failed_event_overtakes_it(
    finance_service: ServiceUnderTest, effects: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consuming, "RETRY_SECONDS", 0.01)
    plant("retry-topic", "finance", ["worker"])
    first, second = of_a_key(finance_service, new_id(), 1, 2)
    with monkeypatch.context() as failure:
        failing(failure, Unavailable("not now"))
        await finance_service.running.consumer.apply([first])

    await finance_service.running.consumer.apply([second])
    async with asyncio.timeout(10):
        while len(effects) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    assert effects == [2, 1]


def test_nothing_is_locked_by_its_id_in_inventory_alone() -> None:
    plant("reservation-without-lock", "finance", ["worker"])
    elsewhere = len(locks.numbers_of([new_id()]))
    plant("reservation-without-lock", "inventory", ["worker"])

    assert (elsewhere, locks.numbers_of([new_id()]), vars(inbox)["numbers_of"]([new_id()])) == (1, [], [])
