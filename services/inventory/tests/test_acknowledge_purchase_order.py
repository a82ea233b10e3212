"""The supplier's answer to a purchase order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contracts.ids import ItemId, new_id
from contracts.inventory import (
    PurchaseOrderAcknowledged,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    SupplyRepegged,
)

if TYPE_CHECKING:
    from conftest import House


def a_promise(item_id: ItemId, number: int) -> dict[str, Any]:  # Any: JSON
    return {"quantities": [{"item_id": str(item_id), "quantity": {"value": str(number)}}]}


async def a_purchase(house: House, item_id: ItemId, number: int) -> str:
    lines = [{"item_id": str(item_id), "quantity": {"value": str(number)}}]
    body = {"lines": lines, "supplier": "Globex", "expected_on": "2024-02-01"}
    return (await house.posts("/purchase-orders", body))["purchase_order_id"]


async def test_another_day_is_told_with_the_lines_that_wait_for_it(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    line = await house.asks(item_id, 4)
    [placed] = await house.told(PurchaseOrderPlaced)
    path = f"/purchase-orders/{placed.purchase_order_id}/acknowledge"

    answer = await house.posts(path, {"expected_on": "2031-01-01"}, status=200)

    said = PurchaseOrderAcknowledged.model_validate(answer)
    assert (str(said.expected_on), said.lost) == ("2031-01-01", ())
    [moved] = await house.told(PurchaseOrderDateChanged)
    assert (moved.before, str(moved.after), [peg.line_id for peg in moved.pegs]) == (
        placed.expected_on,
        "2031-01-01",
        [line.line_id],
    )
    assert (await house.reads(f"/purchase-orders/{placed.purchase_order_id}"))["status"] == "acknowledged"


async def test_what_will_not_come_is_bought_again_where_a_supplier_is_known(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    line = await house.asks(item_id, 10)
    [first] = await house.told(PurchaseOrderPlaced)

    await house.posts(f"/purchase-orders/{first.purchase_order_id}/acknowledge", a_promise(item_id, 6))

    [said] = await house.told(PurchaseOrderAcknowledged)
    assert [(peg.line_id, int(peg.quantity.value)) for peg in said.lost] == [(line.line_id, 4)]
    _, second = await house.told(PurchaseOrderPlaced)
    assert [(peg.line_id, int(peg.quantity.value)) for peg in second.pegs] == [(line.line_id, 4)]


async def test_what_another_purchase_can_spare_is_taken_before_anything_is_bought(house: House) -> None:
    await house.warehouse()
    item_id = await house.item()
    line = await house.asks(item_id, 5)
    first, second = await a_purchase(house, item_id, 5), await a_purchase(house, item_id, 3)

    await house.posts(f"/purchase-orders/{first}/acknowledge", a_promise(item_id, 1))

    moved = (await house.told(SupplyRepegged))[-1]
    assert (str(moved.purchase_order_id), moved.to_line_id, int(moved.quantity.value)) == (second, line.line_id, 3)
    [shortage] = (await house.reads("/shortages", item_id=item_id))["items"]
    assert shortage["quantity"]["value"] == "1"


async def test_an_answer_that_cannot_be_is_refused(house: House) -> None:
    await house.warehouse()
    item_id = await house.item()
    purchase_order_id = await a_purchase(house, item_id, 5)
    path = f"/purchase-orders/{purchase_order_id}/acknowledge"

    assert await house.refused(path, a_promise(item_id, 6)) == (409, "more-than-ordered")
    assert await house.refused(path, a_promise(item_id, 0)) == (409, "nothing-promised")
    assert await house.refused(path, a_promise(ItemId(new_id()), 1)) == (404, "item-not-purchased")
    assert await house.refused(path, {}, if_match=5) == (412, "version-mismatch")
    assert await house.refused(path, {}, role="sales") == (403, "forbidden")
    assert await house.refused(f"/purchase-orders/{new_id()}/acknowledge", {}) == (404, "purchase-unknown")
    assert (await house.reads(f"/purchase-orders/{purchase_order_id}"))["status"] == "placed"


async def test_a_cancelled_purchase_is_not_acknowledged(house: House) -> None:
    await house.warehouse()
    purchase_order_id = await a_purchase(house, await house.item(), 5)
    await house.posts(f"/purchase-orders/{purchase_order_id}/cancel", {"reason": "no"})

    assert await house.refused(f"/purchase-orders/{purchase_order_id}/acknowledge", {}) == (409, "purchase-not-running")
