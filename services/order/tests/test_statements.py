"""What the happy path costs: how often an order is read and written at each hop."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.connection import LoggedQuery
from sqlalchemy import event as hooks

from contracts.ids import InvoiceId, ShipmentId, new_id
from contracts.order import OrderPlaced
from testkit import ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk


@asynccontextmanager
async def statements(service: ServiceUnderTest) -> AsyncGenerator[list[str]]:
    """The statements that touch the tables of orders, items and customers, by their first word.

    Those that go straight to the driver are told by the driver, which does so a moment later.
    """
    await service.running.database.drop_idle()  # so that each connection is seen as it comes
    engine, seen = service.running.database.engine.sync_engine, list[str]()
    watched = list[asyncpg.Connection]()

    def note(statement: str) -> None:
        words = statement.split()
        if {"orders", "items", "customers"} & set(words):
            seen.append(words[0])

    def see(connection: object, cursor: object, statement: str, *_: object) -> None:
        note(statement)

    def see_driver(logged: LoggedQuery) -> None:
        note(logged.query)

    def watch(adapter: Any, *_: object) -> None:  # Any: SQLAlchemy's adapter of the driver's connection
        watched.append(adapter.driver_connection)
        watched[-1].add_query_logger(see_driver)

    hooks.listen(engine, "before_cursor_execute", see)
    hooks.listen(engine, "checkout", watch)
    try:
        yield seen
    finally:
        hooks.remove(engine, "before_cursor_execute", see)
        hooks.remove(engine, "checkout", watch)
        for connection in watched:
            connection.remove_query_logger(see_driver)


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
        async with statements(order_service) as seen:
            _ = await order_service.receives(hop)
        assert sorted(seen) == ["SELECT", "UPDATE"], type(hop).__name__


async def test_placing_reads_the_customer_and_all_items_once_and_writes_once(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    async with statements(order_service) as seen:
        placed = await desk.an_order(10, 3)

    assert isinstance(placed, OrderPlaced)
    assert seen == ["SELECT", "SELECT", "INSERT"]
