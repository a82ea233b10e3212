"""Reserving stock for orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.ids import ItemId, LineId, new_id
from contracts.inventory import (
    AvailabilityChanged,
    PurchaseOrderPlaced,
    StockBackordered,
    StockReserved,
    SupplyRepegged,
)
from contracts.lines import ReservedLine
from contracts.order import StockRequested
from contracts.values import Quantity
from testkit import Parked

if TYPE_CHECKING:
    from conftest import House


async def test_what_is_there_is_reserved_and_told_once(house: House) -> None:
    item_id, warehouse_id, _ = await house.stocked(10)
    line = house.line(item_id, 4)

    reserved, available = await house.requests(line, times=5)

    assert reserved == StockReserved(
        order_id=line.order_id, lines=(ReservedLine(**vars(line.of(4)), warehouse_id=warehouse_id),)
    )
    assert isinstance(available, AvailabilityChanged)
    assert await house.stock(item_id) == (10, 4, 0, 6)


async def test_a_line_is_filled_from_the_first_warehouse_first_and_the_rest_is_short(house: House) -> None:
    item_id = await house.item()
    second, first = await house.warehouse(priority=60), await house.warehouse(priority=50)
    await house.receives(item_id, 3, second)
    await house.receives(item_id, 2, first)
    line = house.line(item_id, 7)

    reserved, backordered, _ = await house.requests(line)

    assert isinstance(reserved, StockReserved)
    assert [(part.warehouse_id, int(part.quantity.value)) for part in reserved.lines] == [(first, 2), (second, 3)]
    assert isinstance(backordered, StockBackordered)
    assert [(part.line_id, int(part.quantity.value), part.expected_on) for part in backordered.lines] == [
        (line.line_id, 2, None)
    ]
    [shortage] = (await house.reads("/shortages", item_id=item_id))["items"]
    assert (shortage["order_id"], shortage["quantity"]["value"]) == (str(line.order_id), "2")


async def test_a_shortage_of_an_item_with_a_supplier_is_bought_by_itself(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex", lead_days=7)
    line = house.line(item_id, 3)

    backordered, placed = await house.requests(line)

    assert isinstance(placed, PurchaseOrderPlaced)
    assert isinstance(backordered, StockBackordered)
    assert (placed.supplier, [(peg.line_id, int(peg.quantity.value)) for peg in placed.pegs]) == (
        "Globex",
        [(line.line_id, 3)],
    )
    assert [(part.purchase_order_id, part.expected_on) for part in backordered.lines] == [
        (placed.purchase_order_id, placed.expected_on)
    ]
    assert (await house.reads("/shortages", item_id=item_id))["items"] == []


async def test_a_shortage_takes_what_was_bought_for_stock_first(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    lines = [{"item_id": str(item_id), "quantity": {"value": "5"}}]
    bought = await house.posts("/purchase-orders", {"lines": lines, "expected_on": "2030-01-01"})
    first, second = house.line(item_id, 3), house.line(item_id, 4)

    await house.requests(first)
    backordered, placed, moved = await house.requests(second)

    assert isinstance(placed, PurchaseOrderPlaced)
    assert [(peg.line_id, int(peg.quantity.value)) for peg in placed.pegs] == [(second.line_id, 2)]
    assert isinstance(moved, SupplyRepegged)
    assert (str(moved.purchase_order_id), moved.to_line_id, int(moved.quantity.value)) == (
        bought["purchase_order_id"],
        second.line_id,
        2,
    )
    assert isinstance(backordered, StockBackordered)
    assert {(str(part.purchase_order_id), int(part.quantity.value)) for part in backordered.lines} == {
        (bought["purchase_order_id"], 2),
        (str(placed.purchase_order_id), 2),
    }
    assert [int(event.quantity.value) for event in await house.told(SupplyRepegged)] == [3, 2]


async def test_an_order_may_ask_for_more_of_a_line_and_for_another_line(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    line = house.line(item_id, 3)
    await house.requests(line)

    await house.requests(line, house.line(item_id, 2, line.order_id))

    assert await house.figures(line) == {"backordered": 6}
    first, second = await house.told(PurchaseOrderPlaced)
    assert [int(peg.quantity.value) for peg in first.pegs] == [3]
    assert [int(peg.quantity.value) for peg in second.pegs] == [3, 2]
    supply = await house.reads(f"/orders/{line.order_id}/supply")
    assert sorted(coming["quantity"] for each in supply["lines"] for coming in each["coming"]) == ["2", "3", "3"]


async def test_services_are_always_there_and_travel_with_the_goods(house: House) -> None:
    goods, warehouse_id, _ = await house.stocked(5)
    freight = await house.item(kind="service")
    line = house.line(goods, 2)

    reserved, *_ = await house.requests(line, house.line(freight, 1, line.order_id))

    assert isinstance(reserved, StockReserved)
    assert [(part.item_id, part.warehouse_id) for part in reserved.lines] == [
        (goods, warehouse_id),
        (freight, warehouse_id),
    ]
    assert await house.stock(freight) == (0, 0, 0, 0)


async def test_nobody_overtakes_those_who_wait(house: House) -> None:
    item_id, warehouse_id, _ = await house.stocked(1)
    old, young = await house.asks(item_id, 3), await house.asks(item_id, 1)
    assert await house.figures(young) == {"backordered": 1}

    await house.receives(item_id, 2, warehouse_id)

    assert [await house.figures(old), await house.figures(young)] == [{"reserved": 3}, {"backordered": 1}]


async def test_a_batch_of_requests_shares_what_is_there(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    lines = [house.line(item_id, 2) for _ in range(4)]
    requests = [
        StockRequested(order_id=line.order_id, customer_id=line.customer_id, lines=(line.of(2),)) for line in lines
    ]

    await house.service.receives(*requests, times=2)

    assert [await house.figures(line) for line in lines] == [
        {"reserved": 2},
        {"reserved": 2},
        {"reserved": 1, "backordered": 1},
        {"backordered": 2},
    ]
    assert await house.stock(item_id) == (5, 5, 0, 0)


async def test_an_unknown_item_waits_and_leaves_no_trace(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    before = await house.service.published()
    line = house.line(item_id, 1)

    with pytest.raises(Parked, match="ItemUnknown") as parked:
        await house.requests(line, house.line(ItemId(new_id()), 1, line.order_id))

    assert parked.value.kind == "waiting"
    assert await house.service.published() == before
    assert await house.stock(item_id) == (5, 0, 0, 5)


async def test_a_line_is_counted_in_the_unit_of_its_item(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    line = house.line(item_id, 1)
    kilos = line.of(1).model_copy(update={"quantity": Quantity(value=line.of(1).quantity.value, unit="KGM")})
    before = await house.service.published()

    with pytest.raises(Parked, match="WrongUnit") as parked:
        await house.service.receives(
            StockRequested(order_id=line.order_id, customer_id=line.customer_id, lines=(kilos,))
        )

    assert parked.value.kind == "refused"
    assert await house.service.published() == before


async def test_a_line_is_about_one_item(house: House) -> None:
    first, _, _ = await house.stocked(5)
    second, _, _ = await house.stocked(5)
    line = await house.asks(first, 1)
    other = line.of(1).model_copy(update={"item_id": second, "line_id": LineId(line.line_id)})

    with pytest.raises(Parked, match="LineIsForAnotherItem"):
        await house.service.receives(
            StockRequested(order_id=line.order_id, customer_id=line.customer_id, lines=(other,))
        )

    assert await house.stock(second) == (5, 0, 0, 5)
