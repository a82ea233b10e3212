"""What can be read of orders, and by whom."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import httpx

from contracts.customer import CustomersMerged
from contracts.ids import OpportunityId, new_id
from contracts.order import OrderPlaced
from testkit import ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk


async def read(service: ServiceUnderTest, path: str, customer: UUID | None = None, **query: object) -> httpx.Response:
    """Read as that customer, or as one of the staff."""
    token = service.issuer.token("reader" if customer is None else "customer", customer_id=customer)
    params = {name: str(value) for name, value in query.items() if value is not None}
    return await service.http.get(path, params=params, headers={"authorization": f"Bearer {token}"})


async def found(service: ServiceUnderTest, customer: UUID | None = None, **query: object) -> list[str]:
    """The ids of the orders that are listed."""
    answer = await read(service, "/orders", customer, **query)
    assert answer.status_code == 200, answer.text
    return [item["order_id"] for item in answer.json()["items"]]


def ids(*orders: OrderPlaced) -> list[str]:
    return [str(order.order_id) for order in orders]


async def test_an_order_is_read_as_it_was_placed(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10, customer_reference="PO-1")

    answer = await order_service.get(f"/orders/{placed.order_id}")

    shown = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert (shown["number"], shown["status"], shown["version"]) == (placed.number, "placed", 1)
    assert shown["total"] == {"amount": "100.00", "currency": "EUR"}
    assert (shown["lines"][0]["sku"], shown["lines"][0]["pending"]) == ("A-1", "10")
    assert (shown["holds"], shown["deliveries"]) == ([], [])


async def test_the_etag_rises_with_each_change(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed))

    answer = await order_service.get(f"/orders/{placed.order_id}")

    assert (answer.headers["etag"], answer.json()["version"]) == ('"2"', 2)


async def test_an_unknown_order_is_not_there(order_service: ServiceUnderTest) -> None:
    for path in ("", "/fulfilment", "/proof"):
        assert (await order_service.get(f"/orders/{new_id()}{path}")).status_code == 404


async def test_orders_are_found_by_what_is_known_of_them(order_service: ServiceUnderTest, desk: Desk) -> None:
    plain = await desk.an_order()
    named = await desk.an_order(customer_reference="PO-1")
    won = await desk.an_order(opportunity_id=OpportunityId(new_id()))
    picking = await desk.an_order_in_picking(10)
    of = desk.customer_id

    assert await found(order_service, customer_id=of) == ids(plain, named, won, picking)
    assert await found(order_service, customer_id=of, customer_reference="PO-1") == ids(named)
    assert await found(order_service, opportunity_id=won.opportunity_id) == ids(won)
    assert await found(order_service, customer_id=of, status="in_fulfilment") == ids(picking)
    assert await found(order_service, customer_id=of, waiting_for="shipment") == ids(picking)
    assert await found(order_service, customer_id=of, status="closed") == []


async def test_pages_follow_each_other_without_gap_or_repeat(order_service: ServiceUnderTest, desk: Desk) -> None:
    orders = [await desk.an_order() for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None

    for size in (2, 2, 1):
        page = (await read(order_service, "/orders", customer_id=desk.customer_id, limit=2, cursor=cursor)).json()
        assert len(page["items"]) == size
        seen += [item["order_id"] for item in page["items"]]
        cursor = page.get("next_cursor")

    assert (seen, cursor) == (ids(*orders), None)


async def test_a_broken_cursor_or_filter_is_malformed(order_service: ServiceUnderTest) -> None:
    assert (await order_service.get("/orders", cursor="nonsense")).status_code == 422
    assert (await order_service.get("/orders", status="lost")).status_code == 422


async def test_fulfilment_says_what_is_waited_for_and_until_when(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_that_waits(10)

    shown = (await order_service.get(f"/orders/{placed.order_id}/fulfilment")).json()

    assert (shown["waiting_for"], shown["stuck"]) == ("goods", False)
    assert shown["since"] < shown["until"]


async def test_the_proof_accounts_for_every_piece(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)

    proof = (await order_service.get(f"/orders/{placed.order_id}/proof")).json()

    assert proof == {
        "order_id": str(placed.order_id),
        "holds": True,
        "lines": [
            {"line_id": str(placed.lines[0].line_id), "ordered": "10", "accounted_for": "10", "holds": True},
        ],
    }


async def test_a_customer_sees_its_own_orders_only(order_service: ServiceUnderTest, desk: Desk) -> None:
    own = await desk.an_order()
    other = await desk.a_customer()
    foreign = await desk.an_order(customer_id=other)
    me = desk.customer_id

    assert await found(order_service, me) == ids(own)
    assert await found(order_service, me, customer_id=other) == ids(own)
    for path in ("", "/fulfilment", "/proof"):
        assert (await read(order_service, f"/orders/{own.order_id}{path}", me)).status_code == 200
        assert (await read(order_service, f"/orders/{foreign.order_id}{path}", me)).status_code == 404


async def test_a_merged_customer_sees_the_survivors_orders(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed, survivor = await desk.an_order(), await desk.a_customer()
    _ = await order_service.receives(CustomersMerged(customer_id=desk.customer_id, survivor_id=survivor))

    assert await found(order_service, desk.customer_id) == ids(placed)
    assert await found(order_service, customer_id=desk.customer_id) == ids(placed)
    assert (await read(order_service, f"/orders/{placed.order_id}", desk.customer_id)).status_code == 200


async def test_nobody_reads_without_a_token(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order()

    assert (await order_service.http.get(f"/orders/{placed.order_id}")).status_code == 401
