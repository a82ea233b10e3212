"""Placing orders: by events and over HTTP."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contracts.customer import CustomersMerged
from contracts.ids import CustomerId, ItemId, OpportunityId, QuoteId, new_id
from contracts.lines import Line
from contracts.order import OrderPlaced
from contracts.sales import OpportunityWon
from contracts.values import Money, Quantity
from order.domain.line import LineInAnotherUnit
from order.storage.orders import CustomerReferenceTaken
from testkit import Parked, ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_won(desk: Desk, **more: Any) -> OpportunityWon:  # Any: fields of the event
    line = Line(item_id=desk.item_id, sku="A-1", quantity=Quantity.pieces(2), unit_price=euros("49.50"))
    won = OpportunityWon(
        opportunity_id=OpportunityId(new_id()),
        customer_id=desk.customer_id,
        quote_id=QuoteId(new_id()),
        revision=1,
        lines=(line,),
        total=euros("99.00"),
    )
    return won.model_copy(update=more)


def a_body(desk: Desk, customer_id: UUID | None = None, **more: Any) -> dict[str, Any]:  # Any: JSON
    price = {"amount": "9.99", "currency": "EUR"}
    line = {"item_id": str(desk.item_id), "quantity": {"value": "3"}, "unit_price": price}
    return {"customer_id": str(customer_id or desk.customer_id), "channel": "shop", "lines": [line], **more}


async def test_a_won_opportunity_becomes_an_order(order_service: ServiceUnderTest, desk: Desk) -> None:
    won = a_won(desk, customer_reference="PO-7", prepaid=True, requested_on=date(2026, 2, 1))

    [placed] = await order_service.receives(won)

    assert isinstance(placed, OrderPlaced)
    assert (placed.customer_id, placed.opportunity_id, placed.total) == (
        desk.customer_id,
        won.opportunity_id,
        euros("99.00"),
    )
    assert (placed.channel, placed.customer_reference, placed.prepaid) == ("quote", "PO-7", True)
    assert (placed.ordered_on, placed.requested_on) == (datetime.now(UTC).date(), date(2026, 2, 1))


async def test_an_order_is_of_the_day_on_which_it_was_won(order_service: ServiceUnderTest, desk: Desk) -> None:
    [placed] = await order_service.receives(a_won(desk, won_on=date(2016, 10, 20)))

    assert isinstance(placed, OrderPlaced)
    assert placed.ordered_on == date(2016, 10, 20)


async def test_what_was_offered_is_what_is_ordered(order_service: ServiceUnderTest, desk: Desk) -> None:
    won = a_won(desk)
    offered = won.lines[0].model_copy(update={"tax_percent": Decimal(19), "description": "Rack, painted"})

    [placed] = await order_service.receives(won.model_copy(update={"lines": (offered,)}))

    assert isinstance(placed, OrderPlaced)
    assert Line(**placed.lines[0].model_dump(exclude={"line_id"})) == offered
    assert placed.total == euros("117.81")


async def test_a_win_delivered_five_times_places_one_order(order_service: ServiceUnderTest, desk: Desk) -> None:
    assert len(await order_service.receives(a_won(desk), times=5)) == 1


async def test_an_opportunity_is_won_once(order_service: ServiceUnderTest, desk: Desk) -> None:
    won = a_won(desk)
    _ = await order_service.receives(won)

    with pytest.raises(Parked, match="AlreadyExists") as parked:
        _ = await order_service.receives(won)

    assert parked.value.kind == "refused"
    assert len(await order_service.published()) == 1


async def test_a_win_of_an_unknown_customer_waits_and_leaves_no_trace(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    with pytest.raises(Parked, match="CustomerUnknown") as parked:
        _ = await order_service.receives(a_won(desk, customer_id=CustomerId(new_id())))

    assert parked.value.kind == "waiting"
    assert await order_service.published() == []


async def test_a_win_of_an_unknown_item_waits_and_leaves_no_trace(order_service: ServiceUnderTest, desk: Desk) -> None:
    desk.item_id = ItemId(new_id())

    with pytest.raises(Parked, match="ItemUnknown") as parked:
        _ = await order_service.receives(a_won(desk))

    assert parked.value.kind == "waiting"
    assert await order_service.published() == []


async def test_an_order_over_http_is_answered_with_its_event(order_service: ServiceUnderTest, desk: Desk) -> None:
    body, key = a_body(desk), str(new_id())

    answer = await order_service.post("/orders", body, role="sales", key=key)
    again = await order_service.post("/orders", body, role="sales", key=key)
    read = await order_service.get(answer.headers["location"])

    assert answer.status_code == 201, answer.text
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    assert read.json()["total"] == {"amount": "29.97", "currency": "EUR"}
    assert (read.headers["etag"], answer.headers["etag"]) == ('"1"', '"1"')
    assert len(await order_service.published()) == 1


async def test_a_command_sent_five_times_at_once_places_one_order(order_service: ServiceUnderTest, desk: Desk) -> None:
    body, key = a_body(desk), str(new_id())

    answers = await asyncio.gather(*(order_service.post("/orders", body, key=key) for _ in range(5)))

    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(await order_service.published()) == 1


async def test_a_customers_reference_comes_once(order_service: ServiceUnderTest, desk: Desk) -> None:
    first = await order_service.post("/orders", a_body(desk, customer_reference="PO-1"))
    second = await order_service.post("/orders", a_body(desk, customer_reference="PO-1"))
    another = await order_service.post("/orders", a_body(desk, await desk.a_customer(), customer_reference="PO-1"))

    assert (first.status_code, second.status_code, another.status_code) == (201, 409, 201)
    assert second.json()["type"] == "urn:orderloop:problem:customer-reference-taken"
    assert len(await order_service.published()) == 2


async def test_a_reference_sent_twice_at_once_places_one_order(order_service: ServiceUnderTest, desk: Desk) -> None:
    body = a_body(desk, customer_reference="PO-1")

    answers = await asyncio.gather(*(order_service.post("/orders", body) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert len(await order_service.published()) == 1


async def test_a_survivor_does_not_use_a_merged_customers_reference_again(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    survivor = await desk.a_customer()
    _ = await desk.an_order(customer_reference="PO-1")
    _ = await order_service.receives(CustomersMerged(customer_id=desk.customer_id, survivor_id=survivor))

    with pytest.raises(CustomerReferenceTaken):
        _ = await desk.an_order(customer_id=survivor, customer_reference="PO-1")

    assert len(await order_service.published()) == 1


async def test_a_merged_customers_order_is_its_survivors(order_service: ServiceUnderTest, desk: Desk) -> None:
    survivor = await desk.a_customer()
    _ = await order_service.receives(CustomersMerged(customer_id=desk.customer_id, survivor_id=survivor))

    placed = await desk.an_order()

    assert placed.customer_id == survivor


async def test_a_line_is_in_its_items_unit(order_service: ServiceUnderTest, desk: Desk) -> None:
    desk.item_id = await desk.an_item(unit="KGM")

    with pytest.raises(LineInAnotherUnit):
        _ = await desk.an_order(3)

    assert await order_service.published() == []


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"lines": []}, 409, "order-has-no-lines"),
        ({"customer_id": str(new_id())}, 404, "customer-unknown"),
        ({"channel": "pigeon"}, 422, "malformed"),
        ({"discount": "10"}, 422, "malformed"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_and_leaves_no_trace(
    order_service: ServiceUnderTest, desk: Desk, change: dict[str, Any], status: int, problem: str
) -> None:
    answer = await order_service.post("/orders", a_body(desk) | change)

    assert answer.status_code == status, answer.text
    assert problem in answer.json()["type"] or status == 422
    assert await order_service.published() == []


LARGEST = "999999999999999999"


@pytest.mark.parametrize(
    ("change", "line", "place", "words"),
    [
        ({"customer_reference": "PO\0"}, {}, ["customer_reference"], "U+0000 cannot be kept in a text; leave it out"),
        ({}, {"description": "\ud800"}, ["lines", 0, "description"], "U+D800 cannot be kept in a text; leave it out"),
        ({"ordered_on": "0001-01-01"}, {}, ["ordered_on"], "Days are between the years 100 and 9899"),
        ({}, {"quantity": {"value": "0e999999"}}, ["lines", 0, "quantity", "value"], "write decimals with 24 digits"),
        ({}, {"quantity": {"value": "1" * 19}}, ["lines", 0, "quantity", "value"], "no more than 18 digits before"),
    ],
)
async def test_a_value_that_cannot_be_kept_is_refused_with_its_field_and_leaves_no_trace(
    order_service: ServiceUnderTest,
    desk: Desk,
    change: dict[str, Any],
    line: dict[str, Any],
    place: list[str | int],
    words: str,
) -> None:
    body = a_body(desk) | change
    body["lines"][0] |= line

    status, problem = await asked(order_service, body)

    assert (status, problem["type"]) == (422, "urn:orderloop:problem:malformed")
    [error] = problem["errors"]
    assert error["loc"] == ["body", *place]
    assert words in error["msg"]
    assert await all_of_it(order_service, desk) == []


async def test_an_order_worth_more_than_an_amount_may_be_is_refused_and_leaves_no_trace(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    body = a_body(desk)
    body["lines"][0] |= {"quantity": {"value": LARGEST}, "unit_price": {"amount": LARGEST, "currency": "EUR"}}

    status, problem = await asked(order_service, body)

    assert (status, problem["type"]) == (422, "urn:orderloop:problem:too-many-digits")
    assert problem["detail"] == "the figures come to 1.000E+36 EUR, which is out of range; check quantities and prices"
    assert await all_of_it(order_service, desk) == []


async def asked(order_service: ServiceUnderTest, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Ask for an order, in JSON that escapes what is not ASCII; returns the answer's status and body."""
    token = order_service.issuer.token("sales")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "idempotency-key": str(new_id())}
    answer = await order_service.http.post("/orders", content=json.dumps(body), headers=headers)
    return answer.status_code, answer.json()


