"""Opening warehouses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.ids import new_id
from contracts.inventory import WarehouseOpened

if TYPE_CHECKING:
    from conftest import House


async def test_a_warehouse_is_opened_and_told(house: House) -> None:
    code = new_id().hex

    answer = await house.posts("/warehouses", {"code": code, "name": "Main", "priority": 10}, status=201)

    assert await house.told(WarehouseOpened) == [WarehouseOpened.model_validate(answer)]
    [read] = (await house.reads("/warehouses", code=code))["items"]
    assert (read["name"], read["priority"], read["version"]) == ("Main", 10, 1)
    assert await house.reads(f"/warehouses/{answer['warehouse_id']}") == read


async def test_a_code_comes_once(house: House) -> None:
    body = {"code": new_id().hex}
    await house.posts("/warehouses", body)

    assert await house.refused("/warehouses", body) == (409, "already-exists")


async def test_a_warehouse_without_a_code_is_refused(house: House) -> None:
    assert await house.refused("/warehouses", {"code": " "}) == (422, "warehouse-has-no-code")
    assert (await house.refused("/warehouses", {"code": ""}))[0] == 422


async def test_sales_opens_no_warehouses(house: House) -> None:
    assert (await house.refused("/warehouses", {"code": "X"}, role="sales"))[0] == 403
