"""Many want the same few pieces at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from asyncpg import PostgresError

from contracts.errors import Refused
from contracts.event import Recorded
from contracts.inventory import StockBackordered, StockReserved
from contracts.lines import ReservedLine
from contracts.order import StockRequested
from contracts.values import Quantity
from inventory.domain.stock import plan_reservation
from inventory.storage.stock import Stock
from kit.consumer import Consumer
from kit.database import Database, StaleWrite, is_transient
from kit.inbox import Message

if TYPE_CHECKING:
    from conftest import House, Line

ORDERS = 200


def an_event(house: House, line: Line) -> Recorded:
    wanted = StockRequested(order_id=line.order_id, customer_id=line.customer_id, lines=(line.of(line.number),))
    return house.service.records(wanted)


async def apply(consumer: Consumer, events: Sequence[Recorded]) -> None:
    """As a worker does: again while the database is busy."""
    while True:
        try:
            return await consumer.apply([Message("order.events", 0, 0, each) for each in events])
        except Exception as fault:
            if not is_transient(fault):
                raise


@pytest.mark.parametrize("batch", [1, 5])
async def test_two_hundred_orders_for_ten_pieces_reserve_exactly_ten(house: House, batch: int) -> None:
    item_id, _, _ = await house.stocked(10)
    lines = [house.line(item_id, 1) for _ in range(ORDERS)]
    events = [an_event(house, line) for line in lines]
    running = house.service.running
    databases = [Database(running.database.dsn, name=f"consumer {number}", pool_size=5) for number in range(4)]
    consumers = [
        Consumer("inventory", database, running.service.reactions, lambda: None, running.metrics)
        for database in databases
    ]

    batches = [events[start : start + batch] for start in range(0, ORDERS, batch)]
    await asyncio.gather(*(apply(consumers[number % 4], each) for number, each in enumerate(batches)))

    for database in databases:
        await database.close()
    assert await house.stock(item_id) == (10, 10, 0, 0)
    reserved, short = await house.told(StockReserved), await house.told(StockBackordered)
    assert sum(line.quantity.value for event in reserved for line in event.lines) == 10
    assert sum(line.quantity.value for event in short for line in event.lines) == ORDERS - 10
    assert len({event.order_id for event in (*reserved, *short)}) == ORDERS


async def test_orders_for_two_items_in_opposite_order_do_not_wait_for_each_other(house: House) -> None:
    (first, _, _), (second, _, _) = await house.stocked(50), await house.stocked(50)
    batches: list[list[Recorded]] = []
    for number in range(20):
        pair = [house.line(item_id, 1) for item_id in ((first, second) if number % 2 else (second, first))]
        batches.append([an_event(house, line) for line in pair])
    consumer = house.service.running.consumer

    messages = [[Message("order.events", 0, 0, each) for each in batch] for batch in batches]
    await asyncio.gather(*(consumer.apply(batch) for batch in messages))

    assert [await house.stock(item_id) for item_id in (first, second)] == [(50, 20, 0, 30)] * 2


async def test_one_conditional_update_decides_even_without_a_lock(house: House) -> None:
    item_id, warehouse_id, _ = await house.stocked(10)
    database = house.service.running.database

    async def grab() -> bool:
        wanted = house.line(item_id, 1)
        async with database.begin() as tx:
            stock = await Stock.load(tx, [item_id])
            part = ReservedLine(**vars(wanted.of(1)), warehouse_id=warehouse_id)
            stock.reserve(plan_reservation([wanted.of(1)], stock.levels) or [part])
            _ = await stock.save()
        return True

    taken = await asyncio.gather(*(grab() for _ in range(ORDERS)), return_exceptions=True)

    refused = [each for each in taken if each is not True]
    assert len(refused) == ORDERS - 10
    assert {type(each) for each in refused} <= {StaleWrite, *(type(each) for each in refused if is_refusal(each))}
    assert (await house.stock(item_id))[:2] == (10, 10)
    async with database.begin() as tx:
        stock = await Stock.load(tx, [item_id])
        stock.level(item_id, warehouse_id).release(Quantity.pieces(10))
        _ = await stock.save()


def is_refusal(outcome: object) -> bool:
    return isinstance(outcome, Refused)


async def test_the_database_itself_refuses_stock_below_zero(house: House) -> None:
    item_id, _, lot_id = await house.stocked(10)
    database = house.service.running.database

    for table, change in (
        ("stock_levels", "reserved = 11"),
        ("stock_levels", "on_hand = -1"),
        ("stock_levels", "quarantined = 11"),
        ("lots", "quarantined = 11"),
        ("lots", "on_hand = -1"),
    ):
        with pytest.raises(PostgresError, match="violates check constraint"):
            async with database.begin() as tx:
                await tx.exec_driver_sql(f"UPDATE {table} SET {change} WHERE item_id = $1", (item_id,))
    assert await house.stock(item_id) == (10, 0, 0, 10)
    assert (await house.reads(f"/lots/{lot_id}"))["on_hand"]["value"] == "10"
