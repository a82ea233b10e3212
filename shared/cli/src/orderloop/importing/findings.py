"""A look at the platform after an import: what became of the orders, and one order for every won opportunity."""

from __future__ import annotations

import asyncio
from collections import Counter

from orderloop.importing.work import Work

LOOKS = 30
PAUSE_SECONDS = 2.0

Seen = tuple[Counter[str], Counter[str]]


async def look_at(work: Work) -> list[str]:
    """Wait until what was started has come to rest, for a minute at most, and say what is there."""
    before = await _look(work)
    for _ in range(LOOKS):
        await asyncio.sleep(PAUSE_SECONDS)
        seen = await _look(work)
        if seen == before:
            break
        before = seen
    return _words(work, *before)


async def _look(work: Work) -> Seen:
    """The orders of this source by status, and how many orders each of its won opportunities has."""
    placed = {did["order_id"] for key in work.batch.orders if (did := work.journal.did("order", key))}
    won = {id for key in work.batch.opportunities if (id := _won(work, key))}
    states, orders = Counter[str](), Counter[str]()
    async for order in work.services.every("order", "/orders"):
        if order["order_id"] in placed or order["opportunity_id"] in won:
            states[order["status"]] += 1
        if order["opportunity_id"] in won:
            orders[order["opportunity_id"]] += 1
    return states, orders


def _won(work: Work, key: str) -> str | None:
    opened, won = work.journal.did("opportunity", key), work.journal.did("won", key)
    return opened["opportunity_id"] if opened and won is not None else None


def _words(work: Work, states: Counter[str], orders: Counter[str]) -> list[str]:
    words = [f"Orders of this source now: {', '.join(f'{n:,} {state}' for state, n in sorted(states.items()))}."]
    won = sum(_won(work, key) is not None for key in work.batch.opportunities)
    if won:
        once = sum(number == 1 for number in orders.values())
        words.append(f"Won opportunities: {won:,}; with exactly one order: {once:,}.")
        if once != won:
            words.append(f"[red]{won - once:,} won opportunities do not have exactly one order.")
    return words
