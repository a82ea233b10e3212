"""F8, F15, F16, F20, F22: events come twice, in another order, cannot be applied, or are gone from the broker."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import uuid4

from campaign.faults.fault import Scene, fault
from contracts.event import Event
from contracts.ids import new_id
from orderloop.platform import topics
from orderloop.platform.plan import SERVICES


@fault("F8", "the broker has lost its disk; the topics are filled again from the outboxes", hold=(0, 5))
async def broker_disk_is_wiped(scene: Scene) -> AsyncGenerator[None]:
    scene.aim("kafka")
    scene.stand.hold_down("kafka")
    scene.stand.kill("kafka")
    yield
    shutil.rmtree(scene.stand.directory / "kafka" / "data")
    scene.stand.let_up("kafka")
    await scene.stand.ready(["kafka"], 60)
    _ = await topics.ensure(scene.stand.plan)
    for service in SERVICES:  # what the operator does: docs/operations.md
        _ = await scene.people.admin.post(service, "/ops/replays", {})


@fault("F15", "events are delivered again: replayed windows, consumers set back", hold=(3, 8))
async def events_come_again(scene: Scene) -> AsyncGenerator[None]:
    for service in scene.some_services():
        _ = await scene.people.admin.post(service, "/ops/replays", {})
        scene.aim(f"{service} replayed")
    service = scene.a_service()
    back = scene.dice.randint(20, 500)
    scene.aim(f"{service} set back by {back}")
    worker = f"{service}-worker"
    scene.stand.hold_down(worker)
    scene.stand.kill(worker)
    async with scene.stand.sql(service) as connection:
        again = await connection.fetchval("SELECT sum(least(next, $1))::int FROM consumer_offset", back)
        scene.redelivered += again or 0
        _ = await connection.execute("UPDATE consumer_offset SET next = greatest(0, next - $1)", back)
    scene.stand.let_up(worker)
    yield


@fault("F16", "topics reach the consumers in another order than things happened", hold=(6, 12))
async def topics_are_out_of_step(scene: Scene) -> AsyncGenerator[None]:
    pausing = asyncio.create_task(_relays_stand_still_by_turns(scene))
    yield
    _ = pausing.cancel()
    with suppress(asyncio.CancelledError):
        await pausing


async def _relays_stand_still_by_turns(scene: Scene) -> None:
    while True:
        chosen = [f"{service}-relay" for service in scene.some_services(4)]
        for relay in chosen:
            scene.stand.pause(scene.aim(relay))
        try:
            await asyncio.sleep(scene.dice.uniform(0.3, 2.0))
        finally:
            for relay in chosen:
                scene.stand.resume(relay)


@fault("F20", "an event that nobody can read; half of them are discarded by an operator", hold=(3, 6))
async def poison(scene: Scene) -> AsyncGenerator[None]:
    event = scene.dice.choice(_POISONED)
    subject, event_id = uuid4(), new_id()
    scene.poison.add(str(event_id))
    if scene.dice.random() < 0.5:
        scene.discarded.append((event.topic(), str(subject)))
    scene.aim(f"{event.__name__}{', to be discarded' if scene.discarded else ''}")
    async with scene.stand.sql(event.topic().removesuffix(".events")) as connection, connection.transaction():
        _ = await connection.execute(_STREAM, subject)
        _ = await connection.execute(_POISON, event_id, event.type_name(), subject, b'{"poison": true}')
        _ = await connection.execute("NOTIFY outbox")
    yield


@fault("F22", "a storm of rebalances: workers come and go every two seconds", hold=(8, 14))
async def rebalance_storm(scene: Scene) -> AsyncGenerator[None]:
    service = scene.aim(scene.a_service())
    storm = asyncio.create_task(_workers_come_and_go(scene, service))
    yield
    _ = storm.cancel()
    with suppress(asyncio.CancelledError):
        await storm


async def _workers_come_and_go(scene: Scene, service: str) -> None:
    added: list[str] = []
    try:
        while True:
            added.append(await scene.stand.add(service, "worker"))
            await asyncio.sleep(2)
            if len(added) > 1:
                await scene.stand.remove(added.pop(0))
    finally:
        for worker in added:
            await scene.stand.remove(worker)


def _poisoned() -> list[type[Event]]:
    from contracts import finance, inventory, order, sales

    return [order.OrderPlaced, sales.OpportunityWon, inventory.ShipmentDispatched, finance.InvoiceIssued]


_POISONED = _poisoned()

_STREAM = "INSERT INTO stream (subject, last, correlation_id) VALUES ($1, 1, $1)"
_POISON = """
INSERT INTO outbox (event_id, type, subject, sequence, correlation_id, causation_id, actor, recorded_at, value)
VALUES ($1, $2, $3, 1, $3, $3, 'campaign', now(), $4)
"""
