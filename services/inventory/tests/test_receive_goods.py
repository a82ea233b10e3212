"""Receiving goods: from a supplier, and as opening stock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contracts.ids import ItemId, new_id
from contracts.inventory import AvailabilityChanged, GoodsReceived, PurchaseOrderPlaced, StockReserved, SupplyRepegged

if TYPE_CHECKING:
    from conftest import House


def a_line(item_id: ItemId, number: int = 10, **fields: Any) -> dict[str, Any]:  # Any: JSON
    return {"item_id": str(item_id), "quantity": {"value": str(number)}, **fields}


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def test_opening_stock_becomes_lots_levels_and_entries_in_the_ledger(house: House) -> None:
    first, second, warehouse_id = await house.item(), await house.item(), await house.warehouse()
    lines = [
        a_line(first, 10, unit_cost=euros("2.50"), lot_number="L-1"),
        a_line(first, 5),
        a_line(second, 3),
    ]
    body = {"warehouse_id": str(warehouse_id), "lines": lines, "received_on": "2024-02-01"}

    answer = await house.posts("/goods-receipts", body, status=201)

    received = GoodsReceived.model_validate(answer)
    assert [(line.item_id, int(line.quantity.value), str(line.cost.amount)) for line in received.lines] == [
        (first, 10, "25.00"),
        (first, 5, "15.00"),
        (second, 3, "9.00"),
    ]
    assert [line.lot_number for line in received.lines] == ["L-1", "2024-02-01", "2024-02-01"]
    assert await house.stock(first) == (15, 0, 0, 15)
    told = await house.told(AvailabilityChanged)
    assert {(each.item_id, int(each.available.value)) for each in told} == {(first, 15), (second, 3)}
    ledger = (await house.reads(f"/items/{first}/movements"))["items"]
    assert [(entry["kind"], entry["quantity"]["value"], entry["cost"]["amount"]) for entry in ledger] == [
        ("receipt", "10", "25.00"),
        ("receipt", "5", "15.00"),
    ]
    assert (await house.reads(f"/goods-receipts/{received.goods_receipt_id}"))["received_on"] == "2024-02-01"


async def test_the_same_key_twice_receives_once(house: House) -> None:
    item_id, warehouse_id = await house.item(), await house.warehouse()
    body = {"warehouse_id": str(warehouse_id), "lines": [a_line(item_id)]}

    first, again = (
        await house.posts("/goods-receipts", body, key="one"),
        await house.posts("/goods-receipts", body, key="one"),
    )

    assert first == again
    assert await house.stock(item_id) == (10, 0, 0, 10)


async def test_what_waits_is_served_first_and_the_oldest_order_before_the_others(house: House) -> None:
    item_id, warehouse_id = await house.item(), await house.warehouse()
    old, young = await house.asks(item_id, 4), await house.asks(item_id, 4)

    await house.receives(item_id, 5, warehouse_id)

    assert [await house.figures(old), await house.figures(young)] == [
        {"reserved": 4},
        {"reserved": 1, "backordered": 3},
    ]
    assert [event.order_id for event in await house.told(StockReserved)] == [old.order_id, young.order_id]
    assert await house.told(AvailabilityChanged) == []


async def test_a_purchase_is_received_in_parts_and_fills_those_who_wait_for_it(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    line = await house.asks(item_id, 6)
    [placed] = await house.told(PurchaseOrderPlaced)
    body = {"purchase_order_id": str(placed.purchase_order_id)}

    part = GoodsReceived.model_validate(await house.posts("/goods-receipts", body | {"lines": [a_line(item_id, 4)]}))
    rest = GoodsReceived.model_validate(await house.posts("/goods-receipts", body | {"lines": [a_line(item_id, 2)]}))

    assert (part.complete, rest.complete) == (False, True)
    assert (part.supplier, part.warehouse_id) == ("Globex", placed.warehouse_id)
    assert await house.figures(line) == {"reserved": 6}
    purchase = await house.reads(f"/purchase-orders/{placed.purchase_order_id}")
    assert (purchase["status"], purchase["pegs"], purchase["lines"][0]["received"]["value"]) == ("received", [], "6")
    assert await house.told(SupplyRepegged) == []


async def test_goods_that_come_early_serve_the_oldest_order_whose_purchase_then_serves_the_next(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    old, young = await house.asks(item_id, 4), await house.asks(item_id, 4)
    first, second = await house.told(PurchaseOrderPlaced)

    await house.posts(
        "/goods-receipts", {"purchase_order_id": str(second.purchase_order_id), "lines": [a_line(item_id, 4)]}
    )

    assert [await house.figures(old), await house.figures(young)] == [{"reserved": 4}, {"backordered": 4}]
    [moved] = await house.told(SupplyRepegged)
    assert (moved.purchase_order_id, moved.from_line_id, moved.to_line_id, moved.expected_on) == (
        first.purchase_order_id,
        old.line_id,
        young.line_id,
        first.expected_on,
    )


async def test_what_has_serial_numbers_comes_with_them(house: House) -> None:
    item_id, warehouse_id = await house.item(tracked="serial"), await house.warehouse()

    lot_id = await house.receives(item_id, 2, warehouse_id, lot_number="L-9", serials=["A", "B"])

    assert (await house.reads(f"/lots/{lot_id}"))["serials"] == ["A", "B"]


async def test_what_makes_no_sense_is_refused_as_a_whole(house: House) -> None:
    good, service = await house.item(), await house.item(kind="service")
    serial, lots = await house.item(tracked="serial"), await house.item(tracked="lot")
    here = {"warehouse_id": str(await house.warehouse())}

    async def refused(*lines: dict[str, Any], **more: str) -> tuple[int, str]:
        return await house.refused("/goods-receipts", {**here, "lines": [a_line(good), *lines], **more})

    assert await refused(a_line(service)) == (409, "service-is-not-stocked")
    assert await refused(a_line(lots)) == (422, "lot-not-numbered")
    assert await refused(a_line(serial, 2, lot_number="L", serials=["A", "A"])) == (422, "serials-do-not-match")
    assert await refused(a_line(good, 0)) == (422, "quantity-not-positive")
    assert await refused({"item_id": str(good), "quantity": {"value": "1", "unit": "KGM"}}) == (422, "wrong-unit")
    assert await refused(a_line(good, unit_cost={"amount": "1", "currency": "USD"})) == (422, "cost-in-other-currency")
    assert await refused(a_line(ItemId(new_id()))) == (404, "item-unknown")
    assert await refused(warehouse_id=str(new_id())) == (404, "warehouse-unknown")
    assert await refused(purchase_order_id=str(new_id())) == (404, "purchase-unknown")
    assert await house.refused("/goods-receipts", {"lines": [a_line(good)]}) == (422, "warehouse-not-named")
    assert await house.stock(good) == (0, 0, 0, 0)
    assert (await house.reads("/lots", item_id=good))["items"] == []


async def test_no_more_is_received_than_was_ordered(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    await house.asks(item_id, 2)
    [placed] = await house.told(PurchaseOrderPlaced)
    body = {"purchase_order_id": str(placed.purchase_order_id), "lines": [a_line(item_id, 3)]}

    assert await house.refused("/goods-receipts", body) == (409, "more-than-ordered")
    assert await house.stock(item_id) == (0, 0, 0, 0)


@pytest.mark.parametrize("role", ["sales", "finance", "reader"])
async def test_only_the_warehouse_receives_goods(house: House, role: str) -> None:
    body = {"lines": [a_line(ItemId(new_id()))]}

    assert await house.refused("/goods-receipts", body, role=role) == (403, "forbidden")
