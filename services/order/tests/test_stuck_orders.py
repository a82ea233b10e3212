"""Orders that have waited for longer than they should are reported, once a wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import update

from contracts.order import FulfilmentStuck, OrderPlaced
from order.storage.tables import orders
from testkit import ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk


async def waits_too_long(service: ServiceUnderTest, placed: OrderPlaced) -> None:
    """Its wait was over a minute ago."""
    over = datetime.now(UTC) - timedelta(minutes=1)
    async with service.running.database.begin() as tx:
        _ = await tx.execute(update(orders).where(orders.c.order_id == placed.order_id).values(waiting_until=over))


def soon() -> datetime:
    """When the timer that looks after all orders is due again."""
    return datetime.now(UTC) + timedelta(minutes=2)


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
