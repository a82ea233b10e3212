"""Which statements a service sends to its database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from unittest.mock import patch

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.prepared_stmt import PreparedStatement

from kit.database import Database, Transaction

ABOUT_TYPES = ("current_setting('jit')", "typeinfo_tree")
"""What the driver asks once on each connection."""


@asynccontextmanager
async def statements(database: Database) -> AsyncGenerator[list[str]]:
    """Every statement from now on. Those that go straight to the driver are told by it, a moment later."""
    seen = list[str]()
    prepare, connect = Transaction.prepare, Database.connect

    async def note(tx: Transaction, sql: str) -> PreparedStatement:  # Any: records of any shape
        seen.append(sql)
        return await prepare(tx, sql)

    async def watch(pool: Database) -> asyncpg.Connection:
        connection = await connect(pool)
        connection.add_query_logger(see)
        return connection

    def see(logged: LoggedQuery) -> None:
        if not any(each in logged.query for each in ABOUT_TYPES):
            seen.append(logged.query)

    await database.drop_idle()  # so that each connection is seen as it comes
    with patch.object(Transaction, "prepare", note), patch.object(Database, "connect", watch):
        yield seen
    await database.drop_idle()
