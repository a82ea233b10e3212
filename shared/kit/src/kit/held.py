"""What a batch of events reads ahead and writes behind, so that a reaction written for one event costs little in many.

While a batch or a command is under way its transaction holds the rows that were read, and the rows that are to be
written: all of one table go out in one statement, before anything else that could see them is run, and before the
commit at the latest. Reactions and commands know nothing of it; a timer holds nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Table

from contracts.errors import Refused
from kit.bulk import Due as DueWrites
from kit.bulk import Write, refusing
from kit.database import StaleWrite, Transaction
from kit.later import Later, Waiting
from kit.statements import dialect

Row = dict[str, Any]  # Any: column values, as the driver gives and takes them: a document is its JSON
Columns = tuple[bool, tuple[str, ...]]
"""Whether rows are new, and which of their columns are written."""


@dataclass
class Due:
    """A row that is to be written: new, or changed since it was read at version `was`."""

    was: int | None
    values: Row


class Held:
    """What one transaction holds. `known` is what was read: None where there is no such row."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.known: defaultdict[Table, dict[UUID, Row | None]] = defaultdict(dict)
        self.due: dict[Table, dict[UUID, Due]] = {}
        self.objects: dict[tuple[str, UUID], Any] = {}  # Any: a kind has one type; see `kit.kept`
        self.drawn: dict[tuple[object, ...], int] = {}
        """How far counters came that this transaction has locked."""
        self._waiting = Waiting()
        self._taken: dict[str, Refused] = {}

    async def before(self, sql: str | None) -> None:
        """Called before a statement that does not come from here: it has to see what was written.

        What is not a plain question may change rows: what is known of them is forgotten.
        """
        await self.flush()
        if sql is None or not sql.lstrip().startswith("SELECT"):
            self.known.clear()
            self.objects.clear()

    def unknown(self, table: Table, ids: Collection[UUID]) -> list[UUID]:
        """Those of the ids that have to be asked for, in the order in which everybody locks them."""
        known = self.known[table]
        return sorted(id for id in set(ids) if id not in known)

    def is_due(self, table: Table, ids: Collection[UUID]) -> bool:
        """Whether a row of these is only held, so that it has to be written before it is read."""
        due = self.due.get(table)
        return self._waiting.is_any or (due is not None and any(id in due for id in ids))

    async def settle(self, id: UUID) -> None:
        """A row of this id is about to be written: what waits for it in a statement of `kit.later` goes first."""
        if self._waiting.knows((id,)):
            await self.flush()

    def add(self, table: Table, id: UUID, values: Row) -> None:
        """A new row; it is known when nothing is left to the database's defaults."""
        self.due.setdefault(table, {})[id] = Due(None, values)
        _ = self.known[table].pop(id, None)
        row = {_key(table).name: id, **values}
        if len(row) == len(table.c):
            self.known[table][id] = row

    def save(self, table: Table, id: UUID, was: int, values: Row) -> None:
        """Raises StaleWrite when the row is known to be at another version."""
        row = self.known[table].get(id)
        if row is not None and row["version"] != was:
            raise StaleWrite(f"{table.name} {id} is no longer at version {was}")
        due = self.due.setdefault(table, {})
        before = due.get(id)
        due[id] = Due(was, values) if before is None else Due(before.was, {**before.values, **values})
        if row is not None:
            self.known[table][id] = {**row, **values}

    async def write(self, writes: Iterable[Write], taken: Mapping[str, Refused]) -> list[Write]:
        """Hold rows of statements that may wait; the others are returned, to be run now."""
        now: list[Write] = []
        for statement, rows in writes:
            if not isinstance(statement, Later):
                now.append((statement, rows))
            elif rows:
                if self._clashes(statement, list(rows)):
                    await self.flush()
                self._waiting.add(statement, list(rows))
                self._forget(rows)
        self._taken.update(taken)
        return now

    def _forget(self, rows: Iterable[tuple[object, ...]]) -> None:
        """These are written past what is known of them: who loads one reads it again."""
        ids = {row[0] for row in rows}
        for known in self.known.values():
            for id in known.keys() & ids:
                del known[id]

    def _clashes(self, statement: Later, rows: list[tuple[object, ...]]) -> bool:
        if self._waiting.clashes(statement, rows):
            return True
        return any(row[0] in due for due in self.due.values() for row in rows)

    async def flush(self) -> None:
        """Write all that is due, in one statement. Raises StaleWrite, and refusals for keys that are in use."""
        due = self.take()
        if due.statements:
            with self.refusing():
                await due.run(self.tx)

    def drop(self) -> None:
        """Forget all of it: what was read since may have been undone, and what was not yet written has to be."""
        self.due, self._waiting = {}, Waiting()
        self.known.clear()
        self.objects.clear()
        self.drawn.clear()

    def refusing(self) -> AbstractContextManager[None]:
        """What the writes of this transaction mean when a key is in use."""
        return refusing(self._taken)

    def take(self) -> DueWrites:
        """All that is due; who takes it writes it before anything else is read."""
        taken, due, self.due = DueWrites(), self.due, {}
        for table, rows in due.items():
            for columns, these in _alike(rows).items():
                _take(taken, table, columns, these)
        for statement, lines in self._waiting.take():
            taken.add_rows(statement, lines)
        return taken