async def all_of_it(order_service: ServiceUnderTest, desk: Desk) -> list[object]:
    """The customer's orders, and what was told since the test began."""
    listed = await order_service.get("/orders", role="customer", customer_id=desk.customer_id)
    return [*listed.json()["items"], *await order_service.published()]


@pytest.mark.parametrize("name", ["customer_reference", "cursor", "status", "customer_id"])
async def test_a_filter_that_cannot_be_kept_is_refused(order_service: ServiceUnderTest, name: str) -> None:
    answer = await order_service.http.get(
        f"/orders?limit=5&{name}=a%00b", headers={"authorization": f"Bearer {order_service.issuer.token('reader')}"}
    )

    assert answer.status_code == 422
    assert answer.json()["detail"] == f"query.{name}: U+0000 cannot be kept in a text; leave it out"


@pytest.mark.parametrize(("role", "status"), [("sales", 201), ("service", 201), ("reader", 403), ("warehouse", 403)])
async def test_who_may_place_orders(order_service: ServiceUnderTest, desk: Desk, role: str, status: int) -> None:
    answer = await order_service.post("/orders", a_body(desk), role=role)

    assert answer.status_code == status
    assert len(await order_service.published()) == (1 if status == 201 else 0)


async def test_a_customer_does_not_set_its_own_prices(order_service: ServiceUnderTest, desk: Desk) -> None:
    answer = await order_service.post("/orders", a_body(desk), role="customer", customer_id=desk.customer_id)

    assert answer.status_code == 403
    assert await order_service.published() == []
