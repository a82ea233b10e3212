"""What the servers do alone, in the same run and on the same machine: the yardsticks for the loop."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from orderloop.bench import bare
from orderloop.platform import postgres

COMMITS = re.compile(r"tps = ([\d.]+)")
TOPIC = "bench.yardstick"
PARTITIONS = 3
LEADER_SECONDS = 15
RECORD = b"x" * 330


@dataclass(frozen=True)
class Yardsticks:
    """Per second: commits of a small insert by eight clients, records produced batch after batch and read back,
    requests to a bare FastAPI application with one INSERT; and the microseconds of CPU that one costs it."""

    pgbench_commits_per_second: float
    kafka_records_per_second: float
    kafka_records_read_per_second: float
    bare_requests_per_second: float
    bare_cpu_us_per_request: float


async def measure(postgres_address: str, kafka: str, seconds: int = 5) -> Yardsticks:
    commits = await _commits(postgres_address, seconds)
    produced, read = await _records(kafka, seconds)
    one = await bare.measure(postgres_address, seconds)
    return Yardsticks(commits, produced, read, one.requests_per_second, one.cpu_us_per_request)


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


async def _records(kafka: str, seconds: int) -> tuple[float, float]:
    """aiokafka: batches of 500 records of 330 bytes, acknowledged by all; then the same records read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1)])
        await _led(admin)
        return await _produce(kafka, seconds), await _consume(kafka, seconds)
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


async def _consume(kafka: str, seconds: int) -> float:
    """Read what was produced, from the beginning, as a worker reads: 500 records a poll."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, max_poll_records=500)
    await consumer.start()
    try:
        places = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        read, begun, last = 0, time.perf_counter(), time.perf_counter()
        while time.perf_counter() - begun < seconds and time.perf_counter() - last < 1:
            polled = await consumer.getmany(timeout_ms=250, max_records=500)
            if polled:
                read += sum(map(len, polled.values()))
                last = time.perf_counter()
        return round(read / (last - begun))
    finally:
        await consumer.stop()
