"""Paging by cursor: a page ends at a key, the next one begins behind it, whatever was added meanwhile."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, ColumnElement, Row, Select, literal, tuple_

from contracts.text import fault_in
from kit.database import Transaction
from kit.errors import CursorBroken

T = TypeVar("T")

DEFAULT_LIMIT = 50
MOST = 500

Limit = Annotated[int, Query(ge=1, le=MOST, description="how many items a page holds at most")]
"""A route's parameter: `limit: Limit = DEFAULT_LIMIT`."""

Cursor = Annotated[str | None, Query(max_length=500, description="next_cursor of the page before; left out at first")]
"""A route's parameter: `cursor: Cursor = None`."""


class Page(BaseModel, Generic[T]):
    """Some of the items, and where to go on."""

    items: list[T]
    next_cursor: str | None = Field(
        default=None, description="send it as cursor to get the next page; absent on the last"
    )


async def paged(
    tx: Transaction,
    select: Select[Any],
    *,
    key: ColumnElement[Any] | Sequence[ColumnElement[Any]],
    row: Callable[[Row[Any]], T],
    cursor: str | None = None,
    limit: int = DEFAULT_LIMIT,
    descending: bool = False,
) -> Page[T]:
    """One page of `select`, ordered by `key`: columns that are selected, never null, and unique together.

    The select brings its own WHERE and no ORDER BY. UUIDv7 keys order by the time they were made.
    """
    columns = (key,) if isinstance(key, ColumnElement) else tuple(key)
    if cursor is not None:
        values = _values(cursor, columns)
        behind = tuple_(*(literal(value, column.type) for value, column in zip(values, columns, strict=True)))
        select = select.where(tuple_(*columns) < behind if descending else tuple_(*columns) > behind)
    ordered = select.order_by(*(column.desc() if descending else column.asc() for column in columns))
    found = (await tx.execute(ordered.limit(limit + 1))).all()
    shown = found[:limit]
    more = len(found) > limit
    return Page(items=[row(each) for each in shown], next_cursor=_cursor_at(shown[-1], columns) if more else None)


def _cursor_at(last: Row[Any], columns: Sequence[ColumnElement[Any]]) -> str:
    values = [last._mapping[column] for column in columns]  # pyright: ignore[reportPrivateUsage]  (public API)
    texts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return urlsafe_b64encode(json.dumps(texts, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _values(cursor: str, columns: Sequence[ColumnElement[Any]]) -> list[object]:
    try:
        texts = json.loads(urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        return [_READ[column.type.python_type](text, column) for column, text in zip(columns, texts, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise CursorBroken("send next_cursor of the page before as it was, or no cursor to begin again") from error


def _number(text: str, column: ColumnElement[Any]) -> int:
    number, bits = int(text), 63 if isinstance(column.type, BigInteger) else 31
    if not -(2**bits) <= number < 2**bits:
        raise ValueError("more than the column holds")
    return number


def _text(text: str, _: ColumnElement[Any]) -> str:
    if (fault := fault_in(text)) is not None:
        raise ValueError(fault)
    return text


_READ: dict[type, Callable[[str, ColumnElement[Any]], object]] = {
    UUID: lambda text, _: UUID(text),
    int: _number,
    str: _text,
    datetime: lambda text, _: datetime.fromisoformat(text).astimezone(UTC),
}
"""How a column's value is read from a cursor. Raises the errors that `_values` knows."""
