"""Yardstick: how many requests a second a bare FastAPI application with one INSERT answers, and what each costs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from uuid import uuid4

import asyncpg

from contracts.errors import Unavailable
from orderloop.bench import bare_app, cost
from orderloop.platform import ports

CONNECTIONS = 32
START_SECONDS = 20


class BareAppSilent(Unavailable):
    """The bare application has to answer before it is measured."""


@dataclass(frozen=True)
class Bare:
    """Of one process with one event loop."""

    requests_per_second: float
    cpu_us_per_request: float


async def measure(postgres: str, seconds: float) -> Bare:
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute("DROP TABLE IF EXISTS bench_bare")
        await connection.execute(bare_app.TABLE)
        async with _running(postgres) as (process, port):
            await _load(port, 0.5)
            before = cost.cpu_of(process.pid)
            number, spent = await _load(port, seconds)
            cpu = cost.cpu_of(process.pid) - before
    finally:
        await connection.execute("DROP TABLE IF EXISTS bench_bare")
        await connection.close()
    return Bare(round(number / spent), round(1e6 * cpu / max(number, 1)))


@asynccontextmanager
async def _running(postgres: str) -> AsyncGenerator[tuple[subprocess.Popen[bytes], int]]:
    port = ports.any_free()
    options = ["--factory", "--host", ports.HOST, "--port", str(port), "--no-access-log", "--log-level", "warning"]
    process = subprocess.Popen(  # noqa: ASYNC220  it takes a few milliseconds, and nothing else runs yet
        [sys.executable, "-P", "-m", "uvicorn", "orderloop.bench.bare_app:create", *options],
        env=dict(os.environ) | {bare_app.ADDRESS: postgres},
    )
    try:
        await _answers(port)
        yield process, port
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, 15)


async def _answers(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(ports.HOST, port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise BareAppSilent(f"no answer on port {port} within {START_SECONDS} s")


async def _load(port: int, seconds: float) -> tuple[int, float]:
    """How many requests were answered, in how many seconds; a client that costs little itself."""
    begun = time.perf_counter()

    async def client() -> int:
        reader, writer = await asyncio.open_connection(ports.HOST, port)
        number = 0
        while time.perf_counter() - begun < seconds:
            writer.write(_request())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(_length(head))
            number += 1
        writer.close()
        return number

    numbers = await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return sum(numbers), time.perf_counter() - begun


def _request() -> bytes:
    body = json.dumps({"customer_id": str(uuid4()), "amount": "12.50", "note": "as much as a command says"}).encode()
    head = (
        f"POST /orders HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _length(head: bytes) -> int:
    if b" 201 " not in head.partition(b"\r\n")[0]:
        raise BareAppSilent(f"it answered {head[:100]!r}")
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
