"""Cancelling purchase orders, and the supplier's answer to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.ids import ItemId, PurchaseOrderId, new_id
from contracts.inventory import (
    PurchaseOrderCancellationRefused,
    PurchaseOrderCancelled,
    PurchaseOrderPlaced,
    SupplyRepegged,
)

if TYPE_CHECKING:
    from conftest import House, Line

NO = {"reason": "too late"}


async def bought(house: House) -> tuple[ItemId, Line, PurchaseOrderId]:
    """An order line waits for a purchase of four."""
    await house.warehouse()
    item_id = await house.item(supplier="Globex")
    line = await house.asks(item_id, 4)
    placed = (await house.told(PurchaseOrderPlaced))[-1]
    return item_id, line, placed.purchase_order_id


async def test_before_the_supplier_has_answered_it_is_cancelled_at_once(house: House) -> None:
    item_id, line, purchase_order_id = await bought(house)

    answer = await house.posts(f"/purchase-orders/{purchase_order_id}/cancel", NO, status=200)

    cancelled = PurchaseOrderCancelled.model_validate(answer)
    assert (cancelled.reason, [peg.line_id for peg in cancelled.pegs]) == ("too late", [line.line_id])
    assert (await house.reads(f"/purchase-orders/{purchase_order_id}"))["status"] == "cancelled"
    [shortage] = (await house.reads("/shortages", item_id=item_id))["items"]
    assert shortage["quantity"]["value"] == "4"


async def test_those_who_lose_it_get_what_another_purchase_can_spare(house: House) -> None:
    item_id, line, purchase_order_id = await bought(house)
    body = {"lines": [{"item_id": str(item_id), "quantity": {"value": "9"}}]}
    other = await house.posts("/purchase-orders", body)

    await house.posts(f"/purchase-orders/{purchase_order_id}/cancel", NO)

    [moved] = await house.told(SupplyRepegged)
    assert (str(moved.purchase_order_id), moved.to_line_id) == (other["purchase_order_id"], line.line_id)


async def test_afterwards_the_supplier_is_asked_and_may_agree(house: House) -> None:
    _, line, purchase_order_id = await bought(house)
    path = f"/purchase-orders/{purchase_order_id}"
    await house.posts(f"{path}/acknowledge", {})

    asked = await house.service.post(f"{path}/cancel", NO, role="warehouse")
    assert (asked.status_code, await house.told(PurchaseOrderCancelled)) == (204, [])
    assert (await house.reads(path))["status"] == "cancelling"
    await house.posts(f"{path}/cancellation-answer", {"accepted": True})

    [cancelled] = await house.told(PurchaseOrderCancelled)
    assert [peg.line_id for peg in cancelled.pegs] == [line.line_id]


async def test_a_supplier_who_refuses_delivers_to_whoever_waits_then(house: House) -> None:
    _, line, purchase_order_id = await bought(house)
    path = f"/purchase-orders/{purchase_order_id}"
    await house.posts(f"{path}/acknowledge", {})
    await house.posts(f"{path}/cancel", NO)
    await house.wants_less(line, 3)
    assert await house.told(SupplyRepegged) == []

    await house.posts(f"{path}/cancellation-answer", {"accepted": False, "reason": "already on its way"})

    [refused] = await house.told(PurchaseOrderCancellationRefused)
    assert refused.reason == "already on its way"
    [freed] = await house.told(SupplyRepegged)
    assert (freed.from_line_id, freed.to_order_id, int(freed.quantity.value)) == (line.line_id, None, 3)


async def test_what_is_not_possible_is_refused(house: House) -> None:
    _, _, purchase_order_id = await bought(house)
    path = f"/purchase-orders/{purchase_order_id}"

    assert await house.refused(f"{path}/cancellation-answer", {"accepted": True}) == (409, "no-cancellation-asked")
    assert await house.refused(f"{path}/cancel", NO, role="finance") == (403, "forbidden")
    assert await house.refused(f"{path}/cancellation-answer", {"accepted": True}, role="sales") == (403, "forbidden")
    assert await house.refused(f"{path}/cancel", NO, if_match=9) == (412, "version-mismatch")
    assert await house.refused(f"/purchase-orders/{new_id()}/cancel", NO) == (404, "purchase-unknown")
    assert (await house.reads(path))["status"] == "placed"
    await house.posts(f"{path}/cancel", NO)
    assert await house.refused(f"{path}/cancel", NO) == (409, "purchase-not-running")
