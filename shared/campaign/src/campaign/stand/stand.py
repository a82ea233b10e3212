"""The platform under test, on one machine: every part its own process, every connection through a proxy of ours.

`async with standing(directory) as stand:` starts PostgreSQL, Kafka and, of each service, api, worker and relay; leaving
it stops all of them, whatever happened in between. Logs stay in `directory/logs`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import signal
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from campaign.launch.failpoints import Failpoints
from campaign.stand import addresses, assembly, shim
from campaign.stand.keeper import Keeper
from campaign.stand.members import ROLES, Member, Program, ServerMember, ended
from campaign.stand.preparing import prepare
from campaign.stand.proxy import Proxy
from campaign.stand.shim import Shim, ShimUnavailable
from contracts.errors import NotFound, Unavailable
from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.processes import Process

ServerName = Literal["postgres", "kafka"]
START_SECONDS = 120.0
DEATHS_BORNE = 5


class MemberUnknown(NotFound):
    """A member is named after its service and role, such as `order-worker`; or it is `postgres` or `kafka`."""


class NotReady(Unavailable):
    """A member did not become ready in time; its log says why."""


class Stand:
    """Made by `standing`. A member that was killed comes back after half a second unless it is held down."""

    def __init__(self, parts: assembly.Parts) -> None:
        self.parts = parts
        self.directory = parts.directory
        self.journal_path = parts.directory / "journal.jsonl"
        self.services = parts.services
        self.keeper = Keeper(self._tell)
        self._plan: Plan | None = None
        self._paused: dict[str, list[Process]] = {}

    # what is where

    @property
    def plan(self) -> Plan:
        """Direct addresses of PostgreSQL, Kafka and the APIs: no proxy of ours in between."""
        assert self._plan is not None, "the stand has been started"
        return self._plan

    def database(self, service: str) -> str:
        """An administrator's direct address of the service's database."""
        parts = urlsplit(self.plan.postgres)
        return urlunsplit((parts.scheme, parts.netloc, f"/{service}", parts.query, ""))

    @asynccontextmanager
    async def sql(self, service: str, *, seconds: float = 60) -> AsyncGenerator[asyncpg.Connection]:
        """An administrator's connection to a service's database, past the proxies; `seconds` for one statement."""
        connection = await asyncpg.connect(self.database(service), timeout=5, command_timeout=seconds)
        try:
            yield connection
        finally:
            connection.terminate()

    def proxy(self, service: str, server: ServerName) -> Proxy:
        """Through which every process of the service reaches this server."""
        return self.parts.proxies[service, server]

    @property
    def proxies(self) -> tuple[Proxy, ...]:
        return tuple(self.parts.proxies.values())

    @property
    def names(self) -> tuple[str, ...]:
        """All members, PostgreSQL and Kafka first."""
        return tuple(self.keeper.members)

    def member(self, name: str) -> Member:
        try:
            return self.keeper.members[name]
        except KeyError:
            raise MemberUnknown(f"there is no member {name!r}; choose one of {', '.join(self.names)}") from None

    def process(self, name: str) -> Process | None:
        """The one that runs now."""
        return self.member(name).process

    def starts(self, name: str) -> int:
        """How often the member has been started."""
        return self.keeper.starts[name]

    def deaths(self, name: str) -> int:
        """How often the member was found dead, for whatever reason."""
        return self.keeper.deaths[name]

    # what can be done to a member

    def kill(self, name: str) -> None:
        """SIGKILL; of PostgreSQL the postmaster alone, as the out-of-memory killer may do it."""
        process = self.member(name).process
        if process is not None:
            self._tell("killed", name, pid=process.pid)
            process.send(signal.SIGKILL)

    def pause(self, name: str) -> None:
        """SIGSTOP to the member's processes, those of PostgreSQL's backends included."""
        family = self.member(name).family()
        self._paused.setdefault(name, []).extend(family)
        self._tell("paused", name)
        for process in family:
            process.send(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """SIGCONT to what was paused."""
        for process in self._paused.pop(name, []):
            process.send(signal.SIGCONT)
        self._tell("resumed", name)

    async def terminate(self, name: str, seconds: float = 30.0) -> bool:
        """SIGTERM, and wait until it has ended; says whether it did in time."""
        process = self.member(name).process
        if process is None:
            return True
        self._tell("terminated", name, pid=process.pid)
        process.send(signal.SIGTERM)
        return await ended(process, seconds)

    def hold_down(self, name: str) -> None:
        """Once it is dead it stays dead."""
        self.keeper.held.add(self.member(name).name)

    def let_up(self, name: str) -> None:
        """The keeper starts it again."""
        self.keeper.held.discard(name)

    def arm(self, name: str, failpoint: str) -> None:
        """The next time that the member comes to this place in its work it kills itself; once."""
        self._program(name).failpoints.arm(failpoint)

    def failpoints(self, name: str) -> Failpoints:
        """What is armed, and how often the member has died of it."""
        return self._program(name).failpoints

    def shim(self, name: str) -> Shim:
        """Disk and clock of this member. Raises ShimUnavailable."""
        found = self.member(name).shim
        if found is None:
            raise ShimUnavailable(shim.missing() or "this stand was started without the shim")
        return found

    async def add(self, service: str, role: str) -> str:
        """One more process of this role, such as `order-worker-2`; returns its name once it has been started."""
        name = next(found for number in itertools.count(2) if (found := f"{service}-{role}-{number}") not in self.names)
        taken = [member.port for member in self.keeper.members.values() if isinstance(member, Program)]
        port = addresses.spare_port(self.plan.base_port, service, taken)
        await self.keeper.start(self.parts.program(self.plan, name, service, role, port))
        return name

    async def remove(self, name: str) -> None:
        """End it in peace and forget it."""
        _ = self._program(name)
        self.hold_down(name)
        self.resume(name)
        await (await self.keeper.let_go(name)).stop()
        self.keeper.held.discard(name)

    async def ready(self, names: Iterable[str] | None = None, seconds: float = 60.0) -> None:
        """Wait until all of these (everybody who is not held down) can do their work. Raises NotReady."""
        waiting = set(names) if names is not None else set(self.names) - self.keeper.held
        before = {name: self.deaths(name) for name in waiting}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while waiting := {name for name in waiting if not await self._is_ready(name)}:
            hopeless = [name for name in waiting if self.deaths(name) - before[name] >= DEATHS_BORNE]
            if hopeless or loop.time() > deadline:
                raise NotReady(f"not ready: {', '.join(sorted(hopeless or waiting))}; see {self.directory / 'logs'}")
            await asyncio.sleep(0.1)

    def heal(self) -> None:
        """No fault is left: paused members go on, held ones come back, proxies, disks and clocks are as they should."""
        for name in tuple(self._paused):
            self.resume(name)
        self.keeper.held.clear()
        for proxy in self.proxies:
            proxy.heal()
        for member in self.keeper.members.values():
            if member.shim is not None:
                member.shim.heal()
            if isinstance(member, Program):
                member.failpoints.disarm()

    # from nothing to ready and back

    async def start(self) -> None:
        """Everything, in the order in which one needs the other."""
        await self.parts.open_proxies()
        await asyncio.gather(*(self.keeper.start(server) for server in self.parts.servers()))
        self.keeper.watch()
        await self.ready(("postgres", "kafka"))
        self._plan = self.parts.plan()
        self._plan.save()
        await prepare(self._plan, self.services)
        for role, service in itertools.product(ROLES, self.services):
            port = addresses.port_at(self.plan.base_port, ROLES.index(role), service)
            program = self.parts.program(self.plan, f"{service}-{role}", service, role, port)
            self.keeper.entrust(program)
        await self.ready(seconds=START_SECONDS)

    async def stop(self) -> None:
        """Services first, which finish what they have in hand; then Kafka and PostgreSQL."""
        await self.keeper.stop()
        self.heal()
        members = tuple(self.keeper.members.values())
        await asyncio.gather(*(self._stop(member) for member in members if isinstance(member, Program)))
        await asyncio.gather(*(self._stop(member) for member in members if isinstance(member, ServerMember)))
        await self.parts.close_proxies()

    def end_at_once(self) -> None:
        """Whatever still runs, by SIGKILL."""
        for member in self.keeper.members.values():
            for process in member.family():
                process.send(signal.SIGKILL)

    async def _stop(self, member: Member) -> None:
        await member.stop()
        self._tell("stopped", member.name)

    async def _is_ready(self, name: str) -> bool:
        member = self.member(name)
        return member.process is not None and await member.ready()

    def _program(self, name: str) -> Program:
        found = self.member(name)
        if not isinstance(found, Program):
            raise MemberUnknown(f"{name} is no process of a service")
        return found

    def _tell(self, what: str, name: str, **facts: object) -> None:
        """One line in `logs/stand.log`: what happened to whom."""
        path = self.directory / "logs" / "stand.log"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(path, "a", encoding="utf-8") as log:
            log.write(json.dumps({"at": datetime.now(UTC).isoformat(), "member": name, "what": what} | facts) + "\n")


@asynccontextmanager
async def standing(
    directory: Path,
    *,
    planted: str | None = None,
    services: Sequence[str] = SERVICES,
    base_port: int | None = None,
    partitions: int = 3,
) -> AsyncGenerator[Stand]:
    """A stand that is ready. `planted`: the bug that every process carries; `base_port`: of a block of a hundred."""
    folder = await asyncio.to_thread(assembly.cleared, directory)
    parts = assembly.Parts(folder, tuple(services), planted, base_port or addresses.free_block(), partitions)
    stand = Stand(parts)
    try:
        await stand.start()
        yield stand
    finally:
        try:
            await stand.stop()
        finally:
            stand.end_at_once()
