"""What the happy path costs: how often an order is read and written at each hop."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from contracts.ids import InvoiceId, ShipmentId, new_id
from contracts.order import OrderPlaced
from testkit import ServiceUnderTest
from testkit.statements import statements

if TYPE_CHECKING:
    from conftest import Desk


@asynccontextmanager
async def first_words(service: ServiceUnderTest) -> AsyncGenerator[list[str]]:
    """What statements do to the tables of orders, items and customers: several may be written in one."""
    words = list[str]()
    async with statements(service.running.database) as seen:
        yield words
    for statement in seen:
        if statement.startswith("SELECT") and {"orders", "items", "customers"} & set(statement.split()):
            words.append("SELECT")
        words += re.findall(r"(INSERT|UPDATE)(?: INTO)? (?:orders|items|customers)\b", statement)


async def test_each_hop_of_the_happy_path_reads_and_writes_the_order_once(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10, 3)
    shipment, invoice = ShipmentId(new_id()), InvoiceId(new_id())
    hops = (
        desk.credit_fits(placed),
        desk.reserved(placed),
        desk.dispatched(placed, shipment, 10),
        desk.invoiced(placed, shipment, invoice),
        desk.delivered(placed, shipment),
        desk.paid(placed, invoice),
    )

    for hop in hops:
        async with first_words(order_service) as seen:
            _ = await order_service.receives(hop)
        assert sorted(seen) == ["SELECT", "UPDATE"], type(hop).__name__


async def test_placing_reads_the_customer_and_all_items_once_and_writes_once(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    async with first_words(order_service) as seen:
        placed = await desk.an_order(10, 3)

    assert isinstance(placed, OrderPlaced)
    assert seen == ["SELECT", "SELECT", "INSERT"]
