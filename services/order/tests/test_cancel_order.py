"""Cancelling orders over HTTP, with compensation to the end."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from contracts.ids import ReleaseId, ShipmentId, new_id
from contracts.order import OrderAmendmentRejected, OrderCancelled, OrderPlaced
from testkit import ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk

WHY = {"reason": "changed my mind"}


async def the_release(service: ServiceUnderTest, placed: OrderPlaced) -> ReleaseId:
    """Cancel it; returns what inventory is asked under."""
    answer = await service.post(f"/orders/{placed.order_id}/cancel", WHY, role="service")
    assert answer.status_code == 200, answer.text
    return ReleaseId(UUID(answer.json()["release_id"]))


async def test_a_new_order_is_cancelled_at_once(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)

    answer = await order_service.post(f"/orders/{placed.order_id}/cancel", WHY, role="sales")

    read = await desk.read(placed)
    assert (answer.status_code, answer.json()["complete"]) == (200, True)
    assert (read["status"], read["total"]["amount"], read["fulfilment"]["waiting_for"]) == (
        "cancelled",
        "0.00",
        "nothing",
    )


async def test_goods_in_the_warehouse_are_called_back_and_then_cancelled(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order_in_picking(10)
    release_id = await the_release(order_service, placed)
    before = await desk.read(placed)

    [cancelled] = await order_service.receives(desk.given_back(placed, release_id, 10), times=5)

    assert (before["status"], before["fulfilment"]["waiting_for"]) == ("in_fulfilment", "answer_to_change")
    assert isinstance(cancelled, OrderCancelled)
    assert cancelled.complete
    assert (await desk.read(placed))["status"] == "cancelled"


async def test_what_has_left_is_not_cancelled(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    release_id = await the_release(order_service, placed)

    _, cancelled = await order_service.receives(
        desk.dispatched(placed, ShipmentId(new_id()), 6), desk.given_back(placed, release_id, 4)
    )

    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.complete, str(cancelled.cancelled)) == (False, "40.00 EUR")
    assert await desk.inside(placed) == {"shipped": "6", "cancelled": "4"}
    assert (await desk.read(placed))["status"] == "completed"


async def test_a_cancellation_that_came_too_late_is_rejected(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    release_id = await the_release(order_service, placed)

    _, rejected = await order_service.receives(
        desk.dispatched(placed, ShipmentId(new_id()), 10), desk.given_back(placed, release_id, 0)
    )

    assert isinstance(rejected, OrderAmendmentRejected)
    assert await desk.inside(placed) == {"shipped": "10"}


async def test_a_cancelled_order_is_not_cancelled_again(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    path = f"/orders/{placed.order_id}/cancel"
    _ = await order_service.post(path, WHY)

    again = await order_service.post(path, WHY)

    assert (again.status_code, again.json()["type"]) == (409, "urn:orderloop:problem:order-is-over")
    assert (await desk.read(placed))["version"] == 2
    assert len(await order_service.published()) == 2


async def test_a_second_change_waits_for_inventorys_answer(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    _ = await the_release(order_service, placed)
    told = await order_service.published()

    again = await order_service.post(f"/orders/{placed.order_id}/cancel", WHY)

    assert (again.status_code, again.json()["type"]) == (409, "urn:orderloop:problem:change-under-way")
    assert await order_service.published() == told


async def test_an_old_version_is_not_cancelled(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)

    answer = await order_service.post(f"/orders/{placed.order_id}/cancel", WHY, if_match=7)

    assert answer.status_code == 412
    assert await desk.inside(placed) == {"pending": "10"}
    assert await order_service.published() == [placed]


@pytest.mark.parametrize("role", ["warehouse", "finance", "quality", "reader"])
async def test_who_may_not_cancel(order_service: ServiceUnderTest, desk: Desk, role: str) -> None:
    placed = await desk.an_order(10)

    answer = await order_service.post(f"/orders/{placed.order_id}/cancel", WHY, role=role)

    assert answer.status_code == 403
    assert await order_service.published() == [placed]


async def test_a_customer_cancels_its_own_orders_only(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    path, other = f"/orders/{placed.order_id}/cancel", await desk.a_customer()

    foreign = await order_service.post(path, WHY, role="customer", customer_id=other)
    told = await order_service.published()
    own = await order_service.post(path, WHY, role="customer", customer_id=desk.customer_id)

    assert (foreign.status_code, own.status_code) == (404, 200)
    assert told == [placed]
