"""Due dates become events: once each, by the database's clock, and one that fails is tried again later."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from counter import trouble
from counter.effects import NotEnoughPieces, timers
from counter.events import CounterOpened, CounterRanDry
from counter.given import a_counter

from contracts.errors import Unavailable
from kit.timers import TimerRunner, set_timer, stop_timer
from testkit import ServiceUnderTest

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def no_timer_is_set(counter_service: ServiceUnderTest) -> None:
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("TRUNCATE timer")


async def a_timer(counter_service: ServiceUnderTest, due_at: datetime = LONG_AGO) -> UUID:
    counter_id = await a_counter(counter_service)
    async with counter_service.running.database.begin() as tx:
        await set_timer(tx, "run_dry", counter_id, due_at)
    return counter_id


async def ran_dry(counter_service: ServiceUnderTest) -> list[UUID]:
    return [event.counter_id for event in await counter_service.published() if isinstance(event, CounterRanDry)]


async def test_a_timer_fires_when_it_is_due_and_not_before(counter_service: ServiceUnderTest) -> None:
    due_at = datetime.now(UTC) + timedelta(days=3)
    counter_id = await a_timer(counter_service, due_at)

    assert not await counter_service.running.timers.fire()
    assert await counter_service.time_passes(due_at - timedelta(seconds=1)) == []
    assert await counter_service.time_passes(due_at) == [CounterRanDry(counter_id=counter_id)]
    assert await counter_service.time_passes(due_at) == []


async def test_the_earliest_fires_first(counter_service: ServiceUnderTest) -> None:
    counters = [await a_timer(counter_service, LONG_AGO + timedelta(days=day)) for day in (3, 1, 2)]

    while await counter_service.running.timers.fire():
        pass

    assert await ran_dry(counter_service) == [counters[1], counters[2], counters[0]]


async def test_with_two_runners_each_timer_fires_once(counter_service: ServiceUnderTest) -> None:
    counters = {await a_timer(counter_service) for _ in range(40)}
    running = counter_service.running
    runners = [TimerRunner(running.database, timers, running.committed) for _ in range(2)]

    async def fire_all(runner: TimerRunner) -> None:
        while await runner.fire():
            pass

    await asyncio.gather(*map(fire_all, runners))

    fired = await ran_dry(counter_service)
    assert (len(fired), set(fired)) == (40, counters)


async def test_what_a_timer_tells_is_told_by_the_system(counter_service: ServiceUnderTest) -> None:
    await a_timer(counter_service)

    await counter_service.running.timers.fire()

    assert (await counter_service.recorded())[-1].actor == "system:timer:run_dry"


async def test_a_timer_that_is_set_again_fires_at_the_new_time_only(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_timer(counter_service)
    async with counter_service.running.database.begin() as tx:
        await set_timer(tx, "run_dry", counter_id, datetime.now(UTC) + timedelta(days=1))

    assert not await counter_service.running.timers.fire()


async def test_a_timer_that_is_stopped_does_not_fire(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_timer(counter_service)
    async with counter_service.running.database.begin() as tx:
        await stop_timer(tx, "run_dry", counter_id)

    assert not await counter_service.running.timers.fire()


@pytest.mark.parametrize(
    "fault", [ZeroDivisionError("a bug"), NotEnoughPieces("none is left"), NotEnoughPieces("none of \0")], ids=str
)
async def test_a_timer_that_fails_is_postponed_and_listed_with_its_reason(
    counter_service: ServiceUnderTest, fault: Exception
) -> None:
    counter_id = await a_timer(counter_service)
    trouble.coming[counter_id] = [fault]

    assert await counter_service.running.timers.fire()

    assert not await counter_service.running.timers.fire()
    [listed] = (await counter_service.get("/ops/timers/failed")).json()
    assert (listed["kind"], listed["subject"], listed["attempts"]) == ("run_dry", str(counter_id), 1)
    assert listed["reason"] == f"{type(fault).__name__}: {fault}".replace("\0", "\ufffd")
    assert datetime.fromisoformat(listed["due_at"]) > datetime.now(UTC)
    assert [type(event) for event in await counter_service.published()] == [CounterOpened]
    assert await counter_service.time_passes(datetime.now(UTC) + timedelta(days=1)) == [
        CounterRanDry(counter_id=counter_id)
    ]


async def test_a_timer_that_fails_stops_no_other(counter_service: ServiceUnderTest) -> None:
    bad, good = await a_timer(counter_service), await a_timer(counter_service, LONG_AGO + timedelta(days=1))
    trouble.coming[bad] = [ZeroDivisionError("a bug")]

    while await counter_service.running.timers.fire():
        pass

    assert await ran_dry(counter_service) == [good]


async def test_a_timer_that_has_failed_for_years_is_still_tried_once_a_day(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_timer(counter_service)
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("UPDATE timer SET attempts = 2000")
    trouble.coming[counter_id] = [ZeroDivisionError("a bug")]

    await counter_service.running.timers.fire()

    [listed] = (await counter_service.get("/ops/timers/failed")).json()
    assert datetime.fromisoformat(listed["due_at"]) <= datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize("passing", [Unavailable("not now"), trouble.lose_connection], ids=trouble.name_of)
async def test_a_runner_goes_on_after_a_fault_that_passes(
    counter_service: ServiceUnderTest, passing: trouble.Trouble
) -> None:
    counter_id = await a_timer(counter_service)
    trouble.coming[counter_id] = [passing]
    running, fired = counter_service.running, asyncio.Event()

    runner = asyncio.create_task(TimerRunner(running.database, timers, fired.set, poll=0.01).run())
    async with asyncio.timeout(20):
        _ = await fired.wait()
    _ = runner.cancel()

    assert await ran_dry(counter_service) == [counter_id]
    assert (await counter_service.get("/ops/timers/failed")).json() == []
