"""One aggregate, one row: load it locked, save it with its version. What each row means is the service's.

Within a batch of events, or a command, rows are read ahead and written behind: see `kit.held`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Insert, Table, Update, Uuid, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import RowMapping
from sqlalchemy.sql import ClauseElement

from contracts.errors import NotFound, VersionMismatch
from kit.context import note_written
from kit.database import Document, StaleWrite, Transaction
from kit.held import Row, can_be_held
from kit.statements import dialect


class Rows:
    """The rows of a table that has a `version` column; `key` identifies one, `noun` names it in errors."""

    def __init__(self, tx: Transaction, table: Table, key: Column[Any], noun: str) -> None:  # Any: UUID or its NewTypes
        self.tx = tx
        self.table = table
        self.key = key
        self.noun = noun

    async def load(self, id: UUID, expected_version: int | None = None) -> RowMapping:
        """Read and lock one row until the transaction ends. Raises NotFound, VersionMismatch."""
        row = await self.find(id)
        if row is None:
            raise NotFound(f"there is no {self.noun} {id}")
        must_be_at(self.noun, row["version"], expected_version)
        return row

    async def find(self, id: UUID) -> RowMapping | None:
        """Read and lock one row, if there is one."""
        found = (await rows_of(self.tx, self.table, [id], "FOR UPDATE")).get(id)
        return None if found is None else _read(self.table, found)

    async def read_ahead(self, ids: Collection[UUID]) -> None:
        """Read and lock these rows in one statement, for those who load one of them in this batch."""
        if self.tx.held is not None:
            _ = await rows_of(self.tx, self.table, ids, "FOR UPDATE")

    async def add(self, id: UUID, values: Mapping[str, Any]) -> int:  # Any: column values
        """Insert a row at version 1; returns the version."""
        computed, plain = _parted(values)
        if self.tx.held is not None and not computed and can_be_held(self.table):
            await self.tx.held.settle(id)
            self.tx.held.add(self.table, id, {"version": 1, **_written(self.table, plain)})
        else:
            await self._insert(id, plain, computed)
        note_written(id, 1)
        return 1

    async def save(self, id: UUID, version: int, values: Mapping[str, Any]) -> int:  # Any: column values
        """Update a row that is still at `version`; returns the new one. Raises StaleWrite."""
        computed, plain = _parted(values)
        if self.tx.held is not None and not computed and can_be_held(self.table):
            await self.tx.held.settle(id)
            written = {"version": version + 1, **_written(self.table, plain)}
            self.tx.held.save(self.table, id, version, written)
        else:
            await self._update(id, version, plain, computed)
        note_written(id, version + 1)
        return version + 1

    async def put(self, id: UUID, version: int, values: Mapping[str, Any]) -> int:  # Any: column values
        """`add` at version 0, else `save`."""
        return await (self.save(id, version, values) if version else self.add(id, values))

    async def _insert(self, id: UUID, plain: Mapping[str, Any], computed: Mapping[str, Any]) -> None:  # Any: as above
        statement = _insert(self.table)
        if computed:
            names = (self.key.name, "version", *plain)
            statement = statement.values({**{name: bindparam(name) for name in names}, **computed})
        _ = await self.tx.execute(statement, {self.key.name: id, "version": 1, **plain})

    async def _update(
        self, id: UUID, version: int, plain: Mapping[str, Any], computed: Mapping[str, Any]
    ) -> None:  # Any: as above
        statement = _update(self.table, self.key, frozenset(plain))
        if computed:
            statement = statement.values(computed)
        done = await self.tx.execute(statement, {_ID: id, _WAS: version, "version": version + 1, **plain})
        if done.rowcount != 1:
            raise StaleWrite(f"{self.noun} {id} is no longer at version {version}")


async def rows_of(tx: Transaction, table: Table, ids: Collection[UUID], lock: str = "") -> dict[UUID, Row]:
    """These rows, by id, as the driver reads them; what the batch has read before is not read again.

    `lock` is how they are locked until the transaction ends: the same for all who read this table here.
    """
    held = tx.held
    if held is None:
        return _by_id(await tx.driver.fetch(_reading(table, lock), list(ids)))
    if missing := held.unknown(table, ids):
        if held.is_due(table, missing):
            await held.flush()
        found = _by_id(await tx.driver.fetch(_reading(table, lock), missing))
        held.known[table].update({id: found.get(id) for id in missing})
    known = held.known[table]
    return {id: row for id in ids if (row := known[id]) is not None}


def must_be_at(noun: str, version: int, expected_version: int | None) -> None:
    """Whether the caller saw what is there now. Raises VersionMismatch."""
    if expected_version not in (None, version):
        raise VersionMismatch(
            f"the {noun} is at version {version}, you saw {expected_version}: read it again, then decide"
        )


def _parted(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:  # Any: column values
    """What the database computes, and what is given as it is."""
    computed = {name: value for name, value in values.items() if isinstance(value, ClauseElement)}
    return computed, {name: value for name, value in values.items() if name not in computed}


def _by_id(rows: Sequence[Any]) -> dict[UUID, Row]:  # Any: the driver's records
    return {row[0]: dict(row) for row in rows}


def _read(table: Table, found: Row) -> RowMapping:
    """A row with its documents as what they are."""
    row = dict(found)
    for name, document in _documents(table):
        row[name] = document.process_result_value(row[name], dialect)
    return cast("RowMapping", row)  # only ever read by name


def _written(table: Table, values: Mapping[str, Any]) -> Row:  # Any: column values
    """Values as the driver takes them."""
    row, processors = dict(values), _processors(table)
    for name in processors.keys() & row.keys():
        row[name] = processors[name](row[name])
    return row


# A statement is built once and takes its values as parameters: building one anew costs more than running it.
_ID, _WAS = "id_of_row", "version_that_was"


@cache
def _reading(table: Table, lock: str) -> str:
    """The text for the driver, with the key as first column; many rows are locked in the order of their ids."""
    key = table.primary_key.columns[0]
    wanted = select(key, *(column for column in table.c if column is not key))
    wanted = wanted.where(key == any_(bindparam("ids", type_=ARRAY(Uuid)))).order_by(key)
    return f"{wanted.compile(dialect=dialect)} {lock}"


@cache
def _documents(table: Table) -> list[tuple[str, Document]]:
    """The columns that the driver leaves as JSON."""
    return [(column.name, column.type) for column in table.c if isinstance(column.type, Document)]


@cache
def _processors(table: Table) -> dict[str, Callable[[Any], Any]]:  # Any: column values
    """What SQLAlchemy does to values of a column before the driver gets them, for the columns where it does."""
    found = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c}
    return {name: processor for name, processor in found.items() if processor is not None}


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _update(table: Table, key: Column[Any], columns: frozenset[str]) -> Update:  # Any: as above
    statement = update(table).where(key == bindparam(_ID), table.c.version == bindparam(_WAS))
    return statement.values({name: bindparam(name) for name in ("version", *sorted(columns))})
