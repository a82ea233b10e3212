"""One aggregate, one row: load it locked, save it with its version. What each row means is the service's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, insert, select, update
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound, VersionMismatch
from kit.context import written
from kit.database import StaleWrite, Transaction


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
        if expected_version is not None and row["version"] != expected_version:
            raise VersionMismatch(
                f"the {self.noun} is at version {row['version']}, you saw {expected_version}: "
                "read it again, then decide"
            )
        return row

    async def find(self, id: UUID) -> RowMapping | None:
        """Read and lock one row, if there is one."""
        found = await self.tx.execute(select(self.table).where(self.key == id).with_for_update())
        return found.mappings().first()

    async def add(self, id: UUID, values: Mapping[str, Any]) -> int:  # Any: column values
        """Insert a row at version 1; returns the version."""
        _ = await self.tx.execute(insert(self.table).values({self.key: id, "version": 1, **values}))
        self._wrote(id, 1)
        return 1

    async def save(self, id: UUID, version: int, values: Mapping[str, Any]) -> int:  # Any: column values
        """Update a row that is still at `version`; returns the new one. Raises StaleWrite."""
        table = self.table
        statement = update(table).where(self.key == id, table.c.version == version)
        done = await self.tx.execute(statement.values({"version": version + 1, **values}))
        if done.rowcount != 1:
            raise StaleWrite(f"{self.noun} {id} is no longer at version {version}")
        self._wrote(id, version + 1)
        return version + 1

    async def put(self, id: UUID, version: int, values: Mapping[str, Any]) -> int:  # Any: column values
        """`add` at version 0, else `save`."""
        return await (self.save(id, version, values) if version else self.add(id, values))

    def _wrote(self, id: UUID, version: int) -> None:
        versions = written.get()
        if versions is not None:
            versions[id] = version
