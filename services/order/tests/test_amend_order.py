"""Amending orders over HTTP."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contracts.ids import ReleaseId, ShipmentId, new_id
from contracts.order import OrderAmended, OrderAmendmentRejected, OrderPlaced, StockRequested
from testkit import ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk


def to(placed: OrderPlaced, number: int) -> dict[str, Any]:  # Any: JSON
    """The first line is to have so many."""
    return {"quantities": [{"line_id": str(placed.lines[0].line_id), "quantity": str(number)}]}


def release_in(body: dict[str, Any]) -> ReleaseId:  # Any: JSON
    return ReleaseId(UUID(body["release_id"]))


async def test_more_counts_at_once(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    before = await desk.read(placed)

    answer = await order_service.post(
        f"/orders/{placed.order_id}/amend", to(placed, 12), role="sales", if_match=before["version"]
    )

    after = await desk.read(placed)
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{before["version"] + 1}"'
    assert (after["total"]["amount"], after["version"]) == ("120.00", before["version"] + 1)
    assert await desk.inside(placed) == {"pending": "2", "picking": "10"}
    assert [type(event) for event in await order_service.published()][-2:] == [OrderAmended, StockRequested]


async def test_a_line_is_added(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    body = {"added": [desk.wanted(2).model_dump(mode="json")]}

    answer = await order_service.post(f"/orders/{placed.order_id}/amend", body, if_match=1)

    assert answer.status_code == 200, answer.text
    assert (await desk.read(placed))["total"]["amount"] == "120.00"
    assert await desk.inside(placed, 1) == {"pending": "2"}


async def test_less_counts_when_inventory_agrees(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_that_waits(10)
    version = (await desk.read(placed))["version"]

    answer = await order_service.post(f"/orders/{placed.order_id}/amend", to(placed, 4), if_match=version)
    waiting = await desk.read(placed)
    [amended] = await order_service.receives(desk.given_back(placed, release_in(answer.json()), 6), times=5)

    assert answer.json()["lines"][0]["quantity"]["value"] == "6"
    assert (waiting["total"]["amount"], waiting["fulfilment"]["waiting_for"]) == ("100.00", "answer_to_change")
    assert isinstance(amended, OrderAmended)
    assert await desk.inside(placed) == {"backordered": "4"}


async def test_less_of_what_has_left_is_rejected(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    version = (await desk.read(placed))["version"]
    answer = await order_service.post(f"/orders/{placed.order_id}/amend", to(placed, 4), if_match=version)
    _ = await order_service.receives(desk.dispatched(placed, ShipmentId(new_id()), 10))

    [rejected] = await order_service.receives(desk.given_back(placed, release_in(answer.json()), 0))

    assert isinstance(rejected, OrderAmendmentRejected)
    assert await desk.inside(placed) == {"shipped": "10"}


async def test_an_amendment_names_the_version_that_was_read(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    path = f"/orders/{placed.order_id}/amend"

    without = await order_service.post(path, to(placed, 12))
    old = await order_service.post(path, to(placed, 12), if_match=7)

    assert (without.status_code, old.status_code) == (428, 412)
    assert await desk.inside(placed) == {"pending": "10"}
    assert await order_service.published() == [placed]


@pytest.mark.parametrize(
    ("number", "status", "problem"),
    [
        (10, 409, "urn:orderloop:problem:nothing-to-amend"),
        (0, 409, "urn:orderloop:problem:nothing-would-remain"),
        (-1, 422, None),
    ],
)
async def test_an_amendment_that_cannot_be_changes_nothing(
    order_service: ServiceUnderTest, desk: Desk, number: int, status: int, problem: str | None
) -> None:
    placed = await desk.an_order(10, ordered_on=date(2026, 1, 5))

    answer = await order_service.post(f"/orders/{placed.order_id}/amend", to(placed, number), if_match=1)

    assert answer.status_code == status
    assert problem in (None, answer.json()["type"])
    assert (await desk.read(placed))["version"] == 1
    assert await order_service.published() == [placed]


@pytest.mark.parametrize(
    ("role", "status", "pending"),
    [("sales", 200, "12"), ("service", 200, "12"), ("customer", 403, "10"), ("finance", 403, "10")],
)
async def test_who_may_amend(order_service: ServiceUnderTest, desk: Desk, role: str, status: int, pending: str) -> None:
    placed = await desk.an_order(10)
    path, own = f"/orders/{placed.order_id}/amend", desk.customer_id if role == "customer" else None

    answer = await order_service.post(path, to(placed, 12), role=role, customer_id=own, if_match=1)

    assert answer.status_code == status
    assert await desk.inside(placed) == {"pending": pending}
