"""Packing shipments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contracts.ids import LotId, new_id
from contracts.inventory import ShipmentPacked, ShipmentPlanned

if TYPE_CHECKING:
    from conftest import House, Line


def a_box(line: Line, number: int, *lots: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    return {"lines": [{"line_id": str(line.line_id), "quantity": {"value": str(number)}, "lots": lots}]}


def out_of(lot_id: LotId, number: int, *serials: str) -> dict[str, Any]:  # Any: JSON
    return {"lot_id": str(lot_id), "quantity": {"value": str(number)}, "serials": serials}


async def picked(house: House, line: Line) -> str:
    path = f"/shipments/{await house.ships(line)}"
    await house.posts(f"{path}/pick")
    return path


async def test_everything_is_packed_when_nothing_is_named(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    line = await house.asks(item_id, 4)
    path = await picked(house, line)

    answer = await house.posts(f"{path}/pack", {}, status=200)

    assert ShipmentPacked.model_validate(answer).lines == (line.of(4),)
    assert (await house.reads(path))["status"] == "packed"


async def test_what_is_left_out_becomes_a_new_shipment(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    line = await house.asks(item_id, 4)
    path = await picked(house, line)

    await house.posts(f"{path}/pack", a_box(line, 3))

    rest = (await house.told(ShipmentPlanned))[-1]
    assert (f"/shipments/{rest.split_from}", rest.lines) == (path, (line.of(1),))
    assert (await house.reads(f"/shipments/{rest.shipment_id}"))["status"] == "planned"
    assert await house.figures(line) == {"planned": 4}


async def test_the_packer_may_name_lots_and_pack_anew(house: House) -> None:
    item_id, warehouse_id, old = await house.stocked(5)
    young = await house.receives(item_id, 5, warehouse_id, lot_number="L-2")
    line = await house.asks(item_id, 4)
    path = await picked(house, line)
    await house.posts(f"{path}/pack", a_box(line, 4, out_of(old, 4)))

    await house.posts(f"{path}/pack", a_box(line, 4, out_of(young, 3), out_of(old, 1)))

    [read] = (await house.reads(path))["lines"]
    assert [lot["quantity"]["value"] for lot in read["lots"]] == ["3", "1"]
    assert read["lots"][0]["lot_number"] == "L-2"


async def test_serials_are_named_at_packing(house: House) -> None:
    item_id = await house.item(tracked="serial")
    lot_id = await house.receives(item_id, 2, await house.warehouse(), lot_number="L", serials=["A", "B"])
    line = await house.asks(item_id, 1)
    path = await picked(house, line)

    assert await house.refused(f"{path}/pack", {}) == (409, "serials-not-scanned")
    assert await house.refused(f"{path}/pack", a_box(line, 1, out_of(lot_id, 1))) == (409, "serials-not-scanned")
    await house.posts(f"{path}/pack", a_box(line, 1, out_of(lot_id, 1, "B")))


async def test_a_refused_pack_changes_nothing(house: House) -> None:
    item_id, _, lot_id = await house.stocked(5)
    _, _, foreign = await house.stocked(5)
    line, stranger = await house.asks(item_id, 4), house.line(item_id, 1)
    shipment_id = await house.ships(line)
    path = f"/shipments/{shipment_id}/pack"
    assert await house.refused(path, {}) == (409, "shipment-not-ready")
    await house.posts(f"/shipments/{shipment_id}/pick")

    assert await house.refused(path, a_box(line, 5)) == (409, "more-than-in-shipment")
    assert await house.refused(path, a_box(line, 0)) == (422, "nothing-packed")
    assert await house.refused(path, a_box(stranger, 1)) == (404, "line-not-in-shipment")
    assert await house.refused(path, a_box(line, 4, out_of(lot_id, 3))) == (422, "lots-do-not-add-up")
    assert await house.refused(path, a_box(line, 4, out_of(foreign, 4))) == (409, "lot-not-here")
    assert await house.refused(path, a_box(line, 4, out_of(LotId(new_id()), 4))) == (404, "lot-unknown")
    assert await house.refused(path, {}, if_match=9) == (412, "version-mismatch")
    assert (await house.reads(f"/shipments/{shipment_id}"))["status"] == "picking"
