"""PostgreSQL and Kafka together: start what does not run, wait until both answer, stop both."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from orderloop.platform import processes
from orderloop.platform.jars import Progress
from orderloop.platform.kafka import Kafka
from orderloop.platform.postgres import Postgres
from orderloop.platform.processes import Process
from orderloop.platform.troubles import ServerFailed

START_SECONDS = 60.0


@dataclass(frozen=True)
class Addresses:
    """Where the two servers answer; the PostgreSQL URL carries the superuser's password."""

    postgres: str
    kafka: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


class Server(Protocol):
    """What both have in common."""

    name: str

    @property
    def log(self) -> Path: ...
    @property
    def address(self) -> str | None: ...
    def process(self) -> Process | None: ...
    def launch(self) -> Process: ...
    def ready(self) -> bool: ...
    def stop(self, seconds: float = ...) -> None: ...


def start(
    directory: Path, progress: Progress | None = None, *, wanted: frozenset[str] = frozenset({"postgres", "kafka"})
) -> Addresses:
    """The wanted servers, running and answering; those that run already are left alone."""
    directory = directory.resolve()
    postgres, kafka = Postgres(directory), Kafka(directory)
    with ThreadPoolExecutor(2) as pool:
        database = pool.submit(_started, postgres, postgres.launch) if "postgres" in wanted else None
        broker = pool.submit(_started, kafka, lambda: kafka.launch(progress)) if "kafka" in wanted else None
        return Addresses(database.result() if database else "", broker.result() if broker else "")


def _started(server: Server, launch: Callable[[], Process]) -> str:
    process = launch()
    happened = processes.until(lambda: server.ready() or not process.alive, START_SECONDS)
    address = server.address
    if not happened or not process.alive or address is None:
        raise ServerFailed(f"{server.name} did not start; its log {server.log} ends with: {_end_of(server.log)}")
    return address


def _end_of(log: Path) -> str:
    paths = [path for path in (log, log.with_suffix(".out")) if path.is_file()]
    lines = [line for path in paths for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]]
    return " / ".join(lines) or "nothing"


def stop(directory: Path) -> None:
    """Kafka first, then PostgreSQL; each has time to write what it holds."""
    directory = directory.resolve()
    Kafka(directory).stop()
    Postgres(directory).stop()
