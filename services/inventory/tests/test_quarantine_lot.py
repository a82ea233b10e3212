"""Quarantining lots: by hand, and because quality contains a nonconformance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.ids import LotId, new_id
from contracts.inventory import AvailabilityChanged, LotQuarantined, StockBackordered, StockReserved
from testkit import Parked

if TYPE_CHECKING:
    from conftest import House

CRACKS = {"reason": "cracks"}


async def test_nothing_of_a_quarantined_lot_is_promised(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)

    answer = await house.posts(f"/lots/{lot_id}/quarantine", CRACKS, status=200, role="quality")
    line = await house.asks(item_id, 1)

    told = LotQuarantined.model_validate(answer)
    assert (told.lot_id, int(told.quantity.value), told.nonconformance_id) == (lot_id, 5, None)
    assert await house.stock(item_id) == (5, 0, 5, 0)
    assert await house.figures(line) == {"backordered": 1}
    assert (await house.reads(f"/lots/{lot_id}"))["status"] == "quarantined"
    assert [int(each.available.value) for each in await house.told(AvailabilityChanged)] == [5, 0]


async def test_a_contained_lot_is_quarantined_once_however_often_it_is_told(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)

    told = await house.contains(lot_id, item_id=item_id, times=5)

    assert [type(event).__name__ for event in told] == ["LotQuarantined", "AvailabilityChanged"]
    assert (await house.told(LotQuarantined))[0].nonconformance_id is not None


async def test_a_lot_of_which_nothing_is_left_is_answered_with_zero(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)
    await house.contains(lot_id, item_id=item_id)

    await house.contains(lot_id, item_id=item_id)

    assert [int(each.quantity.value) for each in await house.told(LotQuarantined)] == [5, 0]


async def test_the_newest_orders_lose_their_reservations_unless_another_warehouse_helps(house: House) -> None:
    item_id, _, lot_id = await house.stocked(6)
    old, young = await house.asks(item_id, 4), await house.asks(item_id, 2)
    good = await house.receives(item_id, 3, await house.warehouse())
    [planned] = await house.wants_shipment(young)

    events = await house.contains(lot_id, item_id=item_id)

    kinds = [type(event).__name__ for event in events]
    assert kinds == [
        "LotQuarantined",
        "StockBackordered",
        "StockBackordered",
        "ShipmentCancelled",
        "StockReserved",
        "AvailabilityChanged",
    ]
    withdrawn = {event.order_id: event.withdrawn for event in await house.told(StockBackordered)}
    assert withdrawn == {young.order_id: (young.of(2),), old.order_id: (old.of(4),)}
    assert [await house.figures(old), await house.figures(young)] == [
        {"reserved": 3, "backordered": 1},
        {"backordered": 2},
    ]
    assert (await house.reads(f"/shipments/{planned.shipment_id}"))["status"] == "cancelled"
    assert await house.stock(item_id) == (9, 3, 6, 0)
    assert (await house.reads(f"/lots/{good}"))["status"] == "released"


async def test_lots_in_two_warehouses_are_set_aside_before_anything_is_shared_out(house: House) -> None:
    item_id, _, first = await house.stocked(3)
    second = await house.receives(item_id, 3, await house.warehouse())
    line = await house.asks(item_id, 4)

    await house.contains(first, second, item_id=item_id)

    [told] = await house.told(StockBackordered)
    assert told.withdrawn == (line.of(4),)
    assert len(await house.told(StockReserved)) == 1
    assert await house.figures(line) == {"backordered": 4}


async def test_lots_are_contained_although_nobody_said_of_which_item(house: House) -> None:
    (first_item, _, first), (second_item, _, second) = await house.stocked(1), await house.stocked(2)

    await house.contains(first, second, item_id=None)

    assert await house.stock(first_item) == (1, 0, 1, 0)
    assert await house.stock(second_item) == (2, 0, 2, 0)


async def test_an_unknown_lot_waits_and_leaves_no_trace(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)
    before = await house.service.published()

    with pytest.raises(Parked, match="LotUnknown") as parked:
        await house.contains(lot_id, LotId(new_id()), item_id=item_id)

    assert parked.value.kind == "waiting"
    assert await house.service.published() == before
    assert await house.stock(item_id) == (5, 0, 0, 5)


async def test_a_refused_quarantine_changes_nothing(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)

    assert await house.refused(f"/lots/{new_id()}/quarantine", CRACKS) == (404, "lot-unknown")
    assert await house.refused(f"/lots/{lot_id}/quarantine", CRACKS, role="sales") == (403, "forbidden")
    assert await house.refused(f"/lots/{lot_id}/quarantine", CRACKS, if_match=4) == (412, "version-mismatch")
    assert await house.stock(item_id) == (5, 0, 0, 5)