def _take(taken: DueWrites, table: Table, columns: Columns, rows: Mapping[UUID, Due]) -> None:
    is_new, names = columns
    sql = _inserting(table, names) if is_new else _updating(table, names)
    values = [[due.values[name] for due in rows.values()] for name in names]
    first = [list(rows)] if is_new else [list(rows), [due.was for due in rows.values()]]
    taken.add(sql, [*first, *values], len(rows))


def _alike(rows: Mapping[UUID, Due]) -> dict[Columns, dict[UUID, Due]]:
    """The rows by which of their columns are written."""
    found: dict[Columns, dict[UUID, Due]] = {}
    for id, due in rows.items():
        found.setdefault((due.was is None, tuple(due.values)), {})[id] = due
    return found


@asynccontextmanager
async def holding(tx: Transaction) -> AsyncGenerator[Held]:
    """Hold what is read and written inside; at the end all is written. After a failure nothing is: it is undone."""
    tx.held = held = Held(tx)
    try:
        yield held
        await held.flush()
    finally:
        tx.held = None


@cache
def can_be_held(table: Table) -> bool:
    """A list in a column has no place in an array of columns: such a row is written at once."""
    return not any(isinstance(column.type, ARRAY) for column in table.c)


@cache
def _inserting(table: Table, names: tuple[str, ...]) -> str:
    columns = [_key(table), *(table.c[name] for name in names)]
    listed = ", ".join(_quoted(column.name) for column in columns)
    return f"INSERT INTO {_quoted(table.name)} ({listed}) SELECT * FROM unnest({_arrays(columns)})"


@cache
def _updating(table: Table, names: tuple[str, ...]) -> str:
    key, version = _key(table), table.c["version"]
    to = ", ".join(f"{_quoted(name)} = n.{_quoted(name)}" for name in names)
    given = ", ".join(("id_of_row", "version_that_was", *map(_quoted, names)))
    arrays = _arrays([key, version, *(table.c[name] for name in names)])
    return (
        f"UPDATE {_quoted(table.name)} AS t SET {to} FROM unnest({arrays}) AS n({given})"
        f" WHERE t.{_quoted(key.name)} = n.id_of_row AND t.version = n.version_that_was"
        f" AND t.{_quoted(key.name)} = ANY($1)"  # for the join alone the planner would read the whole of a large table
    )


def _key(table: Table) -> Column[Any]:  # Any: UUID or its NewTypes
    return table.primary_key.columns[0]


def _arrays(columns: Collection[Column[Any]]) -> str:  # Any: columns of any type
    types = (column.type.compile(dialect=dialect) for column in columns)
    return ", ".join(f"${place}::{type}[]" for place, type in enumerate(types, start=1))


def _quoted(name: str) -> str:
    return dialect.identifier_preparer.quote(name)
