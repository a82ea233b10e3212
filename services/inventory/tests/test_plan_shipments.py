"""Planning shipments of what is reserved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.inventory import ShipmentPlanned
from testkit import Parked

if TYPE_CHECKING:
    from conftest import House


async def test_a_shipment_is_planned_of_what_is_reserved_and_once(house: House) -> None:
    item_id, warehouse_id, _ = await house.stocked(10)
    line = await house.asks(item_id, 4)

    [planned] = await house.wants_shipment(line, times=5)

    assert (planned.order_id, planned.warehouse_id, planned.lines) == (line.order_id, warehouse_id, (line.of(4),))
    assert await house.figures(line) == {"planned": 4}
    assert await house.stock(item_id) == (10, 4, 0, 6)
    read = await house.reads(f"/shipments/{planned.shipment_id}")
    assert (read["status"], read["customer_id"]) == ("planned", str(line.customer_id))


async def test_goods_in_two_warehouses_make_two_shipments_and_services_travel_along(house: House) -> None:
    item_id, first, _ = await house.stocked(2)
    await house.receives(item_id, 2, await house.warehouse(priority=200))
    line = house.line(item_id, 4)
    freight = house.line(await house.item(kind="service"), 1, line.order_id)
    await house.requests(line, freight)

    planned = await house.wants_shipment(line, freight)

    assert [(each.warehouse_id == first, [part.item_id for part in each.lines]) for each in planned] == [
        (True, [item_id, freight.item_id]),
        (False, [item_id]),
    ]


async def test_what_is_not_reserved_is_left_out(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    line = await house.asks(item_id, 5)

    [planned] = await house.wants_shipment(line)

    assert planned.lines == (line.of(3),)
    assert await house.wants_shipment(line) == []


async def test_a_shipment_of_an_order_that_never_asked_waits_and_leaves_no_trace(house: House) -> None:
    item_id, _, _ = await house.stocked(3)

    with pytest.raises(Parked, match="LineNotDemanded") as parked:
        await house.wants_shipment(house.line(item_id, 1))

    assert parked.value.kind == "waiting"
    assert await house.told(ShipmentPlanned) == []
