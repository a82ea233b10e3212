"""Registering items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contracts.ids import new_id
from contracts.inventory import ItemRegistered

if TYPE_CHECKING:
    from conftest import House

COST = {"amount": "12.50", "currency": "EUR"}


def an_item(**fields: Any) -> dict[str, Any]:  # Any: JSON
    return {"sku": new_id().hex, "standard_cost": COST, **fields}


async def test_an_item_is_registered_and_told(house: House) -> None:
    body = an_item(description="A pump", unit="KGM", supplier="Globex", lead_days=7)

    answer = await house.posts("/items", body, status=201)

    [told] = await house.told(ItemRegistered)
    assert told == ItemRegistered.model_validate(answer)
    assert (told.sku, told.unit, told.kind, told.tracked) == (body["sku"], "KGM", "goods", "none")
    read = await house.reads(f"/items/{told.item_id}")
    assert (read["supplier"], read["lead_days"], read["available"]) == ("Globex", 7, "0")


async def test_the_same_key_twice_registers_one_item(house: House) -> None:
    body = an_item()

    first, again = await house.posts("/items", body, key="one"), await house.posts("/items", body, key="one")

    assert first == again
    assert len(await house.told(ItemRegistered)) == 1


async def test_a_sku_comes_once(house: House) -> None:
    body = an_item()
    await house.posts("/items", body)

    assert await house.refused("/items", body) == (409, "already-exists")


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"kind": "service", "tracked": "lot"}, (409, "service-is-not-tracked")),
        ({"kind": "service", "supplier": "Globex"}, (409, "service-is-not-stocked")),
        ({"tracked": "serial", "unit": "KGM"}, (409, "serials-count-pieces")),
        ({"standard_cost": {"amount": "-1", "currency": "EUR"}}, (422, "cost-is-negative")),
    ],
)
async def test_an_item_that_makes_no_sense_is_refused(
    house: House, fields: dict[str, Any], refusal: tuple[int, str]
) -> None:
    body = an_item(**fields)

    assert await house.refused("/items", body) == refusal
    assert (await house.reads("/items", sku=body["sku"]))["items"] == []


async def test_finance_registers_no_items(house: House) -> None:
    assert await house.refused("/items", an_item(), role="finance") == (403, "forbidden")
