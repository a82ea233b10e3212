"""Pages: each item once, in order, whatever is added meanwhile."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.schema import CreateTable

from contracts.ids import new_id
from kit import problems
from kit.database import Database, Transaction
from kit.errors import CursorBroken
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from testkit.servers import Servers

orders = sa.Table(
    "paged_orders",
    sa.MetaData(),
    sa.Column("order_id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.BigInteger, unique=True),
    sa.Column("placed_at", sa.DateTime(timezone=True)),
    sa.Column("place", sa.Integer, server_default="0"),
    sa.Column("name", sa.Text, server_default=""),
    prefixes=["TEMPORARY"],
)
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
async def tx(servers: Servers) -> AsyncIterator[Transaction]:
    database = Database(servers.postgres, name="paging", pool_size=1)
    async with database.read() as tx:
        _ = await tx.exec_driver_sql(str(CreateTable(orders).compile(dialect=tx.dialect)))
        yield tx
    await database.close()


async def a_row_each(tx: Transaction, count: int) -> list[UUID]:
    """Rows numbered from 1; three are placed at each instant."""
    ids = [new_id() for _ in range(count)]
    rows = [
        {"order_id": id, "number": n, "placed_at": MONDAY + timedelta(hours=n // 3, microseconds=n // 3)}
        for n, id in enumerate(ids, 1)
    ]
    _ = await tx.execute(orders.insert(), rows)
    return ids


def number(row: sa.Row[tuple[UUID, int, datetime]]) -> int:
    return row.number


@pytest.mark.parametrize("descending", [False, True])
async def test_all_pages_together_are_everything_once_in_order(tx: Transaction, descending: bool) -> None:
    _ = await a_row_each(tx, 7)

    seen: list[list[int]] = []
    cursor: str | None = None
    while not seen or cursor:
        page = await paged(
            tx,
            sa.select(orders),
            key=orders.c.order_id,
            row=number,
            cursor=cursor,
            limit=3,
            descending=descending,
        )
        seen.append(page.items)
        cursor = page.next_cursor

    assert seen == ([[7, 6, 5], [4, 3, 2], [1]] if descending else [[1, 2, 3], [4, 5, 6], [7]])


async def test_a_full_last_page_leads_nowhere(tx: Transaction) -> None:
    _ = await a_row_each(tx, 3)

    page = await paged(tx, sa.select(orders), key=orders.c.number, row=number, limit=3)

    assert page == Page[int](items=[1, 2, 3], next_cursor=None)


async def test_nothing_is_an_empty_page(tx: Transaction) -> None:
    assert await paged(tx, sa.select(orders), key=orders.c.number, row=number) == Page[int](items=[])


@pytest.mark.parametrize("descending", [False, True])
async def test_equal_instants_are_told_apart_by_the_id(tx: Transaction, descending: bool) -> None:
    _ = await a_row_each(tx, 8)
    key = (orders.c.placed_at, orders.c.order_id)

    seen: list[int] = []
    cursor: str | None = None
    for _ in range(8):
        page = await paged(tx, sa.select(orders), key=key, row=number, cursor=cursor, limit=1, descending=descending)
        seen, cursor = seen + page.items, page.next_cursor

    assert seen == (list(range(8, 0, -1)) if descending else list(range(1, 9)))
    assert cursor is None


async def test_what_is_added_meanwhile_neither_repeats_nor_hides(tx: Transaction) -> None:
    _ = await a_row_each(tx, 4)
    first = await paged(tx, sa.select(orders), key=orders.c.order_id, row=number, limit=2, descending=True)

    _ = await tx.execute(orders.insert(), [{"order_id": new_id(), "number": 5, "placed_at": MONDAY}])
    then = await paged(
        tx, sa.select(orders), key=orders.c.order_id, row=number, limit=2, descending=True, cursor=first.next_cursor
    )

    assert (first.items, then.items) == ([4, 3], [2, 1])


async def test_the_where_of_the_select_stays(tx: Transaction) -> None:
    _ = await a_row_each(tx, 6)
    even = sa.select(orders).where(orders.c.number % 2 == 0)

    first = await paged(tx, even, key=orders.c.number, row=number, limit=2)
    then = await paged(tx, even, key=orders.c.number, row=number, limit=2, cursor=first.next_cursor)

    assert (first.items, then.items) == ([2, 4], [6])


def a_cursor(*values: object) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", str(2**63)),
        ("number", str(-(2**63) - 1)),
        ("number", "9" * 300),
        ("number", float("inf")),
        ("place", str(2**31)),
        ("name", "a\0b"),
        ("name", "\ud800"),
        ("placed_at", "0001-01-01T00:00:00+14:00"),
    ],
)
async def test_a_cursor_with_a_value_that_its_column_cannot_have_is_malformed(
    tx: Transaction, column: str, value: object
) -> None:
    with pytest.raises(CursorBroken, match="no cursor to begin again"):
        _ = await paged(tx, sa.select(orders), key=orders.c[column], row=number, cursor=a_cursor(value))


async def test_a_cursor_at_the_end_of_what_its_column_can_have_leads_to_nothing(tx: Transaction) -> None:
    _ = await a_row_each(tx, 1)

    for column, value in (("number", 2**63 - 1), ("place", 2**31 - 1), ("placed_at", "9999-12-31T23:59:59+00:00")):
        page = await paged(tx, sa.select(orders), key=orders.c[column], row=number, cursor=a_cursor(str(value)))
        assert page.items == []


@pytest.mark.parametrize("cursor", ["", "x", "%%%", "bnVsbA", "WyJ4Il0", "WyIxIiwiMiJd", "Wzdd", "eyJhIjoxfQ", "é"])
async def test_a_broken_cursor_is_malformed(tx: Transaction, cursor: str) -> None:
    with pytest.raises(CursorBroken, match="no cursor to begin again"):
        _ = await paged(tx, sa.select(orders), key=orders.c.order_id, row=number, cursor=cursor)


async def test_a_cursor_is_safe_in_a_url_and_names_no_column(tx: Transaction) -> None:
    _ = await a_row_each(tx, 2)

    page = await paged(tx, sa.select(orders), key=(orders.c.placed_at, orders.c.order_id), row=number, limit=1)

    assert page.next_cursor
    assert page.next_cursor.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?limit=500", 200), ("?limit=501", 422), ("?limit=0", 422)])
async def test_a_page_holds_one_to_five_hundred(query: str, status: int) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/orders")
    async def _(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[int]:
        return Page(items=[limit], next_cursor=cursor)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        response = await client.get(f"/orders{query}")

    assert response.status_code == status
    if not query:
        assert response.json() == {"items": [50], "next_cursor": None}
