"""Telling the relay that something was committed, when it runs in another process: a NOTIFY that many commits share.

A NOTIFY inside the business transaction would take a lock that all commits of the cluster wait for.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import asyncpg

from kit.database import Database
from kit.relay import CHANNEL


class Notifier:
    """Sends at most one NOTIFY every five milliseconds; what is lost is made up for by the relay's poll."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._poked = asyncio.Event()

    def poke(self) -> None:
        self._poked.set()

    async def run(self) -> None:
        while True:
            _ = await self._poked.wait()
            self._poked.clear()
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                async with self.database.begin() as tx:
                    _ = await tx.exec_driver_sql(f"NOTIFY {CHANNEL}")
            await asyncio.sleep(0.005)
