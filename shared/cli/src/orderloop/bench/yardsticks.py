"""What the servers do alone, in the same run and on the same machine: the yardsticks for the loop."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from orderloop.platform import postgres

COMMITS = re.compile(r"tps = ([\d.]+)")
TOPIC = "bench.yardstick"
PARTITIONS = 3
LEADER_SECONDS = 15
RECORD = b"x" * 330


@dataclass(frozen=True)
class Yardsticks:
    """Per second: commits of a small insert by eight clients, and records produced one batch after another."""

    pgbench_commits_per_second: float
    kafka_records_per_second: float


async def measure(postgres_address: str, kafka: str, seconds: int = 5) -> Yardsticks:
    return Yardsticks(
        await _commits(postgres_address, seconds),
        await _records(kafka, seconds),
    )


async def _commits(address: str, seconds: int) -> float:
    """pgbench: BEGIN, one insert of 330 bytes, COMMIT, by eight clients, prepared."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute("DROP TABLE IF EXISTS bench_yardstick")
        await connection.execute("CREATE TABLE bench_yardstick (id bigint GENERATED ALWAYS AS IDENTITY, value bytea)")
        return await _pgbench(address, seconds)
    finally:
        await connection.execute("DROP TABLE IF EXISTS bench_yardstick")
        await connection.close()


async def _pgbench(address: str, seconds: int) -> float:
    statement = "BEGIN;\nINSERT INTO bench_yardstick (value) VALUES (decode(repeat('78', 330), 'hex'));\nCOMMIT;\n"
    process = await asyncio.create_subprocess_exec(
        str(postgres.binary("pgbench")),
        *("--no-vacuum", "--protocol=prepared", "--client=8", "--jobs=2", f"--time={seconds}", "--file=/dev/stdin"),
        address,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(statement.encode())
    found = COMMITS.search(out.decode())
    if found is None:
        raise RuntimeError(f"pgbench said: {err.decode() or out.decode()}")
    return round(float(found[1]))


async def _records(kafka: str, seconds: int) -> float:
    """aiokafka: batches of 500 records of 330 bytes, acknowledged by all."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
        await _led(admin)
        return await _produce(kafka, seconds)
    finally:
        await admin.delete_topics([TOPIC])
        await admin.close()


async def _led(admin: AIOKafkaAdminClient) -> None:
    """Wait until every partition has a leader; who produces before is refused. Raises TimeoutError."""
    async with asyncio.timeout(LEADER_SECONDS):
        while True:
            [topic] = await admin.describe_topics([TOPIC])
            leaders = [part["leader"] for part in topic["partitions"] if not part["error_code"]]
            if len(leaders) == PARTITIONS and min(leaders) >= 0:
                return
            await asyncio.sleep(0.1)


async def _produce(kafka: str, seconds: int) -> float:
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, acks="all", enable_idempotence=True, linger_ms=0, max_batch_size=900_000
    )
    await producer.start()
    try:
        sent, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds:
            waiting = []
            for partition in range(PARTITIONS):
                batch = producer.create_batch()
                for _ in range(500):
                    batch.append(key=b"key", value=RECORD, timestamp=None)
                waiting.append(await producer.send_batch(batch, TOPIC, partition=partition))
            await asyncio.gather(*waiting)
            sent += 500 * PARTITIONS
        return round(sent / (time.perf_counter() - begun))
    finally:
        await producer.stop()
