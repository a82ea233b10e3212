"""Picking shipments, and confirming that they arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.ids import ShipmentId, new_id
from contracts.inventory import DeliveryConfirmed, PickReleased

if TYPE_CHECKING:
    from conftest import House


async def a_shipment(house: House) -> ShipmentId:
    item_id, _, _ = await house.stocked(5)
    return await house.ships(await house.asks(item_id, 2))


async def test_a_planned_shipment_is_picked_once(house: House) -> None:
    shipment_id = await a_shipment(house)
    path = f"/shipments/{shipment_id}"

    answer = await house.posts(f"{path}/pick", status=200)

    assert await house.told(PickReleased) == [PickReleased.model_validate(answer)]
    assert (await house.reads(path))["status"] == "picking"
    assert await house.refused(f"{path}/pick") == (409, "shipment-not-ready")


async def test_a_dispatched_shipment_is_delivered(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    line = await house.asks(item_id, 2)
    path = f"/shipments/{await house.packs(line)}"
    assert await house.refused(f"{path}/deliver", {}) == (409, "shipment-not-ready")
    await house.posts(f"{path}/dispatch", {})

    await house.posts(f"{path}/deliver", {"received_by": "gate 3"}, status=200)

    [told] = await house.told(DeliveryConfirmed)
    assert (told.order_id, told.customer_id, told.received_by) == (line.order_id, line.customer_id, "gate 3")
    read = await house.reads(path)
    assert (read["status"], read["received_by"]) == ("delivered", "gate 3")


async def test_a_stale_reader_a_stranger_and_an_unknown_shipment_change_nothing(house: House) -> None:
    path = f"/shipments/{await a_shipment(house)}"

    assert await house.refused(f"{path}/pick", if_match=7) == (412, "version-mismatch")
    for step in ("pick", "pack", "dispatch", "deliver"):
        body = None if step == "pick" else {}
        assert await house.refused(f"{path}/{step}", body, role="sales") == (403, "forbidden")
        assert (await house.refused(f"/shipments/{new_id()}/{step}", body))[0] == 404
    assert (await house.reads(path))["status"] == "planned"
