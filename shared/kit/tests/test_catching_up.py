"""A worker with a backlog on several topics applies what belongs together in the order in which it happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
import pytest_asyncio
from counter.effects import NotEnoughPieces, fill_counter, rows
from counter.events import RUN, CounterOpened, PiecesSupplied, PiecesTaken
from counter.given import a_supply, arrive, left, parked
from counter.relays import a_relay
from counter.topics import content, topics
from counter.waiting import until

from contracts.event import Event
from contracts.ids import new_id
from kit import outbox
from kit import worker as worker_module
from kit.consumer import Consumer
from kit.context import Cause
from kit.database import Database, Transaction
from kit.inbox import Message
from kit.outbox import Caused
from kit.reactions import Reactions
from kit.telemetry import Metrics
from kit.worker import Worker
from testkit import ServiceUnderTest
from testkit.databases import a_database
from testkit.servers import Servers

ROUNDS, EACH = 40, 25
reactions = Reactions()


@reactions.to(CounterOpened, locks=lambda event: (event.counter_id,))
async def keep_counter(event: CounterOpened, tx: Transaction) -> None:
    _ = await rows(tx).add(event.counter_id, {"label": event.label, "pieces": 0})


_ = reactions.to(PiecesSupplied, locks=lambda event: (event.counter_id,))(fill_counter)


@reactions.to(PiecesTaken, locks=lambda event: (event.counter_id,))
async def take(event: PiecesTaken, tx: Transaction) -> None:
    row = await rows(tx).load(event.counter_id)
    if row["pieces"] < event.pieces:
        raise NotEnoughPieces("the supply has not come")
    _ = await rows(tx).save(event.counter_id, row["version"], {"pieces": row["pieces"] - event.pieces})


class Counting(Consumer):
    """Counts what it could not apply."""

    def __init__(self, service: ServiceUnderTest) -> None:
        super().__init__(f"counter-{new_id().hex}", service.running.database, reactions, lambda: None, Metrics())
        self.parked = 0

    async def _park(self, message: Message, fault: Exception) -> None:
        self.parked += 1
        await super()._park(message, fault)


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncGenerator[None]:
    running = asyncio.create_task(worker.run())
    try:
        yield
        worker.stop()
        await running
    finally:
        _ = running.cancel()
        _ = await asyncio.gather(running, return_exceptions=True)


async def tell(database: Database, *events: Event) -> None:
    async with database.begin() as tx:
        _ = await outbox.append(tx, [Caused(event, Cause(new_id(), "test")) for event in events])


async def done(database: Database, counters: list[UUID]) -> int:
    """How many of these counters have been filled and emptied."""
    async with database.read() as tx:
        found = await tx.exec_driver_sql(
            "SELECT count(*) FROM counters WHERE counter_id = ANY($1) AND pieces = 1", (counters,)
        )
        return int(found.scalar_one())


@pytest_asyncio.fixture
async def backlog(counter_service: ServiceUnderTest, servers: Servers) -> AsyncGenerator[list[UUID]]:
    """Counters are opened in one topic, supplied in another, emptied in the first; nobody has read any of it yet."""
    async with counter_service.running.database.begin() as tx:  # the topics are made anew for each test
        _ = await tx.exec_driver_sql("DELETE FROM consumer_offset")
    names = [f"{service}-{RUN}" for service in ("counter", "supplier")]
    counters: list[UUID] = []
    async with (
        a_database("counter", servers.postgres) as here,
        a_database("counter", servers.postgres) as there,
        topics(servers.kafka, *(f"{name}.events" for name in names)),
    ):
        owner, supplier = Database(here, name="owner"), Database(there, name="supplier")
        async with a_relay(owner, servers.kafka, names[0]), a_relay(supplier, servers.kafka, names[1]):
            for _ in range(ROUNDS):
                opened = [new_id() for _ in range(EACH)]
                await tell(owner, *(CounterOpened(counter_id=id, label=str(id), pieces=0) for id in opened))
                await tell(supplier, *(a_supply(id, pieces=3) for id in opened))
                await tell(owner, *(PiecesTaken(counter_id=id, pieces=2, left=1) for id in opened))
                counters += opened
            for name, each in zip(names, (2, 1), strict=True):
                _ = await content(servers.kafka, f"{name}.events", each * len(counters))
        yield counters
        await owner.close()
        await supplier.close()


async def test_a_consumer_that_begins_with_a_backlog_on_two_topics_parks_nothing(
    counter_service: ServiceUnderTest, backlog: list[UUID], servers: Servers
) -> None:
    database, consumer = counter_service.running.database, Counting(counter_service)

    async def all_are_done() -> bool:
        return await done(database, backlog) == len(backlog)

    async with at_work(Worker(consumer, servers.kafka, max_records=50)):
        await until(all_are_done)

    assert consumer.parked == 0


async def test_a_key_whose_quick_attempts_are_over_is_tried_when_the_worker_has_caught_up(
    counter_service: ServiceUnderTest, backlog: list[UUID], servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "BACKLOG_SECONDS", 0.0)
    event = counter_service.records(a_supply(backlog[-1], pieces=7))
    await arrive(counter_service, event)
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("UPDATE parked_key SET attempts = 265, next_attempt_at = NULL")

    async def is_free() -> bool:
        return await parked(counter_service, event.subject) is None

    async with at_work(Worker(Counting(counter_service), servers.kafka, max_records=50)):
        await until(is_free)

    assert await left(counter_service, backlog[-1]) == 8
