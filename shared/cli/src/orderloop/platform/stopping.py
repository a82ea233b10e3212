"""Stopping in the right order: services drain while Kafka and PostgreSQL still answer, then those two."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from orderloop.platform import processes
from orderloop.platform.kafka import Kafka
from orderloop.platform.plan import SERVICES
from orderloop.platform.postgres import Postgres

DRAIN_SECONDS = 20.0


def stop_all(directory: Path, stopped: Callable[[str], None]) -> None:
    """Stop what is recorded under this directory and still runs; anything else is not ours."""
    records = directory / "run"
    _stop_services(records, stopped)
    for server in (Kafka(directory), Postgres(directory)):
        if server.process():
            server.stop()
            stopped(server.name)


def _stop_services(records: Path, stopped: Callable[[str], None]) -> None:
    running = [process for name in SERVICES if (process := processes.recall(name, records))]
    for process in running:
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + DRAIN_SECONDS
    for process in running:
        if not process.wait(max(0.0, deadline - time.monotonic())):
            _ = process.stop(ask=signal.SIGKILL)
        processes.forget(process.name, records)
        stopped(process.name)
