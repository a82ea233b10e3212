"""F21, F24: operators restart everything under load; partners connect and behave badly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, suppress
from urllib.parse import urlsplit
from uuid import uuid4

from aiokafka import AIOKafkaConsumer

from campaign.faults.fault import Scene, fault
from orderloop.platform.plan import SERVICES


@fault("F21", "everything is restarted by turns under load (SIGTERM)", hold=(0, 1))
async def rolling_restart(scene: Scene) -> AsyncGenerator[None]:
    for service in scene.dice.sample(SERVICES, 2):
        for role in scene.dice.sample(["api", "worker", "relay"], 3):
            member = scene.aim(f"{service}-{role}")
            await scene.stand.terminate(member)
            await scene.stand.ready([member], 60)
    yield


@fault("F24", "partners: requests that never end, subscribers that hang in the topics", hold=(5, 10))
async def partners_behave_badly(scene: Scene) -> AsyncGenerator[None]:
    async with AsyncExitStack() as stack:
        for service in scene.some_services():
            for _ in range(scene.dice.randint(20, 100)):
                writer = await _half_a_request(scene.stand.plan.url(service))
                _ = stack.callback(writer.close)
            scene.aim(f"requests to {service} that never end")
        subscriber = AIOKafkaConsumer(
            *(f"{service}.events" for service in SERVICES),
            bootstrap_servers=scene.stand.plan.kafka,
            group_id=f"partner-{uuid4().hex[:8]}",
            auto_offset_reset="earliest",
        )
        await subscriber.start()
        scene.aim("a subscriber that takes one event and hangs")
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                _ = await subscriber.getone()
        yield
        await subscriber.stop()


async def _half_a_request(url: str) -> asyncio.StreamWriter:
    """Headers that promise a body which does not come."""
    at = urlsplit(url)
    _, writer = await asyncio.open_connection(at.hostname, at.port)
    writer.write(
        b"POST /orders HTTP/1.1\r\nHost: partner\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    await writer.drain()
    return writer
