"""The facts of one check: each database in one snapshot of its own, the topics, the driver's journal. Read once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from campaign.invariants import journal
from campaign.invariants.journal import Journal
from campaign.invariants.place import Place, Told
from campaign.invariants.subscriptions import Subscriptions, subscriptions
from campaign.invariants.topics import Sent, Topics

NAME = "campaign-checker"
A_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Row = Mapping[str, Any]  # Any: column values


class Written(NamedTuple):
    """A row of an outbox."""

    id: int
    event_id: UUID
    type: str
    subject: UUID
    sequence: int
    correlation_id: UUID
    causation_id: UUID
    actor: str
    traceparent: str | None
    recorded_at: datetime
    value: bytes
    xid: int

    @property
    def name(self) -> str:
        """The class name of the event, such as `OrderPlaced`."""
        return self.type.split(".")[2]


class Poison(NamedTuple):
    """An event that nobody can apply, put there on purpose."""

    event_id: UUID
    key: tuple[str, UUID]
    """Topic and subject."""
    type: str


class Parked(NamedTuple):
    """An event that waits in a parked key."""

    topic: str
    subject: UUID
    kind: str
    reason: str


@dataclass(frozen=True)
class Database:
    """What the kit's tables of one service hold."""

    service: str
    outbox: Sequence[Written]
    inbox: frozenset[UUID]
    parked: Sequence[Parked]
    aside: frozenset[UUID]
    """Events that wait behind a parked key, or were discarded."""
    discarded: frozenset[UUID]
    held_up: frozenset[str]
    """Every id that an event set aside names: what it is about cannot be right yet."""
    probed: bool
    """Whether `campaign.effect` is there."""


@dataclass(frozen=True)
class Facts:
    """`rows` asks a database more, in the same snapshot."""

    place: Place
    told: Told
    journal: Journal
    subscriptions: Subscriptions
    topics: Topics
    databases: Mapping[str, Database]
    connections: Mapping[str, asyncpg.Connection]
    locks: Mapping[str, asyncio.Lock]
    """A connection runs one statement at a time."""

    async def rows(self, service: str, sql: str, *parameters: object) -> list[Row]:
        async with self.locks[service]:
            return await self.connections[service].fetch(sql, *parameters)

    @cached_property
    def written(self) -> dict[UUID, Written]:
        """All outboxes, by event id."""
        return {each.event_id: each for one in self.databases.values() for each in one.outbox}

    @cached_property
    def poisoned(self) -> frozenset[UUID]:
        return frozenset(UUID(each) for each in self.told.poison)

    @cached_property
    def poison(self) -> tuple[Poison, ...]:
        """As it stands in the outboxes, or in the topics alone."""
        rows = (self.written[each] for each in self.poisoned & self.written.keys())
        sent = (
            (service, each)
            for service, records in (self.topics.sent.items() if self.poisoned - self.written.keys() else ())
            for each in records
            if each.event_id in self.poisoned
        )
        return (
            *(Poison(row.event_id, (f"{row.type.split('.')[1]}.events", row.subject), row.type) for row in rows),
            *(_poison(service, each) for service, each in sent if each.event_id not in self.written),
        )

    @cached_property
    def held_up(self) -> frozenset[str]:
        """What cannot be right yet in any service, because an event about it is parked or was discarded."""
        return frozenset().union(*(each.held_up for each in self.databases.values()))

    @cached_property
    def by_cause(self) -> dict[tuple[str, UUID], list[Written]]:
        """By service and cause, the events that one command, reaction or timer told, the first one first."""
        found: dict[tuple[str, UUID], list[Written]] = {}
        for service, database in self.databases.items():
            for each in database.outbox:
                found.setdefault((service, each.causation_id), []).append(each)
        return found

    def reads(self, service: str, topic_of: str) -> bool:
        return service in self.subscriptions.readers.get(topic_of, ())


def _poison(service: str, sent: Sent) -> Poison:
    said = {name: value.decode() for name, value in sent.headers}
    return Poison(UUID(said["ce_id"]), (f"{service}.events", UUID(said["ce_subject"])), said["ce_type"])


@asynccontextmanager
async def looking(place: Place, topics: Topics, told: Told) -> AsyncGenerator[Facts]:
    """Everything as it stands now; nothing is written."""
    async with snapshots(place) as connections:
        await topics.refresh()
        yield await gathered(place, topics, told, connections)


@asynccontextmanager
async def snapshots(place: Place, *, read_only: bool = True) -> AsyncGenerator[dict[str, asyncpg.Connection]]:
    """A connection to each database, with a transaction that sees one moment and is rolled back."""
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(_snapshot(dsn, stack, read_only) for dsn in place.databases.values()))
        yield dict(zip(place.databases, opened, strict=True))


async def _snapshot(dsn: str, stack: AsyncExitStack, read_only: bool) -> asyncpg.Connection:
    settings = {"application_name": NAME, "jit": "off"}
    connection = await asyncpg.connect(dsn, timeout=10, command_timeout=60, server_settings=settings)
    stack.callback(connection.terminate)  # what is open is rolled back
    await connection.transaction(isolation="repeatable_read", readonly=read_only).start()
    return connection


async def gathered(place: Place, topics: Topics, told: Told, connections: Mapping[str, asyncpg.Connection]) -> Facts:
    """The facts that every check needs, from all databases at once."""
    found = await asyncio.gather(*(_database(service, each) for service, each in connections.items()))
    return Facts(
        place=place,
        told=told,
        journal=journal.read(told.journals),
        subscriptions=subscriptions(),
        topics=topics,
        databases={each.service: each for each in found},
        connections=connections,
        locks={service: asyncio.Lock() for service in connections},
    )


async def _database(service: str, connection: asyncpg.Connection) -> Database:
    aside: list[asyncpg.Record] = await connection.fetch(_ASIDE)
    return Database(
        service=service,
        outbox=[Written._make(row) for row in await connection.fetch(_OUTBOX)],
        inbox=frozenset(row[0] for row in await connection.fetch("SELECT event_id FROM inbox")),
        parked=[Parked._make(row) for row in await connection.fetch(_PARKED)],
        aside=frozenset(UUID(row["id"]) for row in aside),
        discarded=frozenset(UUID(row["id"]) for row in aside if row["discarded"]),
        held_up=frozenset(found for row in aside for found in A_UUID.findall(row["recorded"])),
        probed=bool(await connection.fetchval("SELECT to_regclass('campaign.effect') IS NOT NULL")),
    )


_OUTBOX = f"SELECT {', '.join(Written._fields)} FROM outbox ORDER BY id"
_PARKED = "SELECT topic, subject, kind, reason FROM parked_key ORDER BY topic, subject"
_ASIDE = """
SELECT recorded->>'id' AS id, recorded::text AS recorded, false AS discarded FROM parked_message
UNION ALL
SELECT event_id::text, recorded::text, true FROM discarded_message
"""
