"""Which commits wait for the disk, and what a worker does when the database has forgotten those that did not."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from counter.events import SupplyAnnounced
from counter.given import a_counter, a_supply, arrive, left, parked

from contracts.ids import new_id
from kit.consumer import OffsetsUncertain
from kit.inbox import Message
from kit.worker import Stalled, Worker
from testkit import ServiceUnderTest

_WATCH = """
CREATE TABLE committed (told boolean NOT NULL, synchronous text NOT NULL);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO committed SELECT TG_TABLE_NAME = 'outbox', current_setting('synchronous_commit'); RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER note AFTER INSERT ON outbox DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION note();
CREATE CONSTRAINT TRIGGER note AFTER INSERT OR UPDATE ON applied DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION note();
"""
_FORGET = "DROP TRIGGER note ON outbox; DROP TRIGGER note ON applied; DROP FUNCTION note; DROP TABLE committed"


@asynccontextmanager
async def commits(service: ServiceUnderTest) -> AsyncGenerator[set[tuple[bool, str]]]:
    """Of each commit inside: whether it told something, and whether it waited for the disk."""
    found = set[tuple[bool, str]]()
    async with service.running.database.begin() as tx:
        _ = await tx.driver.execute(_WATCH)
    yield found
    async with service.running.database.begin() as tx:
        rows = await tx.driver.fetch("SELECT told, synchronous FROM committed")
        found |= {(row["told"], row["synchronous"]) for row in rows}
        _ = await tx.driver.execute(_FORGET)


async def test_a_batch_that_tells_something_waits_for_the_disk(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)

    async with commits(counter_service) as found:
        await arrive(counter_service, counter_service.records(a_supply(counter_id)))

    assert await left(counter_service, counter_id) == 1
    assert found == {(True, "on"), (False, "on")}


async def test_a_batch_that_tells_nobody_does_not_wait_for_the_disk(counter_service: ServiceUnderTest) -> None:
    async with commits(counter_service) as found:
        await arrive(counter_service, counter_service.records(SupplyAnnounced(supply_id=new_id())))

    assert found == {(False, "off")}


async def test_the_next_transaction_on_the_connection_waits_again(counter_service: ServiceUnderTest) -> None:
    await arrive(counter_service, counter_service.records(SupplyAnnounced(supply_id=new_id())))

    async with counter_service.running.database.begin() as tx:
        assert await tx.driver.fetchval("SHOW synchronous_commit") == "on"


async def test_nothing_is_applied_on_a_connection_that_is_younger_than_the_offsets(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter_id = await a_counter(counter_service)
    monkeypatch.setattr(counter_service.running.consumer, "offsets_known_at", time.monotonic())
    await counter_service.running.database.drop_idle()

    with pytest.raises(OffsetsUncertain):
        await arrive(counter_service, counter_service.records(a_supply(counter_id)))

    assert await left(counter_service, counter_id) == 0


async def test_nothing_is_parked_on_a_connection_that_is_younger_than_the_offsets(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer, database = counter_service.running.consumer, counter_service.running.database
    refused = counter_service.records(a_supply(await a_counter(counter_service), pieces=0))
    apply_all = consumer._apply_all  # pyright: ignore[reportPrivateUsage]  (the crash comes right after it)

    async def apply_and_lose_the_connections(batch: Sequence[Message]) -> None:
        try:
            await apply_all(batch)
        finally:
            monkeypatch.setattr(consumer, "offsets_known_at", time.monotonic())
            await database.drop_idle()

    monkeypatch.setattr(consumer, "_apply_all", apply_and_lose_the_connections)

    with pytest.raises(OffsetsUncertain):
        await arrive(counter_service, refused)

    assert await parked(counter_service, refused.subject) is None


def held_by(service: ServiceUnderTest, worker: Worker, counter_id: UUID, *places: int) -> list[Message]:
    """Messages of a topic of which the database, as one that has forgotten, knows nothing."""
    topic = f"supplier.{new_id()}"
    worker.next[topic, 0] = places[0]
    return [Message(topic, 0, place, service.records(a_supply(counter_id))) for place in places]


async def test_once_the_database_has_gone_back_nothing_that_is_held_is_applied(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, consumer = await a_counter(counter_service), counter_service.running.consumer
    worker = Worker(consumer, "nowhere:9092")
    lost, held = held_by(counter_service, worker, counter_id, 7, 8)
    worker.known_at = 0.0
    await counter_service.running.database.drop_idle()

    for batch in ([lost], [held]):
        with pytest.raises(Stalled, match="gone back in 1 partitions"):
            await worker.apply(batch)

    assert await left(counter_service, counter_id) == 0


async def test_an_attempt_does_not_go_by_what_another_task_has_compared_meanwhile(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter_id, consumer = await a_counter(counter_service), counter_service.running.consumer
    worker = Worker(consumer, "nowhere:9092")
    [first] = held_by(counter_service, worker, counter_id, 0)
    went_by = list[float]()

    async def apply_halves(batch: Sequence[Message]) -> None:
        """Between two halves PostgreSQL has crashed, and the task that tries parked keys has compared."""
        worker.known_at = time.monotonic() + 60
        went_by.append(consumer.offsets_known_at)

    worker.known_at = 1.0
    monkeypatch.setattr(consumer, "apply", apply_halves)
    await worker.apply([first])

    assert went_by == [1.0]


async def test_a_batch_that_was_taken_before_a_rebalance_is_not_tried_again_after_it(
    counter_service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter_id, consumer = await a_counter(counter_service), counter_service.running.consumer
    worker = Worker(consumer, "nowhere:9092")
    batch = held_by(counter_service, worker, counter_id, 0)
    tries = list[int]()

    async def rebalanced_meanwhile(batch: Sequence[Message]) -> None:
        tries.append(len(batch))
        worker.revocations += 1
        raise ConnectionResetError("PostgreSQL has crashed")

    monkeypatch.setattr(consumer, "apply", rebalanced_meanwhile)
    await worker.apply(batch)

    assert (tries, await left(counter_service, counter_id)) == ([1], 0)
