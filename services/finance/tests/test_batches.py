"""Several events in one batch: each sees what those before it did, and a large one takes no more statements."""

from __future__ import annotations

import pytest

from contracts.event import Event
from contracts.finance import (
    CreditExposureChecked,
    CreditLimitCleared,
    CreditLimitExceeded,
    InvoiceIssued,
    OrderMarginComputed,
)
from contracts.order import OrderPlaced
from testkit import Parked, ServiceUnderTest
from testkit.statements import statements

from .a_business import Business, a_customer, cancelled, closed, euros, in_json, only, shipped


async def seen_while(service: ServiceUnderTest, *events: Event) -> int:
    """How many statements one batch of these takes."""
    async with statements(service.running.database) as seen:
        await service.receives(*events)
    return len(seen)


def numbers(events: list[Event]) -> list[int]:
    return [int(event.number.rpartition("-")[2]) for event in events if isinstance(event, InvoiceIssued)]


async def test_the_second_order_of_a_batch_meets_the_credit_that_the_first_has_left(
    finance_service: ServiceUnderTest,
) -> None:
    acme = await Business(finance_service).begin("200.00")
    first, second = acme.order(), acme.order()

    told = await finance_service.receives(first, second)

    assert only(told, CreditExposureChecked).order_id == first.order_id
    held = only(told, CreditLimitExceeded)
    assert (held.order_id, held.exposure) == (second.order_id, euros("238.00"))
    assert (await acme.account())["open_orders"] == in_json("238.00")


async def test_what_one_order_of_a_batch_frees_lets_another_of_it_through(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("200.00")
    first, second = acme.order(), acme.order()

    told = await finance_service.receives(first, second, cancelled(first))

    assert only(told, CreditLimitCleared).order_id == second.order_id
    assert (await acme.account())["open_orders"] == in_json("119.00")


async def test_an_order_is_placed_shipped_and_closed_in_one_batch(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()

    async with statements(finance_service.running.database) as seen:
        told = await finance_service.receives(placed, shipped(placed), closed(placed))

    assert sum("INSERT INTO inbox" in each for each in seen) == 1
    assert only(told, InvoiceIssued).gross == euros("119.00")
    assert only(told, OrderMarginComputed).margin == euros("60.00")
    account = await acme.account()
    assert (account["open_orders"], account["receivables"]) == (in_json("0.00"), in_json("119.00"))


async def test_a_customer_is_registered_and_orders_in_one_batch(finance_service: ServiceUnderTest) -> None:
    new = Business(finance_service)

    async with statements(finance_service.running.database) as seen:
        told = await finance_service.receives(a_customer(new.customer_id), new.order())

    assert sum("INSERT INTO inbox" in each for each in seen) == 1
    assert only(told, CreditExposureChecked).exposure == euros("119.00")


async def test_the_invoices_of_a_batch_are_numbered_without_a_gap(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    orders = [acme.order() for _ in range(6)]
    await finance_service.receives(*orders)
    [before] = numbers(await finance_service.receives(shipped(orders[0])))

    together = numbers(await finance_service.receives(*map(shipped, orders[1:5])))
    after = numbers(await finance_service.receives(shipped(orders[5])))

    assert [*together, *after] == [before + step for step in range(1, 6)]


async def test_a_refused_event_in_the_middle_leaves_nothing_and_takes_no_number(
    finance_service: ServiceUnderTest,
) -> None:
    acme = await Business(finance_service).begin()
    first, unknown, second = (acme.order() for _ in range(3))
    await finance_service.receives(first, second)

    with pytest.raises(Parked, match="there is no order"):
        await finance_service.receives(shipped(first), shipped(unknown), shipped(second))

    issued = numbers(await finance_service.published())
    assert issued == [issued[0], issued[0] + 1]
    assert (await acme.account())["receivables"] == in_json("238.00")


async def test_a_shipment_invoiced_twice_is_refused_alone(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    first, second = acme.order(), acme.order()
    again = shipped(first)
    await finance_service.receives(first, second, again)
    twice = again.model_copy(update={"order_id": second.order_id, "lines": shipped(second).lines})

    with pytest.raises(Parked, match="has its invoice"):
        await finance_service.receives(twice, closed(second))

    assert only(await finance_service.published(), OrderMarginComputed).order_id == second.order_id
    assert (await acme.account())["receivables"] == in_json("119.00")


@pytest.mark.parametrize("hop", ["placed", "shipped", "closed"])
async def test_twenty_events_of_a_batch_take_as_many_statements_as_two(
    finance_service: ServiceUnderTest, hop: str
) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    orders: list[OrderPlaced] = [(acme, other)[place % 2].order() for place in range(22)]
    if hop != "placed":
        await finance_service.receives(*orders)
    events: list[Event] = [{"placed": each, "shipped": shipped(each), "closed": closed(each)}[hop] for each in orders]

    two, twenty = await seen_while(finance_service, *events[:2]), await seen_while(finance_service, *events[2:])

    assert twenty == two
