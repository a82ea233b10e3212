"""Adjusting stock after a count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contracts.ids import new_id
from contracts.inventory import (
    AvailabilityChanged,
    PurchaseOrderPlaced,
    ShipmentCancelled,
    StockAdjusted,
    StockBackordered,
    StockReserved,
)

if TYPE_CHECKING:
    from conftest import House


def a_count(number: int, **fields: Any) -> dict[str, Any]:  # Any: JSON
    return {"quantity": {"value": str(number)}, "reason": "count", **fields}


async def test_what_was_found_is_there_for_those_who_wait(house: House) -> None:
    item_id, _, lot_id = await house.stocked(2)
    line = await house.asks(item_id, 4)

    answer = await house.posts(f"/lots/{lot_id}/adjust", a_count(3), status=200)

    adjusted = StockAdjusted.model_validate(answer)
    assert (adjusted.lot_id, int(adjusted.quantity.value), str(adjusted.cost.amount)) == (lot_id, 3, "9.00")
    assert await house.figures(line) == {"reserved": 4}
    assert await house.stock(item_id) == (5, 4, 0, 1)


async def test_what_was_lost_is_gone_and_told(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)

    await house.posts(f"/lots/{lot_id}/adjust", a_count(-2))

    [adjusted] = await house.told(StockAdjusted)
    assert (int(adjusted.quantity.value), str(adjusted.cost.amount)) == (-2, "-6.00")
    assert await house.stock(item_id) == (3, 0, 0, 3)
    assert [int(each.available.value) for each in await house.told(AvailabilityChanged)] == [5, 3]


async def test_when_more_was_promised_than_is_left_the_newest_order_waits_again(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5, supplier="Globex")
    old, young = await house.asks(item_id, 3), await house.asks(item_id, 2)
    [planned] = await house.wants_shipment(young)

    await house.posts(f"/lots/{lot_id}/adjust", a_count(-2))

    assert [await house.figures(old), await house.figures(young)] == [{"reserved": 3}, {"backordered": 2}]
    [told], [placed] = await house.told(StockBackordered), await house.told(PurchaseOrderPlaced)
    assert told.withdrawn == (young.of(2),)
    assert [(line.purchase_order_id, line.expected_on) for line in told.lines] == [
        (placed.purchase_order_id, placed.expected_on)
    ]
    assert [event.shipment_id for event in await house.told(ShipmentCancelled)] == [planned.shipment_id]
    assert await house.stock(item_id) == (3, 3, 0, 0)


async def test_another_warehouse_helps_at_once(house: House) -> None:
    item_id, _, lot_id = await house.stocked(3)
    line = await house.asks(item_id, 3)
    await house.receives(item_id, 2, await house.warehouse())

    await house.posts(f"/lots/{lot_id}/adjust", a_count(-3))

    assert await house.figures(line) == {"reserved": 2, "backordered": 1}
    [told] = await house.told(StockBackordered)
    assert [(int(each.quantity.value), each.expected_on) for each in told.lines] == [(2, None), (1, None)]
    assert [int(each.lines[0].quantity.value) for each in await house.told(StockReserved)] == [3, 2]


async def test_a_refused_count_changes_nothing(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)
    path = f"/lots/{lot_id}/adjust"

    assert await house.refused(path, a_count(-6)) == (409, "lot-not-released")
    assert await house.refused(path, a_count(0)) == (422, "quantity-not-positive")
    assert await house.refused(path, a_count(-1, serials=["X"])) == (409, "serial-not-in-lot")
    assert await house.refused(path, a_count(1), if_match=9) == (412, "version-mismatch")
    assert await house.refused(path, a_count(1), role="quality") == (403, "forbidden")
    assert await house.refused(f"/lots/{new_id()}/adjust", a_count(1)) == (404, "lot-unknown")
    assert await house.stock(item_id) == (5, 0, 0, 5)


async def test_a_quarantined_lot_is_not_counted_up(house: House) -> None:
    _, _, lot_id = await house.stocked(5)
    await house.posts(f"/lots/{lot_id}/quarantine", {"reason": "cracks"})

    assert await house.refused(f"/lots/{lot_id}/adjust", a_count(1)) == (409, "lot-is-quarantined")
