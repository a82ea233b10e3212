"""Dispatching shipments: the goods leave the house and the stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contracts.inventory import AvailabilityChanged, ShipmentDispatched

if TYPE_CHECKING:
    from conftest import House


async def test_reservation_and_stock_are_used_up_together_oldest_lots_first(house: House) -> None:
    item_id, warehouse_id, old = await house.stocked(3)
    young = await house.receives(item_id, 5, warehouse_id, unit_cost={"amount": "4.00", "currency": "EUR"})
    line = await house.asks(item_id, 4)
    path = f"/shipments/{await house.packs(line)}"
    changes = len(await house.told(AvailabilityChanged))

    answer = await house.posts(f"{path}/dispatch", {"carrier": "DHL", "tracking_number": "T-1"}, status=200)

    told = ShipmentDispatched.model_validate(answer)
    assert (told.customer_id, told.warehouse_id, told.carrier) == (line.customer_id, warehouse_id, "DHL")
    [shipped] = told.lines
    assert [(lot.lot_id, int(lot.quantity.value)) for lot in shipped.lots] == [(old, 3), (young, 1)]
    assert str(shipped.cost) == "13.00 EUR"
    assert await house.stock(item_id) == (4, 0, 0, 4)
    assert await house.figures(line) == {"shipped": 4}
    assert len(await house.told(AvailabilityChanged)) == changes
    ledger = (await house.reads(f"/items/{item_id}/movements"))["items"]
    assert [(entry["kind"], entry["quantity"]["value"]) for entry in ledger[2:]] == [
        ("dispatch", "-3"),
        ("dispatch", "-1"),
    ]
    assert (await house.reads(f"/lots/{old}"))["status"] == "depleted"


async def test_the_same_key_twice_dispatches_once(house: House) -> None:
    item_id, _, _ = await house.stocked(5)
    path = f"/shipments/{await house.packs(await house.asks(item_id, 2))}/dispatch"

    assert await house.posts(path, {}, key="d") == await house.posts(path, {}, key="d")

    assert await house.stock(item_id) == (3, 0, 0, 3)
    assert await house.refused(path, {}) == (409, "shipment-not-ready")


async def test_named_lots_and_serials_leave_and_services_come_from_no_lot(house: House) -> None:
    item_id, freight = await house.item(tracked="serial"), await house.item(kind="service")
    lot_id = await house.receives(item_id, 2, await house.warehouse(), lot_number="L", serials=["A", "B"])
    line = house.line(item_id, 1)
    carriage = house.line(freight, 2, line.order_id)
    await house.requests(line, carriage)
    path = f"/shipments/{await house.ships(line, carriage)}"
    await house.posts(f"{path}/pick")
    boxed: list[dict[str, Any]] = [
        {
            "line_id": str(line.line_id),
            "quantity": {"value": "1"},
            "lots": [{"lot_id": str(lot_id), "quantity": {"value": "1"}, "serials": ["B"]}],
        },
        {"line_id": str(carriage.line_id), "quantity": {"value": "2"}},
    ]
    await house.posts(f"{path}/pack", {"lines": boxed})

    await house.posts(f"{path}/dispatch", {})

    [told] = await house.told(ShipmentDispatched)
    goods, service = told.lines
    assert goods.lots[0].serials == ("B",)
    assert (service.lots, str(service.cost)) == ((), "6.00 EUR")
    assert (await house.reads(f"/lots/{lot_id}"))["serials"] == ["A"]


async def test_the_rest_of_an_order_line_stays_as_it_is(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    line = await house.asks(item_id, 5)
    path = f"/shipments/{await house.packs(line)}"

    await house.posts(f"{path}/dispatch", {})

    assert await house.figures(line) == {"shipped": 3, "backordered": 2}


async def test_a_named_lot_that_was_quarantined_meanwhile_does_not_leave(house: House) -> None:
    item_id, warehouse_id, bad = await house.stocked(3)
    await house.receives(item_id, 3, warehouse_id)
    line = await house.asks(item_id, 2)
    path = f"/shipments/{await house.ships(line)}"
    await house.posts(f"{path}/pick")
    lots = [{"lot_id": str(bad), "quantity": {"value": "2"}}]
    await house.posts(
        f"{path}/pack", {"lines": [{"line_id": str(line.line_id), "quantity": {"value": "2"}, "lots": lots}]}
    )
    await house.posts(f"/lots/{bad}/quarantine", {"reason": "cracks"})

    assert await house.refused(f"{path}/dispatch", {}) == (409, "lot-not-released")

    assert await house.stock(item_id) == (6, 2, 3, 1)
    assert await house.figures(line) == {"planned": 2}


async def test_a_shipment_that_is_not_packed_does_not_leave(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    shipment_id = await house.ships(await house.asks(item_id, 2))

    assert await house.refused(f"/shipments/{shipment_id}/dispatch", {}) == (409, "shipment-not-ready")
    assert await house.refused(f"/shipments/{shipment_id}/dispatch", {}, if_match=4) == (412, "version-mismatch")
