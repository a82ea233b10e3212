"""What the load sees happen: the outboxes of the services, read as they grow.

Not Kafka: Kafka is what the campaign breaks. An event is a fact once it is committed in the outbox of its service, and
there it is found also while the broker is down, slow or wiped. What other services make of it takes its way through
the broker under test all the same. Windows between two snapshots miss nothing, whatever order transactions commit in.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import asyncpg

from campaign.load.hearing import Hearing
from contracts import SERVICES
from kit.database import FAULTS
from kit.envelope import headers_of
from orderloop.driving.events import Seen

LOOK_EVERY_SECONDS = 0.1
PAUSE_SECONDS = 0.5
NAME = "campaign-load"
"""The connections' application_name, so that who counts connections can leave them out."""

AGAIN = 5000
"""So many of the last rows are read again on a new connection: a crash may have taken back transaction ids."""

_NOW = "SELECT pg_current_snapshot()::text AS now, coalesce(max(id), 0) AS last FROM outbox"
_NEW = """
SELECT s.now, o.* FROM (SELECT pg_current_snapshot()::text AS now) s LEFT JOIN (
  SELECT * FROM outbox
   WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
) o ON true ORDER BY o.id
"""

_AGAIN = """
SELECT s.now, o.* FROM (SELECT pg_current_snapshot()::text AS now) s LEFT JOIN outbox o ON o.id > $1 ORDER BY o.id
"""


@asynccontextmanager
async def seeing(database: Callable[[str], str], services: Iterable[str] = SERVICES) -> AsyncGenerator[Hearing]:
    """Hear of everything that the services commit from now on; `database` gives the address of a service's own."""
    hearing = Hearing()
    eyes = [_Eye(database, service, hearing) for service in services]
    looking: list[asyncio.Task[None]] = []
    try:
        await asyncio.gather(*(eye.open() for eye in eyes))
        looking = [asyncio.create_task(eye.look()) for eye in eyes]
        yield hearing
    finally:
        for each in looking:
            each.cancel()
        ended = await asyncio.gather(*looking, return_exceptions=True)
        for eye in eyes:
            eye.close()
        for each in ended:
            if isinstance(each, Exception):  # an eye that was shut by a bug explains everything that hangs
                raise each


class _Eye:
    """On the outbox of one service."""

    def __init__(self, database: Callable[[str], str], service: str, hearing: Hearing) -> None:
        self._database = database
        self._service = service
        self._hearing = hearing
        self._connection: asyncpg.Connection | None = None
        self._seen = ""
        self._begun = self._last = 0

    async def open(self) -> None:
        """From here on."""
        [row] = await (await self._connect()).fetch(_NOW)
        self._seen, self._begun, self._last = row["now"], row["last"], row["last"]

    async def look(self) -> None:
        """Until cancelled; a database that is away is asked again until it is back."""
        while True:
            try:
                await self._look_once()
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            except FAULTS:
                self.close()
                await asyncio.sleep(PAUSE_SECONDS)

    async def _look_once(self) -> None:
        rows = await self._new_rows()
        self._seen = rows[0]["now"]
        for row in rows:
            if row["id"] is not None:
                self._last = max(self._last, row["id"])
                headers = {name: value.decode() for name, value in headers_of(row, self._service)}
                self._hearing.take(Seen(headers, row["value"]))

    async def _new_rows(self) -> list[asyncpg.Record]:
        if self._connection is not None:
            return await self._connection.fetch(_NEW, self._seen)
        return await (await self._connect()).fetch(_AGAIN, max(self._begun, self._last - AGAIN))

    async def _connect(self) -> asyncpg.Connection:
        address = self._database(self._service)
        connection = await asyncpg.connect(address, timeout=5, command_timeout=5, server_settings=_SETTINGS)
        self._connection = connection
        return connection

    def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):  # it is thrown away, whatever state it is in
                self._connection.terminate()
        self._connection = None


# The planner cannot estimate a range of transaction ids: without this it may read the whole outbox.
_SETTINGS = {"application_name": NAME, "jit": "off", "plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
