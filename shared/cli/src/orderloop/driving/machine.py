"""What happens to machines: processes of one platform are killed, frozen, started a second time."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import cast

import aiohttp
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

from orderloop.driving.company import until_true
from orderloop.http import Json
from orderloop.platform import ports, processes, services, supervisor
from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.processes import Process

START_SECONDS = 60


class Machine:
    """The processes of a platform."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def process(self, name: str) -> Process:
        """The process of this name, which runs."""
        found = processes.recall(name, self.plan.records)
        assert found is not None, f"{name} does not run"
        return found

    def kill(self, name: str) -> Process:
        """End it at once (SIGKILL), without a chance to say goodbye; returns what was killed."""
        process = self.process(name)
        process.send(signal.SIGKILL)
        return process

    async def restarted(self, killed: Process) -> None:
        """Another process of the same name runs, and answers."""

        async def answers() -> bool:
            now = processes.recall(killed.name, self.plan.records)
            return now is not None and now.pid != killed.pid and await asyncio.to_thread(self.answers, killed.name)

        await until_true(answers, f"{killed.name} runs again", START_SECONDS)

    def answers(self, name: str) -> bool:
        """A service is ready; a server takes requests."""
        if name in SERVICES:
            return services.health(self.plan, name).ready
        return any(server.name == name and server.ready() for server in supervisor.own_servers(self.plan))

    def readiness(self, service: str) -> dict[str, object]:
        """What the service says of itself on /readyz."""
        return services.health(self.plan, service).facts

    @contextmanager
    def nobody_watches(self) -> Generator[None]:
        """The supervisor sleeps: what dies stays dead."""
        keeper = self.process(supervisor.NAME)
        keeper.send(signal.SIGSTOP)
        try:
            yield
        finally:
            keeper.send(signal.SIGCONT)

    @asynccontextmanager
    async def second(self, service: str) -> AsyncGenerator[Second]:
        """A second process of a service, on another port; ended when left."""
        started = Second(self.plan, service, ports.any_free())
        try:
            await until_true(started.ready, f"the second {service} is ready", START_SECONDS)
            yield started
        finally:
            await asyncio.to_thread(started.end)

    async def shares(self, service: str) -> list[int]:
        """How many partitions each process of the service works on, by Kafka's account."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.plan.kafka)
        await admin.start()
        try:
            answer = (await admin.describe_consumer_groups([service]))[0]
        finally:
            await admin.close()
        members = cast("list[dict[str, bytes]]", answer.to_object()["groups"][0]["members"])
        return sorted(_partitions(member["member_assignment"]) for member in members)


class Second:
    """A process beside the platform's own."""

    def __init__(self, plan: Plan, service: str, port: int) -> None:
        wanted = services.start_of(plan, service)
        self.url = f"http://{ports.HOST}:{port}"
        self._log = open(plan.log(f"second-{service}"), "ab")  # noqa: SIM115  closed in `end`
        self._child = subprocess.Popen(
            wanted.command,
            cwd=wanted.directory,
            env={**wanted.environment, f"{service.upper()}_PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    async def ready(self) -> Json | None:
        """Its readiness, once it is ready."""
        return await readiness_of(self.url)

    def ask_to_end(self) -> None:
        self._child.send_signal(signal.SIGTERM)

    def end(self) -> int:
        """Ask it to end; returns its exit status."""
        self.ask_to_end()
        try:
            return self._child.wait(30)
        finally:
            self._child.kill()
            self._log.close()


async def readiness_of(url: str) -> Json | None:
    """What /readyz says when it says that the process is ready."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz") as answer:
            return cast("Json", await answer.json()) if answer.status == HTTPStatus.OK else None
    except aiohttp.ClientError:
        return None


def _partitions(assignment: bytes) -> int:
    """Of a member's assignment, which is empty while the group shares its work out anew."""
    if not assignment:
        return 0
    decode = cast("Callable[[bytes], ConsumerProtocolMemberAssignment]", ConsumerProtocolMemberAssignment.decode)
    assigned = cast("list[tuple[str, list[int]]]", decode(assignment).assignment)
    return sum(len(partitions) for _, partitions in assigned)
