"""One aggregate, one row: load it locked, save it with its version. What each row means is the service's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Column, Insert, Table, Update, bindparam, insert, select, update
from sqlalchemy.engine import Dialect, RowMapping
from sqlalchemy.sql import ClauseElement

from contracts.errors import NotFound, VersionMismatch
from kit.context import note_written
from kit.database import Document, StaleWrite, Transaction, driver


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
        sql, documents = _finding(self.table, self.key, self.tx.dialect)
        found = await (await driver(self.tx)).fetchrow(sql, id)
        if found is None:
            return None
        row = dict(found)
        for name, document in documents:
            row[name] = document.process_result_value(row[name], self.tx.dialect)
        return cast("RowMapping", row)  # only ever read by name

    async def add(self, id: UUID, values: Mapping[str, Any]) -> int:  # Any: column values
        """Insert a row at version 1; returns the version."""
        computed, plain = _parted(values)
        statement = _insert(self.table)
        if computed:
            statement = statement.values(
                {**{name: bindparam(name) for name in (self.key.name, "version", *plain)}, **computed}
            )
        _ = await self.tx.execute(statement, {self.key.name: id, "version": 1, **plain})
        note_written(id, 1)
        return 1

    async def save(self, id: UUID, version: int, values: Mapping[str, Any]) -> int:  # Any: column values
        """Update a row that is still at `version`; returns the new one. Raises StaleWrite."""
        computed, plain = _parted(values)
        statement = _update(self.table, self.key, frozenset(plain))
        if computed:
            statement = statement.values(computed)
        done = await self.tx.execute(statement, {_ID: id, _WAS: version, "version": version + 1, **plain})
        if done.rowcount != 1:
            raise StaleWrite(f"{self.noun} {id} is no longer at version {version}")
        note_written(id, version + 1)
        return version + 1

    async def put(self, id: UUID, version: int, values: Mapping[str, Any]) -> int:  # Any: column values
        """`add` at version 0, else `save`."""
        return await (self.save(id, version, values) if version else self.add(id, values))


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


# A statement is built once and takes its values as parameters: building one anew costs more than running it.
_ID, _WAS = "id_of_row", "version_that_was"


@cache
def _finding(
    table: Table, key: Column[Any], dialect: Dialect
) -> tuple[str, list[tuple[str, Document]]]:  # Any: as above
    """The text for the driver, which takes half of SQLAlchemy's time, and the columns it leaves as JSON."""
    statement = select(table).where(key == bindparam(_ID)).with_for_update()
    documents = [(column.name, column.type) for column in table.c if isinstance(column.type, Document)]
    return str(statement.compile(dialect=dialect)), documents


@cache
def _insert(table: Table) -> Insert:
    return insert(table)


@cache
def _update(table: Table, key: Column[Any], columns: frozenset[str]) -> Update:  # Any: as above
    statement = update(table).where(key == bindparam(_ID), table.c.version == bindparam(_WAS))
    return statement.values({name: bindparam(name) for name in ("version", *sorted(columns))})
