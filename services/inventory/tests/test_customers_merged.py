"""Two records were one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.customer import CustomersMerged
from contracts.ids import CustomerId, new_id

if TYPE_CHECKING:
    from conftest import House


async def test_orders_and_shipments_are_the_survivors_those_to_come_too(house: House) -> None:
    item_id, _, _ = await house.stocked(9)
    line, survivor = await house.asks(item_id, 2), CustomerId(new_id())
    shipment_id = await house.ships(line)

    await house.service.receives(CustomersMerged(customer_id=line.customer_id, survivor_id=survivor), times=2)
    later = house.line(item_id, 1)
    merged = CustomersMerged(customer_id=later.customer_id, survivor_id=survivor)
    await house.service.receives(merged)
    await house.requests(later)

    assert (await house.reads(f"/shipments/{shipment_id}"))["customer_id"] == str(survivor)
    for each in (line, later):
        assert (await house.reads(f"/orders/{each.order_id}/supply"))["customer_id"] == str(survivor)


async def test_merges_of_merged_customers_end_at_the_last_in_any_order(house: House) -> None:
    item_id, _, _ = await house.stocked(9)
    line, middle, last = await house.asks(item_id, 2), CustomerId(new_id()), CustomerId(new_id())

    await house.service.receives(CustomersMerged(customer_id=middle, survivor_id=last))
    await house.service.receives(CustomersMerged(customer_id=line.customer_id, survivor_id=middle))

    assert (await house.reads(f"/orders/{line.order_id}/supply"))["customer_id"] == str(last)
    assert await house.service.published() != []
