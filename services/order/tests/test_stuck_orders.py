"""Orders that have waited for longer than they should are reported, once a wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import update

from contracts.event import Event
from contracts.order import FulfilmentStuck, OrderPlaced
from kit.database import Transaction
from kit.timers import set_timer
from order import timers
from order.commands import tell_stuck_orders
from order.storage.tables import orders
from testkit import ServiceUnderTest
from testkit.plans import planned
from testkit.statements import statements

if TYPE_CHECKING:
    from conftest import Desk


async def waits_too_long(service: ServiceUnderTest, placed: OrderPlaced, by: timedelta = timedelta(minutes=1)) -> None:
    """Its wait was over so long ago."""
    over = datetime.now(UTC) - by
    async with service.running.database.begin() as tx:
        _ = await tx.execute(update(orders).where(orders.c.order_id == placed.order_id).values(waiting_until=over))


def soon() -> datetime:
    """When the timer that looks after orders is due again."""
    return datetime.now(UTC) + timedelta(minutes=2)


async def an_hour_passes(service: ServiceUnderTest) -> list[Event]:
    """The timer that looks after all orders is due again, and no other."""
    async with service.running.database.begin() as tx:
        await set_timer(tx, timers.LOOK_AFTER_ALL_ORDERS, await subject_of_timer(tx), datetime.now(UTC))
    return await service.time_passes(datetime.now(UTC))


async def subject_of_timer(tx: Transaction) -> UUID:
    [subject] = await tx.exec_driver_sql("SELECT subject FROM timer WHERE kind = 'look_after_all_orders'")
    return subject[0]


async def test_an_order_that_waits_too_long_is_reported_once(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    await waits_too_long(order_service, placed)

    [stuck] = await order_service.time_passes(soon())
    again = await order_service.time_passes(soon())

    assert isinstance(stuck, FulfilmentStuck)
    assert (stuck.order_id, stuck.waiting_for) == (placed.order_id, "credit_check")
    assert again == []
    assert (await order_service.get(f"/orders/{placed.order_id}/fulfilment")).json()["stuck"] is True


async def test_an_order_whose_wait_is_not_over_is_not_reported(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)

    assert await order_service.time_passes(soon()) == []

    assert (await order_service.get(f"/orders/{placed.order_id}/fulfilment")).json()["stuck"] is False


async def test_the_next_wait_is_reported_again(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    await waits_too_long(order_service, placed)
    _ = await order_service.time_passes(soon())

    _ = await order_service.receives(desk.credit_fits(placed))
    moved_on = (await order_service.get(f"/orders/{placed.order_id}/fulfilment")).json()
    await waits_too_long(order_service, placed)
    [stuck] = await order_service.time_passes(soon())

    assert (moved_on["waiting_for"], moved_on["stuck"]) == ("stock_answer", False)
    assert isinstance(stuck, FulfilmentStuck)
    assert stuck.waiting_for == "stock_answer"


async def test_a_cancelled_order_is_never_stuck(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    await waits_too_long(order_service, placed)
    _ = await order_service.post(f"/orders/{placed.order_id}/cancel", {"reason": "no more"})

    assert await order_service.time_passes(soon()) == []


async def test_an_order_that_waited_too_long_while_nobody_looked_is_reported_within_the_hour(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    _ = await an_hour_passes(order_service)
    await waits_too_long(order_service, placed, by=timedelta(days=2))

    at_once = await order_service.time_passes(soon())
    [stuck] = await an_hour_passes(order_service)
    again = await an_hour_passes(order_service)

    assert isinstance(stuck, FulfilmentStuck)
    assert stuck.order_id == placed.order_id
    assert (at_once, again) == ([], [])


async def test_more_than_one_look_can_report_are_reported_by_the_next_at_once(
    order_service: ServiceUnderTest, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_stuck_orders, "AT_ONCE", 2)
    monkeypatch.setattr(timers, "AT_ONCE", 2)
    placed = [await desk.an_order(10) for _ in range(5)]
    for each in placed:
        await waits_too_long(order_service, each, by=timedelta(days=2))

    looks = [await an_hour_passes(order_service)]
    while looks[-1]:
        looks.append(await order_service.time_passes(datetime.now(UTC)))

    assert [len(look) for look in looks] == [2, 2, 1, 0]
    assert {each.subject for look in looks for each in look} == {each.order_id for each in placed}


async def test_a_look_costs_the_same_however_many_waits_of_the_past_were_over_in_time(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    """The index has them until it is vacuumed."""
    database = order_service.running.database
    placed = await desk.an_order(10)
    now = datetime.now(UTC)

    async with planned(database, await looking(order_service), now, now - timedelta(hours=1), 100) as blocks_read:
        await wait_in_vain(order_service, placed, 2000)
        assert 0 < await blocks_read() < 10


async def wait_in_vain(service: ServiceUnderTest, placed: OrderPlaced, times: int) -> None:
    """An order waits again and again, each time until two hours ago."""
    async with service.running.database.read() as tx:
        await tx.driver.execute("ALTER TABLE orders SET (autovacuum_enabled = off)")
        waits = update(orders).where(orders.c.order_id == placed.order_id)
        for each in range(times):
            _ = await tx.execute(waits, {"waiting_until": datetime.now(UTC) - timedelta(hours=2, seconds=each)})
        _ = await tx.execute(waits, {"waiting_until": None})


async def looking(service: ServiceUnderTest) -> str:
    """The statement of each minute's look."""
    async with statements(service.running.database) as seen:
        _ = await service.time_passes(soon())
    return next(each for each in seen if "waiting_until >" in each)
