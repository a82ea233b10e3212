"""What any client of Kafka needs: which cluster answers, and how to be rid of a client.

Offsets mean something in the cluster that gave them out, and in no other.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

PATIENCE = 2.0
"""Seconds within which the broker answers, or is taken for one that does not."""

STOP_SECONDS = 5.0


class Client(Protocol):
    """A consumer or producer of aiokafka."""

    async def stop(self) -> None: ...


async def cluster_of(kafka: str) -> str | None:
    """The id that the cluster was given when its storage was made; None when the broker does not answer."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        async with asyncio.timeout(PATIENCE):
            await client.start()
            return cast("str | None", (await client.describe_cluster()).get("cluster_id"))
    except (KafkaError, TimeoutError, OSError):
        return None
    finally:
        await _ended(asyncio.create_task(client.close()))


async def stopped(client: Client) -> None:
    """Stop a client, whatever state it is in; give up after five seconds.

    While no broker answers stop can hang (aiokafka#1101, #659), and it can raise a CancelledError that nobody asked for
    (aiokafka#647), which would end the task that waits for it: it runs in a task of its own.
    """
    await _ended(asyncio.create_task(client.stop()))


async def _ended(stopping: asyncio.Task[None]) -> None:
    _ = await asyncio.wait([stopping], timeout=STOP_SECONDS)
    if not stopping.done():
        _ = stopping.cancel()
    elif not stopping.cancelled():
        _ = stopping.exception()  # it has been seen
