"""What the databases count: commands, events in and out, commits and rows by service, WAL of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from orderloop.platform.plan import SERVICES, Plan

PUBLISHED = 10.5
"""Seconds after which an idle backend of PostgreSQL has told what it counted, at the latest."""


@dataclass(frozen=True)
class Counts:
    """Of one service so far: commands answered, events told and events whose effect is committed; commits, rows."""

    commands: int
    told: int
    taken: int
    commits: int
    rows_written: int

    def __sub__(self, other: Counts) -> Counts:
        return Counts(
            self.commands - other.commands,
            self.told - other.told,
            self.taken - other.taken,
            self.commits - other.commits,
            self.rows_written - other.rows_written,
        )


def at(postgres: str, database: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(postgres)._replace(path=f"/{database}"))


async def counts(plan: Plan) -> dict[str, Counts]:
    found = await asyncio.gather(*(_counts(at(plan.postgres, service)) for service in SERVICES))
    return dict(zip(SERVICES, found, strict=True))


async def wal_place(postgres: str) -> int:
    """Bytes of WAL written so far, by everybody."""
    connection = await asyncpg.connect(postgres)
    try:
        return int(await connection.fetchval("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"))
    finally:
        await connection.close()


def between(before: Mapping[str, Counts], after: Mapping[str, Counts]) -> dict[str, Counts]:
    return {service: after[service] - before[service] for service in after}


async def _counts(address: str) -> Counts:
    connection = await asyncpg.connect(address)
    try:
        return Counts(*await connection.fetchrow(_COUNTS))
    finally:
        await connection.close()


_COUNTS = """
SELECT (SELECT count(*) FROM idempotency), (SELECT count(*) FROM outbox), (SELECT count(*) FROM inbox),
       xact_commit, tup_inserted + tup_updated + tup_deleted
  FROM pg_stat_database WHERE datname = current_database()
"""
