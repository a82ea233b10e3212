"""What a statement has to read, by the plan that a service's connection makes of it once and keeps."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from kit.database import Database


@asynccontextmanager
async def planned(database: Database, statement: str, *values: object) -> AsyncGenerator[Callable[[], Awaitable[int]]]:
    """Plan a statement now, by what is stored now.

    What is yielded runs it by this plan, and tells how many blocks of tables and indexes it touched, in memory or not.
    """
    connection = await database.connect()

    async def blocks_read() -> int:
        [told] = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {asked}")
        plan = json.loads(told[0])[0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    try:
        parameters = (await connection.prepare(statement)).get_parameters()
        types, given = ", ".join(each.name for each in parameters), ", ".join(map(_literal, values))
        await connection.execute(f"PREPARE asked ({types}) AS {statement}")
        asked = f"EXECUTE asked ({given})"
        await connection.execute(asked)
        yield blocks_read
    finally:
        await connection.close()


def _literal(value: object) -> str:
    text = "{" + ",".join(map(str, value)) + "}" if isinstance(value, list) else str(value)
    return "'" + text.replace("'", "''") + "'"
