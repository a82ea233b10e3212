"""The second half of the benchmark, on a platform of its own: what commands and events cost, how fast the parts are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from orderloop.bench import copies, parts, platforms
from orderloop.bench.load import prepare
from orderloop.bench.split import split
from orderloop.driving.events import Seen
from orderloop.driving.shop import at_work
from orderloop.platform.plan import Plan

Result = dict[str, Any]  # Any: JSON

ROWS = 100_000
EVENTS = 60_000


def measure(folder: Path, say: Callable[[str], None], *, rate: float, seconds: float) -> Result:
    """Bring a platform up with api, worker and relay apart, measure, and remove it."""
    say("a platform of its own, each role of each service in its own process")
    with platforms.fresh(folder, roles="apart") as plan:
        found, events, known = asyncio.run(_by_work(plan, say, rate, seconds))
        platforms.command(plan.folder, "down")
        plan = _servers_only(plan)
        say(f"one relay alone, with {ROWS:,} events in its outbox; one worker alone, with {EVENTS:,} in the topics")
        return {**found, "parts": asyncio.run(_parts(plan, events, known, seconds))}


async def _by_work(
    plan: Plan, say: Callable[[str], None], rate: float, seconds: float
) -> tuple[Result, list[Seen], set[str]]:
    async with at_work(plan) as steps:
        load = await prepare(steps)
        known = copies.ids_of(steps.stream.seen)
        steps.stream.forget()
        found = await split(plan, load, say, rate=rate, seconds=seconds)
        await asyncio.sleep(1)
        return {"split": found}, list(steps.stream.seen), known


async def _parts(plan: Plan, events: list[Seen], known: set[str], seconds: float) -> Result:
    workers = await parts.workers(plan, events, known, EVENTS, seconds)
    return {"workers": workers, "relay": await parts.relay(plan, events, ROWS)}


def _servers_only(plan: Plan) -> Plan:
    said = platforms.command(plan.folder, "servers", "start", "--json")
    addresses: dict[str, str] = json.loads(said.splitlines()[-1])
    return replace(plan, postgres=addresses["postgres"], kafka=addresses["kafka"])
