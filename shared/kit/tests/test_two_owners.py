"""Two workers have the same partition for a moment, as in a rebalance: each step of one between two of the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from counter import trouble
from counter.given import (
    TOPIC,
    a_counter,
    a_supply,
    arrive,
    left,
    parked,
    retry_what_is_due,
    time_passes_for,
    waiting,
)
from counter.waiting import until

from contracts.errors import NotFound
from contracts.event import Recorded
from contracts.ids import new_id
from kit import parking
from kit.consumer import Consumer
from kit.database import Transaction
from kit.inbox import Message
from testkit import ServiceUnderTest


@asynccontextmanager
async def applying(service: ServiceUnderTest, *events: Recorded) -> AsyncGenerator[None]:
    """Inside, one owner is in the midst of a batch, before its commit; afterwards it has committed."""
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def stand_still(_: Transaction) -> None:
        reached.set()
        await go_on.wait()

    trouble.coming[events[-1].subject] = [stand_still]
    owner = asyncio.create_task(arrive(service, *events))
    await reached.wait()
    try:
        yield
    finally:
        go_on.set()
        await owner


class FindsNothing(Consumer):
    """An owner that knew nothing of what the event is about, and stands still before it parks the event."""

    def __init__(self, service: ServiceUnderTest) -> None:
        running = service.running
        super().__init__("counter", running.database, service.service.reactions, running.committed, running.metrics)
        self.about_to_park, self.go_on = asyncio.Event(), asyncio.Event()

    async def _apply_all(self, batch: object) -> None:
        raise NotFound("there is no such counter yet")

    async def _park(self, message: Message, fault: Exception) -> None:
        self.about_to_park.set()
        await self.go_on.wait()
        await super()._park(message, fault)


async def waits_for_a_lock(service: ServiceUnderTest) -> bool:
    """Whether a transaction of this database waits for what another one has written."""
    async with service.running.database.read() as tx:
        found = await tx.exec_driver_sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return found.scalar_one() == 1


async def test_an_event_that_one_owner_parked_while_the_other_applied_it_has_one_effect(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    first = FindsNothing(counter_service)
    parking_it = asyncio.create_task(first.apply([Message(TOPIC, 0, 0, event)]))
    await first.about_to_park.wait()

    async with applying(counter_service, event):
        first.go_on.set()
        await parking_it
        await time_passes_for(counter_service, event.subject)
        retrying = asyncio.create_task(retry_what_is_due(counter_service))
        await until(lambda: waits_for_a_lock(counter_service))
    await retrying

    assert (await left(counter_service, counter_id), await parked(counter_service, event.subject)) == (1, None)
    assert len(await counter_service.published()) == 2


async def test_a_key_that_one_owner_parked_for_a_gap_which_the_other_was_just_closing_goes_on_by_itself(
    counter_service: ServiceUnderTest,
) -> None:
    one, other, supply_id = await a_counter(counter_service), await a_counter(counter_service), new_id()
    first, second = (counter_service.records(a_supply(counter_id, supply_id)) for counter_id in (one, other))

    async with applying(counter_service, first):
        await arrive(counter_service, second)
        key = await parked(counter_service, supply_id)
    await time_passes_for(counter_service, supply_id)
    await retry_what_is_due(counter_service)

    assert key is not None
    assert key.kind == "gap"
    assert (await left(counter_service, one), await left(counter_service, other)) == (1, 1)
    assert await parked(counter_service, supply_id) is None


async def test_a_key_is_not_let_go_while_another_event_is_being_put_behind_it(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    first, second = (counter_service.records(a_supply(counter_id, supply_id)) for _ in range(2))
    trouble.coming[supply_id] = [ZeroDivisionError("a bug")]
    await arrive(counter_service, first)
    await time_passes_for(counter_service, supply_id)

    async with counter_service.running.database.begin() as tx:
        await parking.park(tx, TOPIC, second, "waiting", "it was unknown")
        await retry_what_is_due(counter_service)
    await retry_what_is_due(counter_service)

    assert (await left(counter_service, counter_id), await parked(counter_service, supply_id)) == (2, None)
    assert await waiting(counter_service, supply_id) == []


async def test_an_event_that_another_owner_is_just_applying_cannot_be_discarded(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    first = FindsNothing(counter_service)
    first.go_on.set()

    async with applying(counter_service, event):
        await first.apply([Message(TOPIC, 0, 0, event)])
        refused = asyncio.create_task(discard(counter_service, event.subject, event.id))
        await until(lambda: waits_for_a_lock(counter_service))

    assert await refused == "AlreadyApplied: event 1 of this key has been applied meanwhile; retry the key"
    assert await discarded(counter_service, event.id) == 0
    assert await left(counter_service, counter_id) == 1


async def discard(service: ServiceUnderTest, subject: UUID, event_id: UUID) -> str:
    """What the refusal says."""
    try:
        _ = await service.running.consumer.discard_parked((TOPIC, subject), event_id, "a test", "anna")
    except Exception as refusal:
        return parking.reason_of(refusal)
    return ""


async def discarded(service: ServiceUnderTest, event_id: UUID) -> int:
    async with service.running.database.read() as tx:
        found = await tx.exec_driver_sql("SELECT count(*) FROM discarded_message WHERE event_id = $1", (event_id,))
        return found.scalar_one()
