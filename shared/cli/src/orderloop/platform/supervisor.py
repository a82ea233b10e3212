"""The process that stays: starts the services, and starts again whatever dies, PostgreSQL and Kafka included.

It knows its charges by their records, so a new supervisor takes over those that an earlier one left running.
"""

import fcntl
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import IO

from contracts.errors import OrderloopError
from orderloop.platform import files, processes, rotation, services, stopping
from orderloop.platform import plan as plans
from orderloop.platform.home import home
from orderloop.platform.kafka import Kafka
from orderloop.platform.plan import Plan
from orderloop.platform.postgres import Postgres
from orderloop.platform.processes import Process, Start
from orderloop.platform.servers import Server

NAME = "supervisor"
GLANCE = 0.25  # seconds between two looks at everybody
PAUSES = (0.5, 30.0)  # the first wait before a restart, and the longest; each is twice the one before
STEADY = 60.0  # who has run this long starts with the first pause again
LOGS_EVERY = 10.0


@dataclass
class Charge:
    """One process to keep alive, and how patient we are with it."""

    name: str
    launch: Callable[[], Process]
    process: Process | None = None
    pause: float = 0.0
    due: float = 0.0
    since: float = 0.0
    failures: int = 0

    def look(self, now: float, tell: Callable[..., None]) -> None:
        """Start it when it does not run and its pause is over."""
        if self.process and self.process.alive:
            if now - self.since > STEADY:
                self.pause = 0.0
        elif self.process:
            self._rest(now)
            tell("died", name=self.name, pid=self.process.pid, again_in=self.pause)
            self.process = None
        elif now >= self.due:
            self._start(now, tell)

    def hurry(self) -> None:
        """Do not wait any longer; someone is looking."""
        self.pause = self.due = 0.0

    def _start(self, now: float, tell: Callable[..., None]) -> None:
        try:
            self.process = self.launch()
        except (OrderloopError, OSError) as error:
            self._rest(now)
            tell("not started", name=self.name, reason=str(error), again_in=self.pause)
        else:
            self.since = now
            tell("started", name=self.name, pid=self.process.pid)

    def _rest(self, now: float) -> None:
        self.failures += 1
        self.pause = min(max(self.pause * 2, PAUSES[0]), PAUSES[1])
        self.due = now + self.pause


class Supervisor:
    """Looks at its charges four times a second until it is told to stop."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.stopping = threading.Event()
        self.noted: dict[str, int] = {}
        self.servers = [Charge(server.name, server.launch) for server in own_servers(plan)]
        self.services = [Charge(each.name, self._launcher(each.name)) for each in plan.members]

    def run(self) -> None:
        """Take over, watch, and at the end stop everybody in the right order."""
        self._take_over()
        _ = signal.signal(signal.SIGTERM, self._end)
        _ = signal.signal(signal.SIGINT, self._end)
        _ = signal.signal(signal.SIGHUP, self._hurry)
        turned_over = 0.0
        while not self.stopping.wait(GLANCE):
            self.look()
            if time.monotonic() - turned_over > LOGS_EVERY:
                turned_over = time.monotonic()
                rotation.bound(self.plan.folder / "logs")
        tell("stopping")
        stopping.stop_all(self.plan.folder, lambda name: tell("stopped", name=name))

    def look(self) -> None:
        now = time.monotonic()
        for charge in (*self.servers, *self.services):
            charge.look(now, tell)
        self._note_failures()
        self._follow_addresses()

    def _note_failures(self) -> None:
        """For whoever waits: how often each has died or could not be started."""
        failures = {charge.name: charge.failures for charge in (*self.servers, *self.services)}
        if failures != self.noted:
            files.write(_failures_file(self.plan.records), json.dumps(failures))
            self.noted = failures

    def _take_over(self) -> None:
        for charge in (*self.servers, *self.services):
            charge.process = processes.recall(charge.name, self.plan.records)
            charge.since = time.monotonic()

    def _launcher(self, name: str) -> Callable[[], Process]:
        return lambda: processes.start(services.start_of(self.plan, name), self.plan.records)

    def _follow_addresses(self) -> None:
        """A server that lost its port to somebody else has another one now; the services must learn it."""
        moved = {server.name: server.address for server in own_servers(self.plan)}
        postgres = moved.get("postgres") or self.plan.postgres
        kafka = moved.get("kafka") or self.plan.kafka
        if (postgres, kafka) != (self.plan.postgres, self.plan.kafka):
            self.plan = replace(self.plan, postgres=postgres, kafka=kafka)
            self.plan.save()
            for charge in self.services:
                if charge.process:
                    charge.process.send(signal.SIGTERM)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        for charge in (*self.servers, *self.services):
            charge.hurry()


def own_servers(plan: Plan) -> list[Server]:
    """The servers that we start ourselves; others are not ours to watch."""
    postgres: list[Server] = [Postgres(plan.folder)] if plan.own_postgres else []
    kafka: list[Server] = [Kafka(plan.folder)] if plan.own_kafka else []
    return postgres + kafka


def tell(message: str, **facts: object) -> None:
    """One JSON line, in the form of the services' own logs."""
    entry = {"time": datetime.now(UTC).isoformat(), "level": "INFO", "service": NAME, "message": message} | facts
    print(json.dumps(entry), flush=True)


def alive(directory: Path) -> Process | None:
    return processes.recall(NAME, directory.resolve() / "run")


def failures(plan: Plan) -> dict[str, int]:
    """How often each charge of the present supervisor has died or could not be started."""
    try:
        entries: dict[str, int] = json.loads(_failures_file(plan.records).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return entries


def _failures_file(records: Path) -> Path:
    return records / "failures" / "count.json"


def start(plan: Plan) -> Process:
    """A supervisor in a session of its own, which goes on when the terminal closes."""
    _failures_file(plan.records).unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "orderloop.platform.supervisor", str(plan.folder)]
    wanted = Start(NAME, command, plan.log(NAME), services.plain_environment(), home())
    return processes.start(wanted, plan.records)


def main(directory: Path) -> int:
    plan = plans.saved(directory)
    if plan is None:
        tell("no plan", directory=str(directory))
        return 1
    with open(plan.records / "supervisor.lock", "w", encoding="ascii") as guard:
        if not _only_one(guard):
            tell("another supervisor runs already")
            return 1
        Supervisor(plan).run()
    return 0


def _only_one(guard: IO[str]) -> bool:
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
