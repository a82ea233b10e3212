"""Holding orders and releasing holds over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.ids import new_id
from contracts.order import OrderConfirmed, OrderHoldApplied, OrderHoldReleased, OrderPlaced, ShipmentRequested
from testkit import ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk


async def a_hold(service: ServiceUnderTest, placed: OrderPlaced, kind: str = "manual") -> str:
    """Hold the order; returns where the hold is released."""
    body = {"kind": kind, "reason": "check it"}
    answer = await service.post(f"/orders/{placed.order_id}/holds", body, role="quality")
    assert answer.status_code == 200, answer.text
    return f"/orders/{placed.order_id}/holds/{answer.json()['hold_id']}/release"


async def test_a_held_order_is_not_confirmed_until_it_is_released(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed))
    release = await a_hold(order_service, placed)
    while_held = await order_service.receives(desk.reserved(placed))
    held = await desk.read(placed)

    answer = await order_service.post(release, {"reason": "checked"}, role="quality")

    assert while_held == []
    assert (held["status"], held["fulfilment"]["waiting_for"]) == ("placed", "release_of_hold")
    assert answer.status_code == 200, answer.text
    assert [type(event) for event in await order_service.published()][-3:] == [
        OrderHoldReleased,
        OrderConfirmed,
        ShipmentRequested,
    ]
    [hold] = (await desk.read(placed))["holds"]
    assert (hold["kind"], hold["reason"], hold["stands"], hold["released_because"]) == (
        "manual",
        "check it",
        False,
        "checked",
    )


async def test_a_hold_is_released_once(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    release = await a_hold(order_service, placed)
    _ = await order_service.post(release, {"reason": "checked"})
    told = await order_service.published()

    again = await order_service.post(release, {"reason": "checked again"})

    assert (again.status_code, again.json()["type"]) == (409, "urn:orderloop:problem:hold-already-released")
    assert await order_service.published() == told


async def test_a_credit_hold_is_neither_applied_nor_released_by_hand(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    by_hand = await order_service.post(f"/orders/{placed.order_id}/holds", {"kind": "credit", "reason": "broke"})
    [applied] = await order_service.receives(desk.credit_exceeded(placed))
    assert isinstance(applied, OrderHoldApplied)

    release = f"/orders/{placed.order_id}/holds/{applied.hold_id}/release"
    answer = await order_service.post(release, {"reason": "I know them"}, role="finance")

    assert by_hand.status_code == 422
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderloop:problem:hold-is-automatic")
    assert [hold["stands"] for hold in (await desk.read(placed))["holds"]] == [True]
    assert await order_service.published() == [placed, applied]


async def test_an_unknown_hold_is_not_there(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)

    answer = await order_service.post(f"/orders/{placed.order_id}/holds/{new_id()}/release", {"reason": "checked"})

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:orderloop:problem:hold-not-found")
    assert await order_service.published() == [placed]


@pytest.mark.parametrize("role", ["warehouse", "reader", "customer"])
async def test_who_may_not_hold(order_service: ServiceUnderTest, desk: Desk, role: str) -> None:
    placed = await desk.an_order(10)
    customer_id = desk.customer_id if role == "customer" else None

    answer = await order_service.post(
        f"/orders/{placed.order_id}/holds", {"reason": "check it"}, role=role, customer_id=customer_id
    )

    assert answer.status_code == 403
    assert (await desk.read(placed))["holds"] == []
