"""Stopping in the right order: services drain while Kafka and PostgreSQL still answer, then those two."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

from orderloop.platform import plan as plans
from orderloop.platform import processes
from orderloop.platform.kafka import Kafka
from orderloop.platform.plan import SERVICES
from orderloop.platform.postgres import Postgres

DRAIN_SECONDS = 20.0


def stop_all(directory: Path, stopped: Callable[[str], None]) -> None:
    """Stop what is recorded under this directory and still runs; anything else is not ours."""
    _stop_services(directory, stopped)
    for server in (Kafka(directory), Postgres(directory)):
        if server.process():
            server.stop()
            stopped(server.name)


def services_of(directory: Path) -> list[str]:
    """The processes of services that were started here, by the plan."""
    plan = plans.saved(directory)
    return [member.name for member in plan.members] if plan else list(SERVICES)


def _stop_services(directory: Path, stopped: Callable[[str], None]) -> None:
    records = directory / "run"
    running = [process for name in services_of(directory) if (process := processes.recall(name, records))]
    for process in running:
        process.send(signal.SIGTERM)
    deadline = time.monotonic() + DRAIN_SECONDS
    for process in running:
        if not process.wait(max(0.0, deadline - time.monotonic())):
            _ = process.stop(ask=signal.SIGKILL)
        processes.forget(process.name, records)
        stopped(process.name)
