"""Saying where an item is bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.ids import new_id
from contracts.inventory import PurchaseOrderPlaced

if TYPE_CHECKING:
    from conftest import House

GLOBEX = {"supplier": "Globex", "lead_days": 5}


async def test_what_waits_without_a_supply_is_bought_at_once(house: House) -> None:
    await house.warehouse()
    item_id = await house.item()
    line = await house.asks(item_id, 4)

    placed = await house.posts(f"/items/{item_id}", GLOBEX, method="PATCH", if_match=1)

    [told] = await house.told(PurchaseOrderPlaced)
    assert told == PurchaseOrderPlaced.model_validate(placed)
    assert [(peg.line_id, peg.quantity.value) for peg in told.pegs] == [(line.line_id, 4)]
    assert (await house.reads("/shortages", item_id=item_id))["items"] == []


async def test_nothing_is_told_when_nobody_waits(house: House) -> None:
    item_id = await house.item()
    before = await house.service.published()

    answer = await house.service.post(f"/items/{item_id}", GLOBEX, method="PATCH", if_match=1, role="warehouse")

    assert answer.status_code == 204
    assert await house.service.published() == before
    assert (await house.reads(f"/items/{item_id}"))["supplier"] == "Globex"


async def test_without_a_supplier_shortages_are_bought_by_hand(house: House) -> None:
    await house.warehouse()
    item_id = await house.item(**GLOBEX)

    await house.posts(f"/items/{item_id}", {"supplier": None}, method="PATCH", if_match=1)
    line = await house.asks(item_id, 4)

    [shortage] = (await house.reads("/shortages", item_id=item_id))["items"]
    assert (shortage["line_id"], shortage["quantity"]["value"]) == (str(line.line_id), "4")


async def test_what_was_read_has_to_be_named_and_true(house: House) -> None:
    path = f"/items/{await house.item()}"

    assert await house.refused(path, GLOBEX, method="PATCH") == (428, "precondition-required")
    assert await house.refused(path, GLOBEX, method="PATCH", if_match=7) == (412, "version-mismatch")
    assert (await house.reads(path))["supplier"] is None


async def test_a_service_has_no_supplier(house: House) -> None:
    item_id = await house.item(kind="service")

    refusal = await house.refused(f"/items/{item_id}", GLOBEX, method="PATCH", if_match=1)

    assert refusal == (409, "service-is-not-stocked")


async def test_an_unknown_item_and_a_stranger_are_turned_away(house: House) -> None:
    path = f"/items/{new_id()}"

    assert (await house.refused(path, GLOBEX, method="PATCH", if_match=1))[0] == 404
    assert (await house.refused(path, GLOBEX, method="PATCH", if_match=1, role="sales"))[0] == 403
