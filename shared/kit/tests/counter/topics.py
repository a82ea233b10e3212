"""Topics of a test's own, and what is in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from contracts.event import Recorded
from kit.envelope import read

PARTITIONS = 3


@asynccontextmanager
async def topics(kafka: str, *names: str) -> AsyncGenerator[None]:
    """Make topics, and delete them afterwards."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        yield
        await admin.delete_topics(list(names))
    finally:
        await admin.close()


async def content(kafka: str, topic: str, count: int, *, within: float = 20) -> list[Recorded]:
    """All events of a topic, partition by partition, once there are `count` or more; each key's events in order."""
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    client = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await client.start()
    client.assign(places)
    found: dict[TopicPartition, list[Recorded]] = {place: [] for place in places}
    try:
        async with asyncio.timeout(within):
            while True:
                polled = await client.getmany(timeout_ms=100)
                for place, records in polled.items():
                    found[place] += [read(record.headers, record.value) for record in records]
                if not polled and sum(map(len, found.values())) >= count:
                    return [event for events in found.values() for event in events]
    finally:
        await client.stop()
