"""Placing orders: by events and over HTTP."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import CustomerId, ItemId, OpportunityId, QuoteId, new_id
from contracts.inventory import ItemRegistered
from contracts.lines import Line
from contracts.order import OrderPlaced
from contracts.sales import OpportunityWon
from contracts.values import Money, Quantity
from testkit import Parked, ServiceUnderTest

CUSTOMER = CustomerId(UUID("01900000-0000-7000-8000-000000000001"))
ITEM = ItemId(UUID("01900000-0000-7000-8000-000000000002"))


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_won(customer_id: CustomerId = CUSTOMER, item_id: ItemId = ITEM) -> OpportunityWon:
    line = Line(item_id=item_id, sku="A-1", quantity=Quantity.pieces(2), unit_price=euros("49.50"))
    return OpportunityWon(
        opportunity_id=OpportunityId(new_id()),
        customer_id=customer_id,
        quote_id=QuoteId(new_id()),
        revision=1,
        lines=(line,),
        total=euros("99.00"),
    )


@pytest.fixture(autouse=True)
async def known(order_service: ServiceUnderTest) -> None:
    customer = CustomerRegistered(
        customer_id=CUSTOMER, number="C-1", kind="organisation", name="Acme", country="DE", currency="EUR"
    )
    item = ItemRegistered(
        item_id=ITEM, sku="A-1", description="A thing", kind="goods", unit="C62", standard_cost=euros("10.00")
    )
    await order_service.receives(customer, item)


async def test_a_won_opportunity_becomes_an_order(order_service: ServiceUnderTest) -> None:
    won = a_won()

    [placed] = await order_service.receives(won)

    assert isinstance(placed, OrderPlaced)
    assert (placed.customer_id, placed.opportunity_id, placed.total) == (CUSTOMER, won.opportunity_id, euros("99.00"))


async def test_a_win_delivered_five_times_places_one_order(order_service: ServiceUnderTest) -> None:
    assert len(await order_service.receives(a_won(), times=5)) == 1


async def test_a_win_of_an_unknown_customer_waits_and_leaves_no_trace(order_service: ServiceUnderTest) -> None:
    with pytest.raises(Parked, match="CustomerUnknown") as parked:
        await order_service.receives(a_won(customer_id=CustomerId(new_id())))

    assert parked.value.kind == "waiting"
    assert await order_service.published() == []


async def test_an_order_over_http_is_answered_with_its_event(order_service: ServiceUnderTest) -> None:
    body = {
        "customer_id": str(CUSTOMER),
        "channel": "shop",
        "lines": [
            {"item_id": str(ITEM), "quantity": {"value": "3"}, "unit_price": {"amount": "9.99", "currency": "EUR"}}
        ],
    }

    answer = await order_service.post("/orders", body, role="sales", key="one")
    again = await order_service.post("/orders", body, role="sales", key="one")
    read = await order_service.get(answer.headers["location"])

    assert answer.status_code == 201, answer.text
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    assert read.json()["total"] == {"amount": "29.97", "currency": "EUR"}
    assert (read.headers["etag"], answer.headers["etag"]) == ('"1"', '"1"')
    assert len(await order_service.published()) == 1
