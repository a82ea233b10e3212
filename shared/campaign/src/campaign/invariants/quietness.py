"""I17: all that was told comes to its end. `quiet` waits for that; the invariant looks once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from campaign.invariants import watched
from campaign.invariants.facts import NAME, Facts
from campaign.invariants.findings import Violation
from campaign.invariants.place import Place
from campaign.invariants.subscriptions import subscriptions
from campaign.invariants.topics import Topics
from contracts.errors import OrderloopError
from kit.database import FAULTS

LOOK_EVERY = 0.3
"""Seconds between two looks; it is quiet when two in a row saw the same and nothing under way."""

UNREACHABLE = (*FAULTS, KafkaError, OrderloopError)


@dataclass(frozen=True)
class Restless:
    """It was not quiet in time; `why` says, thing by thing, what was still under way at the last look."""

    why: tuple[str, ...]
    seconds: float


async def i17_all_has_come_to_its_end(facts: Facts) -> list[Violation]:
    """All that was told is published, every reader is at the end of its topics, no timer is due, nothing is retried."""
    found: list[Violation] = []
    for service in facts.databases:
        [row] = await facts.rows(service, _UNDER_WAY)
        offsets = {(each["topic"], each["partition"]): each["next"] for each in await facts.rows(service, _OFFSETS)}
        looked = (await facts.rows(service, watched.UNDER_WAY))[0] if service == watched.WATCHER else None
        what = _under_way(service, row) + _behind(service, offsets, facts.topics) + _unwatched(looked)
        found += [Violation("I17", each, {"service": service}) for each in what]
    return found


async def quiet(place: Place, topics: Topics, seconds: float) -> float | Restless:
    """Wait until nothing is under way; returns after how many seconds that was.

    A database or broker that does not answer is not quiet.
    """
    began, before = time.monotonic(), None
    while True:
        why, signature = await _look(place, topics)
        if not why and signature == before:
            return time.monotonic() - began
        if time.monotonic() - began > seconds:
            return Restless(tuple(why) or ("events were still being told",), time.monotonic() - began)
        before = None if why else signature
        await asyncio.sleep(LOOK_EVERY)


async def _look(place: Place, topics: Topics) -> tuple[list[str], tuple[object, ...]]:
    """What is under way, and a signature that changes with every event."""
    try:
        await topics.refresh()
    except UNREACHABLE as fault:
        return [f"Kafka does not answer: {type(fault).__name__}: {fault}"], ()
    looks = await asyncio.gather(*(_look_at(place, topics, each) for each in place.databases))
    return [each for why, _ in looks for each in why], tuple(each for _, each in looks)


async def _look_at(place: Place, topics: Topics, service: str) -> tuple[list[str], object]:
    try:
        settings = {"application_name": NAME}
        connection = await asyncpg.connect(
            place.databases[service], timeout=5, command_timeout=15, server_settings=settings
        )
        try:
            row = await connection.fetchrow(_UNDER_WAY)
            looked = await connection.fetchrow(watched.UNDER_WAY) if service == watched.WATCHER else None
            offsets = {(each["topic"], each["partition"]): each["next"] for each in await connection.fetch(_OFFSETS)}
        finally:
            await connection.close(timeout=5)
    except UNREACHABLE as fault:
        return [f"{service}'s database does not answer: {type(fault).__name__}: {fault}"], None
    return _under_way(service, row) + _behind(service, offsets, topics) + _unwatched(looked), row["last"]


def _under_way(service: str, row: Mapping[str, Any]) -> list[str]:  # Any: column values
    said = {
        "unpublished": "events of {service} are not published",
        "replays": "replays of {service} are not done",
        "retried": "parked keys of {service} are tried again",
        "timers": "timers of {service} are due",
    }
    return [f"{row[name]} {text.format(service=service)}" for name, text in said.items() if row[name]]


def _unwatched(row: Mapping[str, Any] | None) -> list[str]:  # Any: column values
    number = 0 if row is None else watched.not_looked_at(row)
    return [f"{number} subjects are still to be compared by {watched.WATCHER}"] if number else []


def _behind(service: str, offsets: Mapping[tuple[str, int], int], topics: Topics) -> list[str]:
    """A record that is no event of ours moves no offset."""
    found: list[str] = []
    for told_by, readers in subscriptions().readers.items():
        for partition, end in topics.ends(told_by).items() if service in readers else ():
            at = offsets.get((f"{told_by}.events", partition), 0)
            if at != end:
                found.append(f"{service} is at {at} of {end} in {told_by}.events/{partition}")
    return found


# The transactions that the relay's snapshot does not see are the newest: an index finds their rows.
_UNDER_WAY = """
WITH kept AS MATERIALIZED (SELECT coalesce((SELECT snapshot FROM relay_cursor), '3:3:')::pg_snapshot AS snapshot)
SELECT (SELECT count(*) FROM outbox WHERE xid >= (SELECT pg_snapshot_xmin(snapshot) FROM kept)
           AND NOT pg_visible_in_snapshot(xid, (SELECT snapshot FROM kept))) AS unpublished,
       (SELECT count(*) FROM replay WHERE done_at IS NULL) AS replays,
       (SELECT count(*) FROM parked_key WHERE next_attempt_at IS NOT NULL) AS retried,
       (SELECT count(*) FROM timer WHERE due_at < now() - interval '3 seconds' AND attempts = 0) AS timers,
       (SELECT coalesce(max(id), 0) FROM outbox) AS last
"""
_OFFSETS = "SELECT topic, partition, next FROM consumer_offset"
