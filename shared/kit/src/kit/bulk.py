"""Many rows in one statement, as arrays, one a column; and many such statements in one round trip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import asyncpg
from asyncpg import Record
from sqlalchemy.engine import RowMapping

from contracts.errors import Refused
from kit.database import StaleWrite, Transaction, constraint_of, driver

Row = RowMapping | Record | Mapping[str, Any]  # Any: column values
"""What is read of a row, with its documents."""

Write = tuple[str, Sequence[tuple[object, ...]]]
"""A statement that unnests its parameters `$1`, `$2` …, one a column, and the rows for it."""


async def write_rows(tx: Transaction, *writes: Write, taken: Mapping[str, Refused] | None = None) -> None:
    """Run each statement for all of its rows at once, and all statements together; no two write the same row.

    Raises StaleWrite when one of them does not reach every one of its rows, and what `taken` says for a key in use.
    """
    due = [(statement, rows) for statement, rows in writes if rows]
    if not due:
        return
    columns = (list(column) for _, rows in due for column in zip(*rows, strict=True))
    together = _together(tuple(statement for statement, _ in due))
    try:
        [reached] = await (await driver(tx)).fetch(together, *columns)
    except asyncpg.UniqueViolationError as error:
        if (refusal := (taken or {}).get(constraint_of(error))) is None:
            raise
        raise refusal from error
    for (_, rows), number in zip(due, reached, strict=True):
        if number != len(rows):
            raise StaleWrite(f"{len(rows) - number} of {len(rows)} rows are no longer as they were read")


async def read_rows(tx: Transaction, statement: str, *parameters: object) -> list[Record]:
    """Read past SQLAlchemy, which would double what it costs."""
    return await (await driver(tx)).fetch(statement, *parameters)


@cache
def _together(statements: tuple[str, ...]) -> str:
    """One statement out of several, with the parameters numbered through; it answers how many rows each reached."""
    parts, taken = list[str](), 0
    for place, statement in enumerate(statements):
        numbers = [int(number) for number in re.findall(r"\$(\d+)", statement)]
        own = re.sub(r"\$(\d+)", lambda found, before=taken: f"${int(found[1]) + before}", statement)
        parts.append(f"w{place} AS ({own} RETURNING 1)")
        taken += max(numbers)
    counts = ", ".join(f"(SELECT count(*) FROM w{place})" for place in range(len(statements)))
    return f"WITH {', '.join(parts)} SELECT {counts}"
