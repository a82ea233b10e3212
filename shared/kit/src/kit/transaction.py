"""What commands and reactions write through: the driver's connection, spoken to in SQLAlchemy's Core."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import ScalarResult

from kit.statements import Found, compiled, dialect, plain

if TYPE_CHECKING:
    from kit.held import Held

Values = Mapping[str, Any]  # Any: column values
Many = Sequence[Values]


class Transaction:
    """One connection, in a transaction or for reading; what is written is committed at the edge and nowhere else."""

    dialect: PGDialect_asyncpg = dialect

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.driver = connection
        self.opened = time.monotonic()
        """Since when this connection stands: as long as it does, the server has not been restarted."""
        self.held: Held | None = None
        """What a batch of events has read and not yet written; see `kit.held`. Who goes by `driver` does not see it."""
        self._prepared: dict[str, PreparedStatement] = {}  # Any: records of any shape

    async def execute(self, statement: Executable, values: Values | Many | None = None) -> Found:
        """Run one statement; with a list of values, once for each of them, and then nothing is found."""
        if isinstance(values, Sequence):
            return await self._many(statement, values)
        made, extracted = compiled(statement, values or ())
        sql, line = made.line(values or {}, extracted)
        prepared = await self.prepare(sql)
        return made.found(prepared, await prepared.fetch(*line))

    async def scalar(self, statement: Executable, values: Values | None = None) -> Any:  # Any: a column's value
        """The first column of the first row; None when there is none."""
        return (await self.execute(statement, values)).scalar()

    async def scalars(self, statement: Executable, values: Values | None = None) -> ScalarResult[Any]:  # Any: as above
        """The first column of every row."""
        return (await self.execute(statement, values)).scalars()

    async def exec_driver_sql(self, sql: str, values: Sequence[object] = ()) -> Found:
        """Run a statement in SQL, with parameters `$1`, `$2` …"""
        prepared = await self.prepare(sql)
        return plain(prepared, await prepared.fetch(*values))

    async def flush(self) -> None:
        """Write what is held, for who has to know whether that can be done."""
        if self.held is not None:
            await self.held.flush()

    @asynccontextmanager
    async def begin_nested(self) -> AsyncGenerator[None]:
        """What is written inside is kept, or, when it fails, undone without the rest."""
        await self.flush()
        _ = await self.driver.execute("SAVEPOINT nested")
        try:
            yield
            await self.flush()
        except Exception:
            if self.held is not None:
                self.held.drop()
            if not self.driver.is_closed():  # and released: one around it has the same name
                _ = await self.driver.execute("ROLLBACK TO SAVEPOINT nested; RELEASE SAVEPOINT nested")
            raise
        _ = await self.driver.execute("RELEASE SAVEPOINT nested")

    async def _many(self, statement: Executable, lines: Many) -> Found:
        made, extracted = compiled(statement, lines[0], many=len(lines) > 1)
        taken = [made.line(values, extracted) for values in lines]
        prepared = await self.prepare(taken[0][0])
        await prepared.executemany([line for _, line in taken])
        return plain(prepared, ())

    async def prepare(self, sql: str) -> PreparedStatement:  # Any: as above
        """The statement, made ready on this connection once."""
        if self.held is not None:
            await self.held.before(sql)
        prepared = self._prepared.get(sql)
        if prepared is None:
            prepared = self._prepared[sql] = await self.driver.prepare(sql)
            if len(self._prepared) > MOST_PREPARED:
                del self._prepared[next(iter(self._prepared))]
        return prepared


MOST_PREPARED = 500
"""Statements that a connection keeps ready; the oldest goes first."""


async def driver(tx: Transaction) -> asyncpg.Connection:
    """The driver's connection under a transaction, for statements in SQL that many rows or a hot path ask for."""
    if tx.held is not None:
        await tx.held.before(None)
    return tx.driver
