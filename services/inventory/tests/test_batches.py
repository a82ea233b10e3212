"""Several events in one batch: each sees what those before it did, and a large one takes no more statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts.event import Event
from contracts.ids import ItemId, ReleaseId, new_id
from contracts.inventory import ShipmentPlanned, StockBackordered, StockReserved
from contracts.order import ShipmentRequested, StockReleaseRequested, StockRequested
from testkit import Parked
from testkit.statements import statements

if TYPE_CHECKING:
    from conftest import House, Line


def asked(line: Line) -> StockRequested:
    return StockRequested(order_id=line.order_id, customer_id=line.customer_id, lines=(line.of(line.number),))


def shipment_wanted(line: Line) -> ShipmentRequested:
    return ShipmentRequested(order_id=line.order_id, customer_id=line.customer_id, lines=(line.of(line.number),))


def unwanted(line: Line, number: int) -> StockReleaseRequested:
    return StockReleaseRequested(order_id=line.order_id, release_id=ReleaseId(new_id()), lines=(line.of(number),))


async def in_one_transaction(house: House, *events: Event) -> list[Event]:
    """A batch of which nothing had to be tried again by itself."""
    async with statements(house.service.running.database) as seen:
        await house.service.receives(*events)
    assert sum("INSERT INTO inbox" in each for each in seen) == 1
    return await house.service.published()


async def seen_while(house: House, *events: Event) -> int:
    """How many statements one batch of these takes."""
    async with statements(house.service.running.database) as seen:
        await house.service.receives(*events)
    return len(seen)


async def test_the_second_order_of_a_batch_gets_what_the_first_has_left(house: House) -> None:
    item_id, _, _ = await house.stocked(3)
    first, second, third = (house.line(item_id, 2) for _ in range(3))

    told = await in_one_transaction(house, *map(asked, (first, second, third)))

    reserved = {
        (event.order_id, line.quantity.value)
        for event in told
        if isinstance(event, StockReserved)
        for line in event.lines
    }
    short = {
        (event.order_id, line.quantity.value)
        for event in told
        if isinstance(event, StockBackordered)
        for line in event.lines
    }
    assert reserved == {(first.order_id, 2), (second.order_id, 1)}
    assert short == {(second.order_id, 1), (third.order_id, 2)}
    assert await house.stock(item_id) == (3, 3, 0, 0)


async def test_an_order_asks_is_planned_and_gives_back_in_one_batch(house: House) -> None:
    item_id, _, _ = await house.stocked(10)
    line, other = house.line(item_id, 4), house.line(item_id, 7)

    told = await in_one_transaction(house, asked(line), shipment_wanted(line), unwanted(line, 3), asked(other))

    [planned] = [event for event in told if isinstance(event, ShipmentPlanned)]
    assert planned.lines[0].quantity.value == 4
    assert await house.figures(line) == {"planned": 1, "released": 3}
    assert await house.figures(other) == {"reserved": 7}
    assert await house.stock(item_id) == (10, 8, 0, 2)


async def test_the_same_order_asks_twice_in_one_batch(house: House) -> None:
    (item_id, _, _), (other_id, _, _) = await house.stocked(10), await house.stocked(10)
    line = house.line(item_id, 4)
    more = house.line(other_id, 5, line.order_id)

    _ = await in_one_transaction(house, asked(line), asked(more), shipment_wanted(line), asked(line))

    assert await house.figures(line) == {"planned": 4, "reserved": 4}
    assert await house.figures(more) == {"reserved": 5}


async def test_a_refused_event_in_the_middle_leaves_nothing_and_takes_nobody_with_it(house: House) -> None:
    item_id, _, _ = await house.stocked(10)
    before, unknown, after = house.line(item_id, 2), house.line(ItemId(new_id()), 5), house.line(item_id, 3)

    with pytest.raises(Parked, match="there is no item"):
        await house.service.receives(*map(asked, (before, unknown, after)))

    told = [event.order_id for event in await house.told(StockReserved)]
    assert [order_id for order_id in told if order_id in (before.order_id, unknown.order_id, after.order_id)] == [
        before.order_id,
        after.order_id,
    ]
    assert await house.stock(item_id) == (10, 5, 0, 5)
    answer = await house.service.get(f"/orders/{unknown.order_id}/supply")
    assert answer.status_code == 404


@pytest.mark.parametrize("wanted", [asked, shipment_wanted])
async def test_twenty_events_of_a_batch_take_as_many_statements_as_two(house: House, wanted: object) -> None:
    item_id, _, _ = await house.stocked(200)
    lines = [house.line(item_id, 1) for _ in range(22)]
    if wanted is shipment_wanted:
        await house.service.receives(*map(asked, lines))
    make = shipment_wanted if wanted is shipment_wanted else asked

    two, twenty = await seen_while(house, *map(make, lines[:2])), await seen_while(house, *map(make, lines[2:]))

    assert twenty == two


async def test_goods_leave_with_one_lock_one_read_and_one_write(house: House) -> None:
    (item_id, _, _), warehouse = await house.stocked(10), await house.warehouse()
    await house.receives(item_id, 1, warehouse)
    shipment_id = await house.packs(await house.asks(item_id, 4))

    async with statements(house.service.running.database) as seen:
        await house.posts(f"/shipments/{shipment_id}/dispatch")

    first = [each.split()[0] for each in seen if each != "COMMIT"]
    assert first == ["BEGIN;", "SELECT", "SELECT", "WITH"], seen
