"""The members of a stand: PostgreSQL, Kafka, and each role of each service as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from campaign.launch.failpoints import Failpoints
from campaign.stand.shim import Shim
from orderloop.platform import processes
from orderloop.platform.home import home
from orderloop.platform.ports import HOST
from orderloop.platform.processes import Process, Start
from orderloop.platform.servers import Server

ROLES = ("api", "worker", "relay")


class Member(Protocol):
    """What the keeper needs of each."""

    shim: Shim | None
    process: Process | None

    @property
    def name(self) -> str: ...

    def launch(self) -> Process:
        """Start it; may take a while."""
        ...

    def family(self) -> list[Process]:
        """The processes that belong to it now."""
        ...

    async def ready(self) -> bool:
        """Whether it can do its work."""
        ...

    async def stop(self) -> None:
        """Ask it to end and wait; end it when it does not."""
        ...


@dataclass
class Program:
    """One role of a service."""

    name: str
    service: str
    role: str
    port: int
    log: Path
    records: Path
    environment: Mapping[str, str]
    failpoints: Failpoints
    shim: Shim | None = None
    process: Process | None = field(default=None, init=False)

    def launch(self) -> Process:
        command = [sys.executable, "-P", "-m", "campaign.launch", self.service, self.role]
        return processes.start(Start(self.name, command, self.log, self.environment, home()), self.records)

    def family(self) -> list[Process]:
        return [self.process] if self.process else []

    async def ready(self) -> bool:
        return await status_of(self.port, "/readyz") == 200

    async def answers(self) -> bool:
        """Whether it has got so far that it listens."""
        return await status_of(self.port, "/healthz") is not None

    async def stop(self) -> None:
        process = self.process
        if process is not None:
            process.send(signal.SIGTERM)
            if not await ended(process, 12):
                process.send(signal.SIGKILL)
                _ = await ended(process, 5)
        processes.forget(self.name, self.records)


@dataclass
class ServerMember:
    """PostgreSQL or Kafka."""

    server: Server
    shim: Shim | None = None
    process: Process | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return self.server.name

    def launch(self) -> Process:
        return self.server.launch()

    def family(self) -> list[Process]:
        """PostgreSQL's backends are processes, too."""
        if self.process is None:
            return []
        found = [self.process]
        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                birth = processes.birth_of(child.pid)
                found += [Process(self.name, child.pid, birth)] if birth else []
        return found

    async def ready(self) -> bool:
        return await asyncio.to_thread(self.server.ready)

    async def stop(self) -> None:
        await asyncio.to_thread(self.server.stop, 20.0)


async def ended(process: Process, seconds: float) -> bool:
    """Whether it is gone within this time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while process.alive:
        if loop.time() > deadline:
            return False
        await asyncio.sleep(0.02)
    return True


async def status_of(port: int, path: str, seconds: float = 2.0) -> int | None:
    """The HTTP status of an answer to GET; None when nobody answers in time."""
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            words = (await reader.readline()).split()
            return int(words[1]) if len(words) > 1 else None
    except (OSError, TimeoutError, ValueError):
        return None
    finally:
        if writer is not None:
            writer.close()
