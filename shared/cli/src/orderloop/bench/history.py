"""Years of business in a minute: what is stored is copied many times, by SQL, inside each service's database.

Every row of every table gets so many twins, with ids of their own: an id that stands in several tables becomes the same
other id in all of them, so that a copied order has its copied lines, invoices and events. Ids that the load goes on to
use (customers, items, the warehouse) are copied like all others; the copies are history that nobody asks for.

No table is known by name but those of `LEFT_OUT`, which hold what is under way rather than what happened. A number or
text that has to be unique gets the copy's number behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from orderloop.bench.counters import at
from orderloop.platform.plan import SERVICES, Plan

LEFT_OUT = frozenset(
    {"alembic_version", "relay_cursor", "consumer_offset", "replay", "timer", "parked_key", "parked_message"}
)


@dataclass(frozen=True)
class Column:
    """One column of a table; `unique` when it is part of a unique index without an id beside it."""

    name: str
    type: str
    identity: bool
    generated: bool
    unique: bool


async def multiply(plan: Plan, copies: range) -> dict[str, int]:
    """A copy of all that is there now for each of these numbers, none of which was used before here.

    Returns the rows of each database afterwards. Needs an administrator.
    """
    return {service: await _multiply(at(plan.postgres, service), copies) for service in SERVICES}


async def _multiply(address: str, copies: range) -> int:
    connection = await asyncpg.connect(address)
    try:
        for statement in _FUNCTIONS:
            await connection.execute(statement)
        # foreign keys are checked by triggers, which a replica does not run
        await connection.execute("SET session_replication_role = replica")
        for table in await _tables(connection):
            await connection.execute(insert(table, await _columns(connection, table), copies))
        await connection.execute("VACUUM ANALYZE")
        return int(await connection.fetchval(ROWS))
    finally:
        await connection.close()


async def _tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row["tablename"] for row in rows if row["tablename"] not in LEFT_OUT]


async def _columns(connection: asyncpg.Connection, table: str) -> list[Column]:
    return [Column(*row) for row in await connection.fetch(_COLUMNS, table)]


def insert(table: str, columns: Sequence[Column], copies: range) -> str:
    """All copies in one statement, in the order of the originals, an old copy before a new one."""
    kept = [each for each in columns if not each.identity and not each.generated]
    names = ", ".join(f'"{each.name}"' for each in kept)
    values = ", ".join(_value(each) for each in kept)
    made = f"generate_series({copies.start}, {copies.stop - 1}) AS copy"
    return f'INSERT INTO "{table}" ({names}) SELECT {values} FROM {made}, "{table}" AS t ON CONFLICT DO NOTHING'


def _value(column: Column) -> str:
    """The column's value in a copy. Documents and events keep the ids that they name: nobody looks them up by those."""
    name = f't."{column.name}"'
    if column.type == "uuid":
        return f"pg_temp.copy_of({name}, copy)"
    if column.type == "uuid[]":
        return f"pg_temp.copies_of({name}, copy)"
    if column.type == "xid8":
        return "'3'::xid8"  # long ago
    if column.unique and column.type in ("text", "character varying"):
        return f"{name} || '~' || copy"
    if column.unique and column.type == "date":
        return f"{name} - copy::int"
    return name


_FUNCTIONS = (
    # time stays in front, as in every UUIDv7, so that the indexes grow as they would have grown
    """
CREATE FUNCTION pg_temp.copy_of(id uuid, copy int) RETURNS uuid LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (left(id::text, 14) || '7' || substr(m, 1, 3) || '-a' || substr(m, 4, 3) || '-' || substr(m, 7, 12))::uuid
    FROM md5(copy::text || id::text) AS m
$$""",
    """
CREATE FUNCTION pg_temp.copies_of(ids uuid[], copy int) RETURNS uuid[] LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT coalesce(array_agg(pg_temp.copy_of(id, copy) ORDER BY place), '{}')
    FROM unnest(ids) WITH ORDINALITY AS i(id, place)
$$""",
)

ROWS = """
SELECT coalesce(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = 'public'
"""

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), a.attidentity <> '', a.attgenerated <> '',
       EXISTS (
         SELECT FROM pg_index i
          WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)
            AND NOT EXISTS (SELECT FROM pg_attribute u
                             WHERE u.attrelid = c.oid AND u.attnum = ANY (i.indkey) AND u.atttypid = 'uuid'::regtype))
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relname = $1 AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
"""
