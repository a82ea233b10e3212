"""Insight on a database of its own, without Kafka: it hears what it is given and compares when told to."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from contracts.event import Event
from insight.app import service
from insight.settings import Watching
from kit.inbox import Message
from kit.service import Running, create_app
from kit.settings import Settings
from testkit.databases import a_database

E = TypeVar("E", bound=Event)

BATCH = 500


class Watcher:
    """`seconds` and `cpu` count hearing only; comparing has its own."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.heard = 0
        self.compared = 0
        self.hearing = Spent()
        self.comparing = Spent()

    async def hears(self, messages: Sequence[Message]) -> None:
        """Takes them in as a worker would that has much to catch up with."""
        async with self._measured(self.hearing):
            for start in range(0, len(messages), BATCH):
                await self.running.consumer.apply(messages[start : start + BATCH])
        self.heard += len(messages)

    async def compares(self) -> None:
        """Whatever is due."""
        async with self._measured(self.comparing):
            while due := await self._count("subjects_due WHERE quiet_since <= now()"):
                self.compared += min(due, 500)
                await self.running.timers.fire(datetime.now(UTC) + timedelta(days=1))

    async def discrepancies(self) -> dict[str, int]:
        """How many were ever detected, by kind."""
        async with self.running.database.read() as tx:
            rows = await tx.exec_driver_sql(
                "SELECT kind, count(*) AS number FROM discrepancies GROUP BY kind ORDER BY kind"
            )
            return {row.kind: row.number for row in rows}

    async def told(self, kind: type[E]) -> list[E]:
        """What it has published of this type."""
        async with self.running.database.read() as tx:
            sql = "SELECT value FROM outbox WHERE type = $1 ORDER BY id"
            return [kind.model_validate_json(row[0]) for row in await tx.exec_driver_sql(sql, (kind.type_name(),))]

    async def parked(self) -> int:
        return await self._count("parked_key")

    async def megabytes(self) -> float:
        async with self.running.database.read() as tx:
            return (await tx.exec_driver_sql("SELECT pg_database_size(current_database())")).scalar_one() / 1e6

    async def _count(self, what: str) -> int:
        async with self.running.database.read() as tx:
            return (await tx.exec_driver_sql(f"SELECT count(*) FROM {what}")).scalar_one()

    @asynccontextmanager
    async def _measured(self, spent: Spent) -> AsyncGenerator[None]:
        """What those hold who make the events is none of the watcher's garbage to look through."""
        gc.freeze()
        begin = await self._spent()
        yield
        spent.add(begin, await self._spent())
        gc.unfreeze()

    async def _spent(self) -> Spent:
        return Spent(time.perf_counter(), time.process_time(), await self._postgres())

    async def _postgres(self) -> float:
        """Processor seconds of our connections' backends; 0 where /proc does not show them."""
        async with self.running.database.read() as tx:
            sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            pids = [row[0] for row in await tx.exec_driver_sql(sql)]
        return sum(map(processor_seconds, pids))


def processor_seconds(pid: int) -> float:
    """Of another process, where the system shows them."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Spent:
    """Seconds on the clock, of this process, and of PostgreSQL's."""

    def __init__(self, clock: float = 0, python: float = 0, postgres: float = 0) -> None:
        self.clock, self.python, self.postgres = clock, python, postgres

    def add(self, begin: Spent, end: Spent) -> None:
        self.clock += end.clock - begin.clock
        self.python += end.python - begin.python
        self.postgres += end.postgres - begin.postgres


@asynccontextmanager
async def a_watcher(postgres: str) -> AsyncGenerator[Watcher]:
    """On an empty database, which is dropped afterwards; nothing is waited for before it compares."""
    async with a_database("insight", postgres) as database:
        settings = Settings(database=database, kafka="nowhere:9", jwks="nowhere.json", pool_size=2)
        app = create_app(service(Watching(grace_seconds=0)), settings, start=False)
        async with app.router.lifespan_context(app):
            yield Watcher(app.state.running)
