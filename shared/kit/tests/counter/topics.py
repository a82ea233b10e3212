"""Topics of a test's own, and what is in them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

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
    finally:
        await admin.delete_topics(list(names))
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


async def limit_records(kafka: str, topic: str, size: int) -> None:
    """Have the broker refuse record batches of more bytes."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(size)})])
    await admin.close()


@asynccontextmanager
async def forwarding(port: int, to: str) -> AsyncGenerator[None]:
    """Connections to the port reach this address."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, there = to.partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(there))
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async with await asyncio.start_server(forward, "127.0.0.1", port):
        yield


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
    writer.close()
