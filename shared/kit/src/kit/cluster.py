"""Which Kafka cluster answers: offsets mean something in the one that gave them out, and in no other."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import cast

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

PATIENCE = 2.0
"""Seconds within which the broker answers, or is taken for one that does not."""


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
        with suppress(Exception):
            async with asyncio.timeout(PATIENCE):
                await client.close()
