"""Giving back what an order no longer wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.inventory import (
    AvailabilityChanged,
    PurchaseOrderPlaced,
    ShipmentCancelled,
    StockReleased,
    StockReserved,
    SupplyRepegged,
)

if TYPE_CHECKING:
    from conftest import House


async def test_back_orders_go_first_then_reservations(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    line = await house.asks(item_id, 5)

    await house.wants_less(line, 4, times=5)

    [released] = await house.told(StockReleased)
    assert released.lines == (line.of(4),)
    assert await house.figures(line) == {"reserved": 1, "released": 4}
    assert await house.stock(item_id) == (3, 1, 0, 2)
    assert int((await house.told(AvailabilityChanged))[-1].available.value) == 2


async def test_what_comes_back_is_for_the_next_who_waits(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    first, second = await house.asks(item_id, 3), await house.asks(item_id, 2)

    await house.wants_less(first, 3)

    assert await house.figures(second) == {"reserved": 2}
    assert [event.order_id for event in await house.told(StockReserved)] == [first.order_id, second.order_id]
    assert await house.stock(item_id) == (3, 2, 0, 1)


async def test_a_purchase_for_a_back_order_that_is_gone_serves_the_next_or_the_stock(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    first = await house.asks(item_id, 5)
    await house.posts(f"/items/{item_id}", {"supplier": None}, method="PATCH", if_match=1)
    second = await house.asks(item_id, 2)
    [placed] = await house.told(PurchaseOrderPlaced)

    await house.wants_less(first, 5)

    moved = await house.told(SupplyRepegged)
    assert [(each.from_line_id, each.to_line_id, int(each.quantity.value), each.expected_on) for each in moved] == [
        (first.line_id, second.line_id, 2, placed.expected_on),
        (first.line_id, None, 3, None),
    ]
    third = house.line(item_id, 1)
    await house.requests(third)
    assert (await house.told(SupplyRepegged))[-1].to_line_id == third.line_id


async def test_goods_are_called_back_from_shipments_that_have_not_left(house: House) -> None:
    item_id, _, _ = await house.stocked(6)
    line = await house.asks(item_id, 4)
    shipment_id = await house.packs(line)

    await house.wants_less(line, 1)
    shrunk = await house.reads(f"/shipments/{shipment_id}")
    await house.wants_less(line, 3)

    assert (shrunk["status"], shrunk["lines"][0]["quantity"]["value"]) == ("picking", "3")
    assert [event.shipment_id for event in await house.told(ShipmentCancelled)] == [shipment_id]
    assert (await house.reads(f"/shipments/{shipment_id}"))["status"] == "cancelled"
    assert await house.stock(item_id) == (6, 0, 0, 6)


async def test_what_has_left_is_not_given_back_and_that_is_an_answer(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    line = await house.asks(item_id, 3)
    await house.posts(f"/shipments/{await house.packs(line)}/dispatch", {})

    await house.wants_less(line, 3)

    assert [event.lines for event in await house.told(StockReleased)] == [()]
    assert await house.figures(line) == {"shipped": 3}


async def test_an_order_that_never_asked_gets_an_empty_answer(house: House) -> None:
    item_id, _, _ = await house.stocked(3)

    [released] = await house.wants_less(house.line(item_id, 1), 1)

    assert isinstance(released, StockReleased)
    assert released.lines == ()


async def test_services_are_given_back_without_touching_stock(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    line = house.line(item_id, 1)
    freight = house.line(await house.item(kind="service"), 1, line.order_id)
    await house.requests(line, freight)

    await house.wants_less(freight, 1)

    assert (await house.told(StockReleased))[0].lines == (freight.of(1),)
    assert await house.figures(freight) == {"released": 1}
