"""Active or not: by hand, and by orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import CustomerId, ItemId, LineId, OrderId, new_id
from contracts.lines import OrderLine
from contracts.order import OrderPlaced
from contracts.values import Money, Quantity
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]


def an_order(customer_id: CustomerId) -> OrderPlaced:
    price = Money(amount=Decimal("10.00"), currency="EUR")
    line = OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="BOLT",
        quantity=Quantity.pieces(1),
        unit_price=price,
    )
    return OrderPlaced.model_validate(
        {
            "order_id": OrderId(new_id()),
            "customer_id": customer_id,
            "number": "SO-1",
            "channel": "phone",
            "lines": [line],
            "total": price,
            "ordered_on": "2025-02-01",
        }
    )


async def test_the_first_order_makes_a_prospect_active_and_the_next_changes_nothing(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    told = await customer_service.receives(an_order(anna.customer_id), times=5)
    first = await read(anna.customer_id)
    _ = await customer_service.receives(an_order(anna.customer_id), an_order(anna.customer_id))

    assert (told, first["status"], first["version"]) == ([], "active", 2)
    assert (await read(anna.customer_id))["version"] == 2


async def test_an_order_makes_an_inactive_customer_active_again(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna, bert = await register(), await register()
    _ = await customer_service.receives(an_order(anna.customer_id), an_order(bert.customer_id))

    answer = await customer_service.post(f"/customers/{anna.customer_id}/deactivate", role="sales")
    after = await read(anna.customer_id)
    _ = await customer_service.receives(an_order(anna.customer_id))

    assert (answer.status_code, after["status"]) == (204, "inactive")
    assert (await read(anna.customer_id))["status"] == "active"
    assert (await read(bert.customer_id))["status"] == "active"


async def test_an_order_for_a_merged_record_makes_its_survivor_active(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna, second = await register(), await register()
    _ = await customer_service.post(f"/customers/{second.customer_id}/merge", {"survivor_id": str(anna.customer_id)})

    _ = await customer_service.receives(an_order(second.customer_id))

    assert (await read(anna.customer_id))["status"] == "active"


async def test_an_order_of_somebody_unknown_stops_nobody(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    _ = await customer_service.receives(an_order(CustomerId(new_id())), an_order(anna.customer_id))

    assert (await read(anna.customer_id))["status"] == "active"


async def test_a_customer_becomes_active_by_hand(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    answer = await customer_service.post(f"/customers/{anna.customer_id}/activate", role="sales")

    assert answer.status_code == 204
    assert (await read(anna.customer_id))["status"] == "active"
    assert await customer_service.published() == [anna]


async def test_a_prospect_does_not_become_inactive(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    refused = await customer_service.post(f"/customers/{anna.customer_id}/deactivate")

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:customer-never-bought")
    seen = await read(anna.customer_id)
    assert (seen["status"], seen["version"]) == ("prospect", 1)


@pytest.mark.parametrize("what", ["activate", "deactivate"])
async def test_others_do_not_decide_who_is_active(
    customer_service: ServiceUnderTest, register: Register, read: Read, what: str
) -> None:
    anna = await register()

    refused = await customer_service.post(f"/customers/{anna.customer_id}/{what}", role="finance")
    unknown = await customer_service.post(f"/customers/{new_id()}/{what}")
    late = await customer_service.post(f"/customers/{anna.customer_id}/{what}", if_match=7)

    assert (refused.status_code, unknown.status_code, late.status_code) == (403, 404, 412)
    assert (await read(anna.customer_id))["version"] == 1
