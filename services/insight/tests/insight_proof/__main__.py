"""python -m insight_proof [--events 1000000] [--seed 1]: clean events on a real PostgreSQL, and no discrepancy.

The PostgreSQL is that of ORDERLOOP_POSTGRES. Ends with 1 when a discrepancy was invented or an event was parked.
"""

from __future__ import annotations

import argparse
import asyncio
import os

from .arrivals import Rounds
from .goods import Company, Dice
from .watcher import Spent, Watcher, a_watcher

AT_ONCE = 3000


def main() -> None:
    parser = argparse.ArgumentParser(prog="insight_proof", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    postgres = os.environ.get("ORDERLOOP_POSTGRES")
    if not postgres:
        raise SystemExit(
            "set ORDERLOOP_POSTGRES to the address of a PostgreSQL administrator; `make insight-proof` does"
        )
    raise SystemExit(asyncio.run(prove(postgres, asked.events, asked.seed)))


async def prove(postgres: str, events: int, seed: int) -> int:
    rounds = Rounds(Company.founded(Dice(seed)), AT_ONCE)
    async with a_watcher(postgres) as watcher:
        while watcher.heard < events:
            await watcher.hears(rounds.more())
            await watcher.compares()
            say(f"\r{watcher.heard:,} events")
        return await report(watcher, rounds, seed)


async def report(watcher: Watcher, rounds: Rounds, seed: int) -> int:
    found, parked = await watcher.discrepancies(), await watcher.parked()
    say(f"\r{watcher.heard:,} clean events of {rounds.orders:,} orders, seed {seed}\n")
    say(f"heard:    {per_second(watcher.hearing, watcher.heard, 'event')}\n")
    say(f"compared: {per_second(watcher.comparing, watcher.compared, 'subject')}\n")
    say(f"database: {await watcher.megabytes():,.0f} MB\n")
    say(f"parked:   {parked}\n")
    say(f"discrepancies: {sum(found.values())}{f' {found}' if found else ''}\n")
    return int(bool(found or parked))


def per_second(spent: Spent, count: int, what: str) -> str:
    python, postgres = (1e6 * seconds / max(count, 1) for seconds in (spent.python, spent.postgres))
    rate = f"{count:,} {what}s in {spent.clock:,.1f} s, {count / max(spent.clock, 1e-9):,.0f} a second"
    return f"{rate}; {python:.0f} µs of Python and {postgres:.0f} µs of PostgreSQL each"


def say(text: str) -> None:
    print(text, end="", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
