"""Who keeps the members of a stand running: what has died is started again, unless it is held down."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Callable

from campaign.stand.members import Member, Program
from contracts.errors import OrderloopError
from orderloop.platform.processes import Process

GLANCE = 0.1
"""Seconds between two looks at everybody."""

PAUSE = 0.5
"""Seconds between a death and the start that follows, as the supervisor's first."""

LISTENS_SECONDS = 20.0


class Keeper:
    """Looks at its members until it is stopped. At most as many programs start at once as there are processors."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self.members: dict[str, Member] = {}
        self.held: set[str] = set()
        self.starts: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()
        self._tell = tell
        self._due: dict[str, float] = {}
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._gate = asyncio.Semaphore(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
        self._watching: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Begin to look after the members."""
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Start nobody any more; whoever is being started has come so far that it can be stopped."""
        if self._watching is not None:
            _ = self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        for task in tuple(self._starting.values()):
            _ = await asyncio.wait([task])

    async def start(self, member: Member) -> None:
        """Start it now, and from now on keep it running."""
        self.members[member.name] = member
        _ = await asyncio.wait([self._begin(member)])

    def entrust(self, member: Member) -> None:
        """Keep it running; it is started with the next look."""
        self.members[member.name] = member

    async def let_go(self, name: str) -> Member:
        """Keep it no longer."""
        member = self.members.pop(name)
        if name in self._starting:
            _ = await asyncio.wait([self._starting[name]])
        return member

    async def _watch(self) -> None:
        while True:
            now = asyncio.get_running_loop().time()
            for member in tuple(self.members.values()):
                self._look(member, now)
            await asyncio.sleep(GLANCE)

    def _look(self, member: Member, now: float) -> None:
        name = member.name
        if member.process is not None and not member.process.alive:
            self._tell("died", name, pid=member.process.pid)
            self.deaths[name] += 1
            self._due[name] = now + PAUSE
            member.process = None
        missing = member.process is None and name not in self.held and name not in self._starting
        if missing and now >= self._due.get(name, 0.0):
            _ = self._begin(member)

    def _begin(self, member: Member) -> asyncio.Task[None]:
        task = asyncio.create_task(self._start(member))
        self._starting[member.name] = task
        task.add_done_callback(lambda _: self._starting.pop(member.name, None))
        return task

    async def _start(self, member: Member) -> None:
        try:
            if isinstance(member, Program):
                async with self._gate:
                    if member.name not in self.held:
                        self._launched(member, member.launch())
                        await self._until_it_listens(member)
            else:
                self._launched(member, await asyncio.to_thread(member.launch))
        except (OrderloopError, OSError) as fault:
            self._due[member.name] = asyncio.get_running_loop().time() + PAUSE
            self._tell("not started", member.name, reason=str(fault))

    def _launched(self, member: Member, process: Process) -> None:
        member.process = process
        self.starts[member.name] += 1
        self._tell("started", member.name, pid=process.pid)

    async def _until_it_listens(self, member: Program) -> None:
        """Until then it does nothing but import, on one processor; whoever waits at the gate does well to wait."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LISTENS_SECONDS
        while loop.time() < deadline and member.process is not None and not await member.answers():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
