"""When an event of a key cannot be applied, its key waits in order and everything else flows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from counter import trouble
from counter.effects import OpenCounter, rows
from counter.events import CounterFilled
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
from counter.unchanged import nothing_changes

from contracts.errors import NotFound, Unavailable
from contracts.event import Recorded
from contracts.ids import new_id
from kit import parking
from kit.database import Transaction
from kit.parking import AlreadyApplied, AnotherBlocks, EventsMissing
from testkit import ServiceUnderTest
from testkit.service_under_test import Parked

pytestmark = pytest.mark.usefixtures("nothing_is_parked")


@pytest.fixture
async def nothing_is_parked(counter_service: ServiceUnderTest) -> None:
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("TRUNCATE parked_key, parked_message, discarded_message")
    trouble.coming.clear()


async def discard(counter_service: ServiceUnderTest, event: Recorded, reason: str = "a test") -> None:
    await counter_service.running.consumer.discard_parked((TOPIC, event.subject), event.id, reason, "anna")


async def test_an_event_after_a_gap_waits_and_goes_on_when_the_missing_one_comes(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    first, second, third = (counter_service.records(a_supply(counter_id, supply_id, 10**n)) for n in range(3))

    await arrive(counter_service, third)
    await arrive(counter_service, second)
    key = await parked(counter_service, supply_id)
    assert key is not None
    assert (key.kind, key.reason, key.waiting) == ("gap", "event 1 of this key has not come yet", 2)
    await time_passes_for(counter_service, supply_id)
    await retry_what_is_due(counter_service)
    assert await left(counter_service, counter_id) == 0

    await arrive(counter_service, first)
    await retry_what_is_due(counter_service)
    filled = [event for event in await counter_service.published() if isinstance(event, CounterFilled)]
    assert [event.pieces for event in filled] == [1, 10, 100]
    assert await parked(counter_service, supply_id) is None


async def test_a_gap_inside_a_batch_parks_only_its_key(counter_service: ServiceUnderTest) -> None:
    one, other = await a_counter(counter_service), await a_counter(counter_service)
    gap = counter_service.records(a_supply(one), sequence=2)

    await arrive(counter_service, gap, counter_service.records(a_supply(other)))

    assert (await left(counter_service, one), await left(counter_service, other)) == (0, 1)


async def test_later_events_of_a_parked_key_wait_behind_it_in_order(counter_service: ServiceUnderTest) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    poison = counter_service.records(a_supply(counter_id, supply_id, 0))
    later = [counter_service.records(a_supply(counter_id, supply_id, n)) for n in (1, 2, 3)]

    await arrive(counter_service, poison, *later[:2])
    await arrive(counter_service, later[2], poison, *later)

    assert await waiting(counter_service, supply_id) == [1, 2, 3, 4]
    assert await left(counter_service, counter_id) == 0


async def test_a_refusal_needs_a_person(counter_service: ServiceUnderTest) -> None:
    event = a_supply(await a_counter(counter_service), pieces=0)
    with pytest.raises(Parked, match="refused: NothingSupplied: order more"):
        await counter_service.receives(event)

    key = await parked(counter_service, event.subject)
    assert key is not None
    assert (key.next_attempt_at, key.attempts) == (None, 0)


async def test_an_event_about_something_unknown_succeeds_when_that_has_come(counter_service: ServiceUnderTest) -> None:
    counter_id = new_id()
    event = counter_service.records(a_supply(counter_id, pieces=4))
    await arrive(counter_service, event)
    key = await parked(counter_service, event.subject)
    assert key is not None
    assert (key.kind, key.next_attempt_at is not None) == ("waiting", True)
    await time_passes_for(counter_service, event.subject)
    assert await retry_what_is_due(counter_service) == 1

    async def open_it(command: OpenCounter, tx: Transaction) -> None:
        _ = await rows(tx).add(counter_id, {"label": command.label, "pieces": 0})

    await counter_service.does(open_it, OpenCounter())
    await time_passes_for(counter_service, event.subject)
    await retry_what_is_due(counter_service)

    assert (await left(counter_service, counter_id), await parked(counter_service, event.subject)) == (4, None)


async def pauses_of(counter_service: ServiceUnderTest, subject: UUID, attempts: int) -> tuple[str, int, float | None]:
    """Fail once more after so many attempts; returns kind, attempts, and the seconds until the next one."""
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "UPDATE parked_key SET attempts = $1, next_attempt_at = now() WHERE subject = $2", (attempts - 1, subject)
        )
    assert await retry_what_is_due(counter_service) == 1
    async with counter_service.running.database.read() as tx:
        tried = await tx.exec_driver_sql(
            "SELECT kind, attempts, ceil(extract(epoch FROM next_attempt_at - now()))::float8 FROM parked_key"
            " WHERE subject = $1",
            (subject,),
        )
        return tuple(tried.one())


async def test_an_event_about_something_unknown_is_tried_for_a_day_ever_more_seldom_and_then_left_to_a_person(
    counter_service: ServiceUnderTest,
) -> None:
    event = counter_service.records(a_supply(new_id()))
    await arrive(counter_service, event)

    found = [await pauses_of(counter_service, event.subject, attempts) for attempts in (8, 9, 126, 127, 264, 265)]

    assert found == [
        ("waiting", 8, 26.0),
        ("waiting", 9, 30.0),
        ("waiting", 126, 30.0),
        ("waiting", 127, 600.0),
        ("waiting", 264, 600.0),
        ("waiting", 265, None),
    ]


async def test_what_waits_for_something_unknown_can_be_woken_and_that_attempt_does_not_count(
    counter_service: ServiceUnderTest,
) -> None:
    event, refused = (counter_service.records(a_supply(new_id(), pieces=pieces)) for pieces in (1, 0))
    await arrive(counter_service, event, refused)
    _ = await pauses_of(counter_service, event.subject, 265)

    await counter_service.running.consumer.wake_waiting()

    assert await retry_what_is_due(counter_service) == 1
    key, other = await parked(counter_service, event.subject), await parked(counter_service, refused.subject)
    assert key is not None
    assert other is not None
    assert (key.attempts, key.next_attempt_at) == (265, None)
    assert (other.kind, other.next_attempt_at) == ("refused", None)


async def test_many_keys_that_have_become_due_go_on_together(counter_service: ServiceUnderTest) -> None:
    counters = [new_id() for _ in range(60)]
    await arrive(counter_service, *(counter_service.records(a_supply(counter_id)) for counter_id in counters))

    await open_counters(counter_service, counters)
    transactions = await retry_all(counter_service)

    assert [await left(counter_service, counter_id) for counter_id in counters] == [1] * 60
    assert transactions <= 6  # of 1, 2, 4, 8, 16, and the rest


async def test_a_key_that_fails_again_holds_up_none_of_those_that_are_tried_with_it(
    counter_service: ServiceUnderTest,
) -> None:
    counters = [new_id() for _ in range(20)]
    supplies = [
        counter_service.records(a_supply(counter_id)) for counter_id in [*counters[:9], new_id(), *counters[9:]]
    ]
    await arrive(counter_service, *supplies)

    await open_counters(counter_service, counters)
    _ = await retry_all(counter_service)

    assert [await left(counter_service, counter_id) for counter_id in counters] == [1] * 20
    key = await parked(counter_service, supplies[9].subject)
    assert key is not None
    assert (key.kind, key.attempts, key.waiting) == ("waiting", 1, 1)


async def open_counters(counter_service: ServiceUnderTest, counters: Sequence[UUID]) -> None:
    async with counter_service.running.database.begin() as tx:
        for counter_id in counters:
            _ = await rows(tx).add(counter_id, {"label": str(counter_id), "pieces": 0})


async def retry_all(counter_service: ServiceUnderTest) -> int:
    """Have all parked keys tried; returns how many transactions that took."""
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("UPDATE parked_key SET next_attempt_at = now()")
    return await retry_what_is_due(counter_service)


async def test_a_fault_of_ours_is_tried_again_three_times_and_then_left_to_a_person(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    trouble.coming[event.subject] = [ZeroDivisionError("a bug")] * 4
    await arrive(counter_service, event)

    for _ in range(5):
        await time_passes_for(counter_service, event.subject)
        await retry_what_is_due(counter_service)

    key = await parked(counter_service, event.subject)
    assert key is not None
    assert (key.kind, key.reason, key.attempts) == ("fault", "ZeroDivisionError: a bug", 3)
    assert (key.next_attempt_at, await left(counter_service, counter_id)) == (None, 0)


async def test_each_event_of_a_parked_key_has_all_its_attempts(counter_service: ServiceUnderTest) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    trouble.coming[supply_id] = [ZeroDivisionError("first")] * 3
    for _ in range(2):
        await arrive(counter_service, counter_service.records(a_supply(counter_id, supply_id)))
    for _ in range(2):
        await time_passes_for(counter_service, supply_id)
        await retry_what_is_due(counter_service)
    trouble.coming[supply_id] = [trouble_free, ZeroDivisionError("second")]

    await time_passes_for(counter_service, supply_id)
    await retry_what_is_due(counter_service)

    key = await parked(counter_service, supply_id)
    assert key is not None
    assert (key.reason, key.attempts, key.next_attempt_at is not None) == ("ZeroDivisionError: second", 1, True)


async def trouble_free(tx: Transaction) -> None:
    """This time nothing goes wrong."""


async def test_an_attempt_that_fails_leaves_nothing_behind(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    trouble.coming[event.subject] = [ZeroDivisionError("a bug")] * 2
    await arrive(counter_service, event)
    before = await counter_service.published()

    await time_passes_for(counter_service, event.subject)
    await retry_what_is_due(counter_service)

    assert (await left(counter_service, counter_id), await counter_service.published()) == (0, before)


async def test_an_attempt_that_meets_a_passing_fault_does_not_count(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    trouble.coming[event.subject] = [ZeroDivisionError("a bug"), Unavailable("not now"), trouble.lose_connection]
    await arrive(counter_service, event)
    await time_passes_for(counter_service, event.subject)

    for _ in range(2):
        with pytest.raises(Exception, match=r"not now|terminating connection"):
            await retry_what_is_due(counter_service)
    await retry_what_is_due(counter_service)

    assert (await left(counter_service, counter_id), await parked(counter_service, event.subject)) == (1, None)


async def test_discarding_the_event_that_blocks_lets_the_next_ones_go_on_and_keeps_the_reason(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    poison = counter_service.records(a_supply(counter_id, supply_id, 0))
    await arrive(counter_service, poison, *(counter_service.records(a_supply(counter_id, supply_id)) for _ in range(2)))

    await discard(counter_service, poison, "the supplier counted wrong")
    await retry_what_is_due(counter_service)
    await arrive(counter_service, poison)

    assert (await left(counter_service, counter_id), await parked(counter_service, supply_id)) == (2, None)
    async with counter_service.running.database.read() as tx:
        kept = (await tx.exec_driver_sql("SELECT event_id, reason, discarded_by FROM discarded_message")).one()
    assert tuple(kept) == (poison.id, "the supplier counted wrong", "anna")


async def test_a_key_that_is_not_parked_can_be_neither_retried_nor_discarded(counter_service: ServiceUnderTest) -> None:
    with pytest.raises(NotFound, match="is not parked"):
        await discard(counter_service, counter_service.records(a_supply(new_id())))


async def test_only_the_event_that_blocks_can_be_discarded(counter_service: ServiceUnderTest) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    poison, behind = (counter_service.records(a_supply(counter_id, supply_id, pieces)) for pieces in (0, 1))
    await arrive(counter_service, poison, behind)

    async with nothing_changes(counter_service):
        with pytest.raises(AnotherBlocks, match=f"{behind.id} does not block this key: {poison.id} does now"):
            await discard(counter_service, behind)


async def test_an_event_cannot_be_discarded_before_the_events_that_are_missing_have_come(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    first, second, third = (counter_service.records(a_supply(counter_id, supply_id)) for _ in range(3))
    await arrive(counter_service, third)

    async with nothing_changes(counter_service):
        with pytest.raises(EventsMissing, match="from 1 to 2 of this key have not come; replay them"):
            await discard(counter_service, third)

    await arrive(counter_service, first, second)
    await retry_what_is_due(counter_service)
    assert (await left(counter_service, counter_id), await parked(counter_service, supply_id)) == (3, None)


async def test_an_event_that_has_been_applied_meanwhile_cannot_be_discarded(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    await arrive(counter_service, event)
    async with counter_service.running.database.begin() as tx:
        await parking.park(tx, TOPIC, event, "waiting", "a worker that came late")

    async with nothing_changes(counter_service):
        with pytest.raises(AlreadyApplied, match="event 1 of this key has been applied meanwhile; retry the key"):
            await discard(counter_service, event)


async def test_a_gap_is_tried_by_itself_six_times_and_then_left_to_a_person(counter_service: ServiceUnderTest) -> None:
    event = counter_service.records(a_supply(await a_counter(counter_service)), sequence=2)
    await arrive(counter_service, event)

    attempts = 0
    while (key := await parked(counter_service, event.subject)) is not None and key.next_attempt_at is not None:
        await time_passes_for(counter_service, event.subject)
        attempts += await retry_what_is_due(counter_service)

    assert attempts == 6
    assert key is not None
    assert (key.kind, key.reason) == ("gap", "event 1 of this key has not come yet")


async def test_retries_beside_a_flow_of_events_of_the_same_keys_lose_none_and_keep_their_order(
    counter_service: ServiceUnderTest,
) -> None:
    counters = {new_id(): await a_counter(counter_service) for _ in range(4)}
    batches = [
        [counter_service.records(a_supply(counter_id, key, n)) for key, counter_id in counters.items()]
        for n in range(1, 21)
    ]
    for key in counters:
        trouble.coming[key] = [ZeroDivisionError("now and then"), *[trouble_free] * 4] * 4
    flowing = True

    async def retry_all_the_time() -> None:
        while flowing or any([await parked(counter_service, key) for key in counters]):
            for key in counters:
                await time_passes_for(counter_service, key)
            await retry_what_is_due(counter_service)

    retrying = asyncio.create_task(retry_all_the_time())
    for batch in batches:
        await arrive(counter_service, *batch)
    flowing = False
    await retrying

    filled = [event for event in await counter_service.published() if isinstance(event, CounterFilled)]
    for counter_id in counters.values():
        assert [event.pieces for event in filled if event.counter_id == counter_id] == list(range(1, 21))
