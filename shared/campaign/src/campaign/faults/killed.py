"""F1, F2, F3, F6, F9: processes end without a word, some of them exactly where it hurts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncGenerator

from campaign.faults.fault import Scene, fault
from orderloop.platform.plan import SERVICES

WORK_COMES_WITHIN = 5.0
"""Seconds to wait for a member to come to the place where it is to die."""


@fault("F1", "kill -9 of an API in the middle of a command", hold=(0, 0.5))
async def api_is_killed(scene: Scene) -> AsyncGenerator[None]:
    places = ["api-before-commit", "api-after-commit", "now"]
    await _kill(scene, {f"{service}-api": scene.dice.choice(places) for service in scene.some_services()})
    yield


@fault("F2", "kill -9 of a relay after it has published, before it keeps its cursor", hold=(0, 0.5))
async def relay_is_killed(scene: Scene) -> AsyncGenerator[None]:
    places, services = ["relay-after-publish", "now"], scene.some_services(len(SERVICES))
    await _kill(scene, {f"{service}-relay": scene.dice.choice(places) for service in services})
    yield


@fault("F3", "kill -9 of a worker before or after it commits", hold=(0, 0.5))
async def worker_is_killed(scene: Scene) -> AsyncGenerator[None]:
    places, services = ["worker-before-commit", "worker-after-commit", "now"], scene.some_services(len(SERVICES))
    await _kill(scene, {f"{service}-worker": scene.dice.choice(places) for service in services})
    yield


@fault("F6", "kill -9 of Kafka", hold=(0, 8))
async def kafka_is_killed(scene: Scene) -> AsyncGenerator[None]:
    scene.aim("kafka")
    scene.stand.hold_down("kafka")
    scene.stand.kill("kafka")
    yield
    scene.stand.let_up("kafka")


@fault("F9", "kill -9 of PostgreSQL, or of one of its backends", hold=(0, 2))
async def postgres_is_killed(scene: Scene) -> AsyncGenerator[None]:
    if scene.dice.random() < 0.5:
        scene.aim("postmaster")
        scene.stand.kill("postgres")
    else:
        await _kill_backend(scene, scene.a_service())
    yield


async def _kill(scene: Scene, where: dict[str, str]) -> None:
    """Kill each of these at its place in its work, and return when they are dead; one that has nothing to do lives."""
    before = {member: scene.stand.deaths(member) for member in where}
    for member, place in where.items():
        scene.aim(f"{member} {place}")
        if place == "now":
            scene.stand.kill(member)
        else:
            scene.stand.arm(member, place)
    deadline = time.monotonic() + WORK_COMES_WITHIN
    while time.monotonic() < deadline:
        if all(scene.stand.deaths(member) > before[member] for member in where):
            return
        await asyncio.sleep(0.02)


async def _kill_backend(scene: Scene, service: str) -> None:
    """PostgreSQL then ends every other backend too, and recovers: it cannot know what the dead one left in memory."""
    async with scene.stand.sql(service) as connection:
        pids = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() ORDER BY pid", service
        )
    if pids:
        scene.aim(f"a backend of {service}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(scene.dice.choice(pids)["pid"], signal.SIGKILL)
