"""Transferring stock between warehouses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from contracts.ids import new_id
from contracts.inventory import AvailabilityChanged, LotQuarantined, StockAdjusted

if TYPE_CHECKING:
    from conftest import House


def a_transfer(item_id: UUID, from_: UUID, to: UUID, number: int, **fields: Any) -> dict[str, Any]:  # Any: JSON
    return {
        "item_id": str(item_id),
        "from_warehouse_id": str(from_),
        "to_warehouse_id": str(to),
        "quantity": {"value": str(number)},
        **fields,
    }


async def test_the_oldest_lots_move_and_nothing_is_made_or_lost(house: House) -> None:
    item_id, here, old = await house.stocked(3)
    there = await house.warehouse()
    await house.receives(item_id, 3, here, unit_cost={"amount": "5.00", "currency": "EUR"})

    await house.posts("/stock/transfers", a_transfer(item_id, here, there, 4), status=200)

    told = await house.told(StockAdjusted)
    assert [(each.warehouse_id, int(each.quantity.value), str(each.cost.amount)) for each in told] == [
        (here, -3, "-9.00"),
        (there, 3, "9.00"),
        (here, -1, "-5.00"),
        (there, 1, "5.00"),
    ]
    assert await house.stock(item_id) == (6, 0, 0, 6)
    assert [int(each.available.value) for each in await house.told(AvailabilityChanged)] == [3, 6]
    moved = (await house.reads("/lots", item_id=item_id, warehouse_id=there))["items"]
    assert [(lot["on_hand"]["value"], lot["origin_lot_id"] == str(old)) for lot in moved] == [("3", True), ("1", False)]
    kinds = {entry["kind"] for entry in (await house.reads(f"/items/{item_id}/movements"))["items"]}
    assert kinds == {"receipt", "transfer"}


async def test_a_named_lot_moves_with_its_serials(house: House) -> None:
    item_id, here, there = await house.item(tracked="serial"), await house.warehouse(), await house.warehouse()
    lot_id = await house.receives(item_id, 2, here, lot_number="L", serials=["A", "B"])

    await house.posts("/stock/transfers", a_transfer(item_id, here, there, 1, lot_id=str(lot_id), serials=["B"]))

    [moved] = (await house.reads("/lots", item_id=item_id, warehouse_id=there))["items"]
    assert (moved["serials"], (await house.reads(f"/lots/{lot_id}"))["serials"]) == (["B"], ["A"])


async def test_what_was_moved_is_quarantined_with_the_lot_that_it_came_from(house: House) -> None:
    item_id, here, lot_id = await house.stocked(5)
    await house.posts("/stock/transfers", a_transfer(item_id, here, await house.warehouse(), 2))

    await house.contains(lot_id, item_id=item_id)

    assert [int(each.quantity.value) for each in await house.told(LotQuarantined)] == [3, 2]
    assert await house.stock(item_id) == (5, 0, 5, 0)


async def test_a_refused_transfer_changes_nothing(house: House) -> None:
    item_id, here, lot_id = await house.stocked(5)
    there, path = await house.warehouse(), "/stock/transfers"
    await house.asks(item_id, 3)

    assert await house.refused(path, a_transfer(item_id, here, there, 3)) == (409, "stock-not-available")
    assert await house.refused(path, a_transfer(item_id, here, here, 1)) == (422, "nothing-moves")
    assert await house.refused(path, a_transfer(item_id, there, here, 1)) == (409, "stock-not-available")
    assert await house.refused(path, a_transfer(item_id, here, new_id(), 1)) == (404, "warehouse-unknown")
    assert await house.refused(path, a_transfer(new_id(), here, there, 1)) == (404, "item-unknown")
    assert await house.refused(path, a_transfer(item_id, here, there, 1, lot_id=str(new_id()))) == (409, "lot-not-here")
    assert await house.refused(path, a_transfer(item_id, here, there, 1), role="sales") == (403, "forbidden")
    assert (await house.reads(f"/lots/{lot_id}"))["on_hand"]["value"] == "5"
