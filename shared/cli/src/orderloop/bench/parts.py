"""The parts alone: how fast one relay drains an outbox, and how fast one worker applies events with their real effects.

Each runs as its own process, as `make up` would start it with that role only, on a scratch database; PostgreSQL and
Kafka are real, and nothing else runs on them. What flows are the events of a benchmark, copied many times.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contracts.errors import Unavailable
from orderloop.bench import copies, cost, counters
from orderloop.driving.events import Seen
from orderloop.platform import processes, services
from orderloop.platform.plan import Plan
from orderloop.platform.topics import topic_of

Result = dict[str, Any]  # Any: JSON

RELAYED = "order"
WORKERS = ("finance", "customer", "sales", "service")
"""Those whose effects follow from events alone; the others need commands in between, which a copy does not have."""

TAKEN = "SELECT coalesce(sum(next), 0) FROM consumer_offset"
EFFECTS = "SELECT count(*) FROM inbox"
PARKED = "SELECT count(*) FROM parked_key"
APPLIED = "SELECT (SELECT count(*) FROM inbox) + (SELECT coalesce(sum(last), 0) FROM applied)"

TOLD_BY = ("sales", "order")
"""Whose events flow. A worker with a backlog takes its topics in no order among each other: a dispatch that comes
before its order would be parked for a while, and waiting is not what is measured here."""

BEGIN_SECONDS = 40
IDLE_SECONDS = 4
GLANCE = 0.05


class PartSilent(Unavailable):
    """A part has to begin before it can be measured; its log says why it did not."""


@dataclass(frozen=True)
class Mark:
    """How far a part had come at a moment, and what it had used by then, in CPU seconds and bytes of WAL."""

    at: float
    done: int
    process: float
    database: float
    kafka: float
    wal: int


async def relay(plan: Plan, events: Sequence[Seen], rows: int) -> Result:
    """Events per second of one relay that finds `rows` of them in its outbox, sent to the real topic."""
    async with _scratch(plan, RELAYED) as address, _ends(plan, RELAYED) as ends:
        await copies.fill_outbox(address, [seen for seen in events if seen.service == RELAYED], rows)
        before = await ends()

        async def sent() -> int:
            return await ends() - before

        return await _measured(plan, RELAYED, "relay", address, sent, rows, BEGIN_SECONDS)


async def workers(plan: Plan, events: Sequence[Seen], known: set[str], number: int, seconds: float) -> Result:
    """Events per second of one worker, by service, each for at most so many seconds over the same topics.

    Each has seen what the copies stand on (customers, items) before the copies are there.
    """
    async with AsyncExitStack() as made:
        addresses = {service: await made.enter_async_context(_scratch(plan, service)) for service in WORKERS}
        for service, address in addresses.items():
            await _catch_up(plan, service, address)
        told = [seen for seen in events if seen.service in TOLD_BY]
        await _produce(plan.kafka, copies.copied(told, known, number))
        return {service: await _worker(plan, service, address, seconds) for service, address in addresses.items()}


async def _catch_up(plan: Plan, service: str, address: str) -> None:
    """Let a worker apply what is in the topics by now, until nothing more happens and nothing is parked."""
    process = _start(plan, service, "worker", address)
    try:
        await _begun(plan, process, address, lambda: _number(address, TAKEN))
        before, until = -1, time.perf_counter() + BEGIN_SECONDS
        while (now := await _number(address, APPLIED)) != before and time.perf_counter() < until:
            before = now
            await asyncio.sleep(1.5)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


async def _worker(plan: Plan, service: str, address: str, seconds: float) -> Result:
    before, effects = await _number(address, TAKEN), await _number(address, EFFECTS)

    async def taken() -> int:
        return await _number(address, TAKEN) - before

    found = await _measured(plan, service, "worker", address, taken, None, seconds)
    share = (await _number(address, EFFECTS) - effects) / max(await taken(), 1)
    return found | {"share_with_effects": round(share, 2), "parked_keys": await _number(address, PARKED)}


async def _number(address: str, sql: str) -> int:
    connection = await asyncpg.connect(address)
    try:
        return int(await connection.fetchval(sql))
    finally:
        await connection.close()


async def _measured(
    plan: Plan, service: str, role: str, address: str, done: Callable[[], Any], most: int | None, seconds: float
) -> Result:  # Any: an awaitable number
    """From the first progress that is seen to the last, or until the time is over."""
    process = _start(plan, service, role, address)
    try:
        first = last = await _begun(plan, process, address, done)
        while last.at - first.at < seconds and last.done != most and time.perf_counter() - last.at < IDLE_SECONDS:
            await asyncio.sleep(GLANCE)
            if (now := await done()) > last.done:
                last = await _mark(plan, process, address, now)
        return _rates(first, last)
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 30)


async def _begun(plan: Plan, process: subprocess.Popen[bytes], address: str, done: Callable[[], Any]) -> Mark:
    until = time.perf_counter() + BEGIN_SECONDS
    while time.perf_counter() < until:
        if (now := await done()) > 0:
            return await _mark(plan, process, address, now)
        await asyncio.sleep(GLANCE)
    raise PartSilent(f"process {process.pid} has done nothing within {BEGIN_SECONDS} s; see {plan.folder / 'logs'}")


async def _mark(plan: Plan, process: subprocess.Popen[bytes], address: str, done: int) -> Mark:
    at = time.perf_counter()
    kafka = processes.recall("kafka", plan.records)
    connection = await asyncpg.connect(address)
    try:
        pids = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name <> ''"
        )
    finally:
        await connection.close()
    return Mark(
        at,
        done,
        cost.cpu_of(process.pid),
        sum(cost.cpu_of(row["pid"]) for row in pids) if plan.own_postgres else 0.0,
        cost.cpu_of(kafka.pid) if kafka else 0.0,
        await counters.wal_place(address),
    )


def _rates(first: Mark, last: Mark) -> Result:
    events, seconds = max(last.done - first.done, 1), max(last.at - first.at, GLANCE)
    return {
        "events": last.done - first.done,
        "events_per_second": round((last.done - first.done) / seconds),
        "cpu_us_per_event": round(1e6 * (last.process - first.process) / events, 1),
        "database_cpu_us_per_event": round(1e6 * (last.database - first.database) / events, 1),
        "kafka_cpu_us_per_event": round(1e6 * (last.kafka - first.kafka) / events, 1),
        "wal_bytes_per_event": round((last.wal - first.wal) / events),
    }


def _start(plan: Plan, service: str, *arguments: str) -> subprocess.Popen[bytes]:
    """`python -m order relay` on the scratch database, which is the last argument."""
    *roles, address = arguments
    wanted = services.start_of(plan, service)
    environment = {**wanted.environment, f"{service.upper()}_DATABASE": address}
    with open(plan.log(f"bench-{service}"), "ab") as log:
        return subprocess.Popen(
            [*wanted.command[:4], *roles], cwd=wanted.directory, env=environment, stdout=log, stderr=subprocess.STDOUT
        )


@asynccontextmanager
async def _scratch(plan: Plan, service: str) -> AsyncGenerator[str]:
    """A migrated, empty database of this service, dropped afterwards."""
    name = f"bench_{service}_{os.getpid()}"
    admin = await asyncpg.connect(plan.postgres)
    try:
        await admin.execute(f'CREATE DATABASE "{name}"')
        address = counters.at(plan.postgres, name)
        status = await asyncio.to_thread(_start(plan, service, "migrate", address).wait, 60)
        if status:
            raise PartSilent(f"the scratch database of {service} could not be made; see {plan.log(f'bench-{service}')}")
        yield address
    finally:
        await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await admin.close()


@asynccontextmanager
async def _ends(plan: Plan, service: str) -> AsyncGenerator[Callable[[], Any]]:  # Any: an awaitable number
    """How many records the topic holds, over all partitions."""
    consumer = AIOKafkaConsumer(bootstrap_servers=plan.kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic_of(service), each) for each in range(plan.partitions)]

        async def ends() -> int:
            return sum((await consumer.end_offsets(places)).values())

        yield ends
    finally:
        await consumer.stop()


async def _produce(kafka: str, events: Iterable[Seen]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", max_batch_size=500_000, linger_ms=5)
    await producer.start()
    try:
        for seen in events:
            headers = [(name, value.encode()) for name, value in seen.headers.items()]
            await producer.send(topic_of(seen.service), seen.value, key=seen.subject.encode(), headers=headers)
        await producer.flush()
    finally:
        await producer.stop()
