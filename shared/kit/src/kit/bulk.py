"""Many rows in one statement, as arrays, one a column; and many such statements in one round trip."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
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

Taken = Mapping[str, Refused]
"""What it means when a key is in use, by the name of its constraint."""


@dataclass(frozen=True)
class Due:
    """Statements that are to be run as one, each with its columns and how many rows it is to reach."""

    statements: list[str] = field(default_factory=list[str])
    columns: list[object] = field(default_factory=list[object])
    numbers: list[int] = field(default_factory=list[int])

    def add(self, statement: str, columns: Sequence[object], number: int) -> None:
        self.statements.append(statement)
        self.columns.extend(columns)
        self.numbers.append(number)

    def add_rows(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        self.add(statement, [list(column) for column in zip(*rows, strict=True)], len(rows))

    def sql(self, after: int = 0) -> tuple[str, str]:
        """The statements as parts of a WITH, parameters numbered from `after` + 1 on, and what counts their rows."""
        return _together(tuple(self.statements), after)

    def check(self, reached: Sequence[int]) -> None:
        """Raises StaleWrite when a statement did not reach every one of its rows."""
        for number, statement, due in zip(reached, self.statements, self.numbers, strict=True):
            if number != due:
                [table] = re.findall(r"^\s*(?:UPDATE|INSERT INTO) (\S+)", statement)
                raise StaleWrite(f"{due - number} of {due} rows of {table} are no longer as they were read")

    async def run(self, tx: Transaction) -> None:
        """Past all that is held."""
        parts, counts = self.sql()
        self.check(next(iter(await tx.driver.fetch(f"WITH {parts} SELECT {counts}", *self.columns))))


async def write_rows(tx: Transaction, *writes: Write, taken: Taken | None = None) -> None:
    """Run each statement for all of its rows at once, and all statements together; no two write the same row.

    Raises StaleWrite when one of them does not reach every one of its rows, and what `taken` says for a key in use.
    Where a transaction holds what it writes, statements that may wait do, and it is the flush that raises.
    """
    now = writes if tx.held is None else await tx.held.write(writes, taken or {})
    due = Due()
    for statement, rows in now:
        if rows:
            due.add_rows(statement, rows)
    if due.statements:
        _ = await driver(tx)
        with refusing(taken or {}):
            await due.run(tx)


@contextmanager
def refusing(taken: Taken) -> Generator[None]:
    """A key in use as the refusal that it means."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if (refusal := taken.get(constraint_of(error))) is None:
            raise
        raise refusal from error


async def read_rows(tx: Transaction, statement: str, *parameters: object) -> list[Record]:
    """Read past SQLAlchemy, which would double what it costs."""
    if tx.held is not None:
        await tx.held.before(statement)
    return await tx.driver.fetch(statement, *parameters)


@cache
def _together(statements: tuple[str, ...], after: int) -> tuple[str, str]:
    """The parts of one statement out of several, with the parameters numbered through, and its answer."""
    parts, taken = list[str](), after
    for place, statement in enumerate(statements):
        numbers = [int(number) for number in re.findall(r"\$(\d+)", statement)]
        own = re.sub(r"\$(\d+)", lambda found, before=taken: f"${int(found[1]) + before}", statement)
        parts.append(f"w{place} AS ({own} RETURNING 1)")
        taken += max(numbers)
    counts = ", ".join(f"(SELECT count(*) FROM w{place})" for place in range(len(statements)))
    return ", ".join(parts), counts
