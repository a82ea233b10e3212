"""What is read of the stock does not grow with the items, warehouses and levels that are stored."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from contracts.ids import ItemId, WarehouseId, new_id
from inventory.storage.stock import Stock
from kit.database import Database
from kit.held import holding
from testkit.plans import planned
from testkit.statements import statements

if TYPE_CHECKING:
    from conftest import House

FEW = 40
"""Blocks: of three items, their levels and an index or two."""


@pytest.mark.parametrize("known", [False, True])
async def test_the_stock_of_some_items_is_read_without_that_of_all_others(house: House, known: bool) -> None:
    """Whether the planner knew how little was stored when it planned, or knew nothing."""
    database = house.service.running.database
    warehouse_id = await house.warehouse()
    asked = [(await house.stocked(1))[0] for _ in range(3)]
    if known:
        async with database.read() as tx:
            _ = await tx.driver.execute("VACUUM (FULL, ANALYZE)")

    async with planned(database, await loading(database, asked), asked) as blocks_read:
        assert 0 < await blocks_read() < FEW
        async with much(database, warehouse_id):
            assert await blocks_read() < FEW


@asynccontextmanager
async def much(database: Database, warehouse_id: WarehouseId) -> AsyncGenerator[None]:
    """5,000 items that this warehouse once had."""
    async with database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "INSERT INTO items SELECT gen_random_uuid(), 1, 'one of many ' || n, '', 'goods', 'C62', 1, 'EUR', 'none',"
            " NULL, 0 FROM generate_series(1, 5000) AS n"
        )
        _ = await tx.exec_driver_sql(
            "INSERT INTO stock_levels SELECT item_id, $1, 'C62', 0, 0, 0 FROM items WHERE sku LIKE 'one of many %'",
            (warehouse_id,),
        )
    yield
    async with database.begin() as tx:
        _ = await tx.exec_driver_sql("DELETE FROM stock_levels WHERE on_hand = 0")
        _ = await tx.exec_driver_sql("DELETE FROM items WHERE sku LIKE 'one of many %'")


async def loading(database: Database, item_ids: list[ItemId]) -> str:
    """The statement that reads stock."""
    async with statements(database) as seen, database.begin() as tx:
        _ = await Stock.load(tx, item_ids)
    return next(each for each in seen if "stock_levels" in each)


async def test_warehouses_that_never_had_any_of_an_item_are_known_but_have_no_level(house: House) -> None:
    last, first = await house.warehouse(priority=4), await house.warehouse(priority=3)
    item_id = await house.item()
    _ = await house.receives(item_id, 2, last)

    async with house.service.running.database.read() as tx:
        stock = await Stock.load(tx, [item_id])

    assert [level.warehouse_id for level in stock.levels] == [last]
    assert [each for each in stock.warehouses if each in (first, last)] == [first, last]
    assert stock.level(item_id, first).on_hand.value == 0


async def test_levels_come_in_the_order_of_the_warehouses_whenever_they_first_had_some(house: House) -> None:
    last, first, middle = [await house.warehouse(priority=each) for each in (7, 5, 6)]
    item_id = await house.item()
    for warehouse_id in (last, middle):
        _ = await house.receives(item_id, 2, warehouse_id)

    async with house.service.running.database.read() as tx:
        stock = await Stock.load(tx, [item_id])
    _ = stock.level(item_id, first)

    assert [level.warehouse_id for level in stock.levels] == [first, middle, last]


async def test_a_warehouse_that_is_opened_during_a_batch_is_known_for_what_was_read_before(house: House) -> None:
    before, after = await house.item(), await house.item()
    _ = await house.warehouse()

    async with house.service.running.database.begin() as tx, holding(tx):
        known = set((await Stock.load(tx, [before])).warehouses)
        opened = await house.warehouse()
        stock = await Stock.load(tx, [before, after])

    assert set(stock.warehouses) - known == {opened}
    assert [stock.level(item_id, opened).on_hand.value for item_id in (before, after)] == [0, 0]


async def test_an_unknown_warehouse_has_no_level(house: House) -> None:
    item_id = await house.item()
    place = {"warehouse_id": str(new_id()), "lines": [{"item_id": str(item_id), "quantity": {"value": "1"}}]}

    assert await house.refused("/goods-receipts", place) == (404, "warehouse-unknown")

    assert (await house.reads("/stock", item_id=item_id))["items"] == []
