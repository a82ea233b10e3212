"""How long it takes after a fault until everybody has caught up with what had happened by then."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import asyncpg

from campaign.invariants.subscriptions import subscriptions
from campaign.stand import Stand
from contracts.errors import Unavailable
from kit.database import FAULTS

T = TypeVar("T")
GLANCE = 0.1
"""Seconds between two looks: what is measured is no finer."""


class NotRecovered(Unavailable):
    """After a fault is healed, all that had happened reaches everybody within the limit."""


async def recovered(stand: Stand, limit: float) -> float:
    """Seconds from now until every member is ready and every consumer has applied as many events of each topic as
    were committed by now. Raises NotRecovered, and NotReady when a member dies again and again.

    Positions are gapless per aggregate, so their sum is the number of events; parked ones count as dealt with.
    """
    begun = time.monotonic()
    try:
        async with asyncio.timeout(limit):
            wanted = {name: await _patiently(lambda name=name: _committed(stand, name)) for name in stand.services}
            await stand.ready(None, limit)
            for consumer in stand.services:
                await _caught_up(stand, consumer, wanted)
    except TimeoutError as late:
        raise NotRecovered(f"not everybody had caught up after {limit:.0f} s") from late
    return round(time.monotonic() - begun, 2)


async def _caught_up(stand: Stand, consumer: str, wanted: dict[str, int]) -> None:
    heard = [teller for teller, readers in subscriptions().readers.items() if consumer in readers and teller in wanted]
    while True:
        applied = await _patiently(lambda: _applied(stand, consumer))
        if all(applied.get(f"{teller}.events", 0) >= wanted[teller] for teller in heard):
            return
        await asyncio.sleep(GLANCE)


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask a database until it answers."""
    while True:
        with suppress(*FAULTS):
            return await ask()
        await asyncio.sleep(GLANCE)


async def _committed(stand: Stand, service: str) -> int:
    return int((await _rows(stand, service, "SELECT coalesce(sum(last), 0)::bigint AS count FROM stream"))[0]["count"])


async def _applied(stand: Stand, consumer: str) -> dict[str, int]:
    return {row["topic"]: int(row["count"]) for row in await _rows(stand, consumer, _APPLIED)}


async def _rows(stand: Stand, service: str, sql: str) -> list[asyncpg.Record]:
    async with stand.sql(service, seconds=5) as connection:
        return await connection.fetch(sql)


_APPLIED = """
SELECT topic, sum(count)::bigint AS count FROM (
  SELECT topic, sum(last) AS count FROM applied GROUP BY topic
  UNION ALL SELECT topic, count(*) FROM parked_message GROUP BY topic
) t GROUP BY topic
"""
