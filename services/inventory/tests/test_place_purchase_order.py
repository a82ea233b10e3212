"""Placing purchase orders by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contracts.ids import ItemId, new_id
from contracts.inventory import PurchaseOrderPlaced, SupplyRepegged

if TYPE_CHECKING:
    from conftest import House


def a_purchase(*lines: tuple[ItemId, int], **fields: Any) -> dict[str, Any]:  # Any: JSON
    return {
        "lines": [{"item_id": str(item_id), "quantity": {"value": str(number)}} for item_id, number in lines],
        **fields,
    }


async def test_a_purchase_serves_first_those_who_wait_without_a_supply(house: House) -> None:
    warehouse_id, item_id = await house.warehouse(), await house.item()
    line = await house.asks(item_id, 4)
    body = a_purchase(
        (item_id, 10),
        supplier="Globex",
        warehouse_id=str(warehouse_id),
        ordered_on="2024-01-01",
        expected_on="2024-02-01",
    )

    answer = await house.posts("/purchase-orders", body, status=201)

    placed = PurchaseOrderPlaced.model_validate(answer)
    assert (placed.supplier, placed.warehouse_id, str(placed.expected_on)) == ("Globex", warehouse_id, "2024-02-01")
    assert str(placed.lines[0].unit_cost) == "3.00 EUR"
    [moved] = await house.told(SupplyRepegged)
    assert (moved.to_order_id, moved.to_line_id, int(moved.quantity.value), moved.expected_on) == (
        line.order_id,
        line.line_id,
        4,
        placed.expected_on,
    )
    assert (await house.reads("/shortages", item_id=item_id))["items"] == []
    read = await house.reads(f"/purchase-orders/{placed.purchase_order_id}")
    assert (read["number"], read["status"], len(read["pegs"])) == (placed.number, "placed", 1)


async def test_supplier_and_day_are_those_of_the_items_when_nobody_names_them(house: House) -> None:
    await house.warehouse()
    slow, fast = await house.item(supplier="Initech", lead_days=9), await house.item(supplier="Initech", lead_days=2)

    answer = await house.posts("/purchase-orders", a_purchase((slow, 1), (fast, 1), ordered_on="2024-01-01"))

    assert (answer["supplier"], answer["expected_on"]) == ("Initech", "2024-01-10")


async def test_a_refused_purchase_changes_nothing(house: House) -> None:
    await house.warehouse()
    first, second = await house.item(supplier="Globex"), await house.item(supplier="Initech")
    service, path = await house.item(kind="service"), "/purchase-orders"

    assert await house.refused(path, a_purchase((first, 1), (second, 1))) == (422, "supplier-not-named")
    assert await house.refused(path, a_purchase((await house.item(), 1))) == (422, "supplier-not-named")
    assert await house.refused(path, a_purchase((first, 1), (first, 2))) == (422, "purchase-has-no-lines")
    assert await house.refused(path, a_purchase((first, 0))) == (422, "quantity-not-positive")
    assert await house.refused(path, a_purchase((service, 1), supplier="X")) == (409, "service-is-not-stocked")
    assert await house.refused(path, a_purchase((ItemId(new_id()), 1))) == (404, "item-unknown")
    assert await house.refused(path, a_purchase((first, 1), warehouse_id=str(new_id()))) == (404, "warehouse-unknown")
    assert await house.refused(path, a_purchase((first, 1), ordered_on="9999-12-31")) == (422, "malformed")
    assert await house.refused(path, a_purchase((first, 1), supplier="X\0")) == (422, "malformed")
    assert await house.refused(path, a_purchase((first, 1)), role="sales") == (403, "forbidden")
    assert (await house.reads(path, item_id=first))["items"] == []


async def test_the_same_key_twice_buys_once(house: House) -> None:
    await house.warehouse()
    body = a_purchase((await house.item(supplier="Globex"), 1))

    assert await house.posts("/purchase-orders", body, key="k") == await house.posts("/purchase-orders", body, key="k")
    assert len(await house.told(PurchaseOrderPlaced)) == 1
