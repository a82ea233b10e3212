"""A service, put together: what it is (`Service`) and the parts of it that run in this process (`Running`)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import APIRouter, Depends, FastAPI
from sqlalchemy import MetaData

from kit import docs, health, history, idempotency, inbox, migrations, ops, parking, problems, telemetry
from kit.auth import Authenticator, RequireToken
from kit.consumer import Consumer
from kit.database import Database
from kit.executor import Executor
from kit.parsing import refuse_unfit_text
from kit.reactions import Reactions
from kit.relay import Relay
from kit.routing import AnswerCommands, Commands
from kit.settings import Settings
from kit.telemetry import FASTAPI_TELEMETRY, Metrics, TraceRequests
from kit.timers import TimerRunner, Timers
from kit.wake import Notifier
from kit.worker import Worker

log = logging.getLogger(__name__)

Role = Literal["api", "worker", "relay"]
ROLES: tuple[Role, ...] = ("api", "worker", "relay")


@dataclass(frozen=True)
class Service:
    """What a service is made of. `name` is its package, database, topic and consumer group."""

    name: str
    summary: str
    commands: Commands
    queries: APIRouter
    reactions: Reactions
    metadata: MetaData
    timers: Timers = field(default_factory=Timers)


class Running:
    """The running parts of a service in one process; nothing is started before `start`."""

    def __init__(self, service: Service, settings: Settings, roles: Sequence[Role] = ROLES) -> None:
        self.service = service
        self.roles = roles
        self.draining = False
        self.metrics: Metrics = telemetry.configure(service.name)
        self.database = Database(settings.database, name=service.name, pool_size=settings.pool_size)
        self.head = migrations.heads(service.name)[-1]
        self.relay = Relay(self.database.dsn, settings.kafka, service.name, metrics=self.metrics)
        self.notifier = Notifier(self.database)
        self.execute = Executor(self.database, self.committed)
        self.consumer = Consumer(service.name, self.database, service.reactions, self.committed, self.metrics)
        self.worker = Worker(self.consumer, settings.kafka, session_seconds=settings.session_seconds)
        self.timers = TimerRunner(self.database, service.timers, self.committed)
        self.drain_seconds = settings.drain_seconds
        self.broken: asyncio.Event = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._working: asyncio.Task[None] | None = None

    @property
    def needs_broker(self) -> bool:
        return "api" not in self.roles

    def committed(self) -> None:
        """Events were committed: the relay, here or elsewhere, is to look now."""
        if self.relay.active:
            self.relay.wake()
        else:
            self.notifier.poke()

    def retry_parked_soon(self) -> None:
        self.worker.retry_soon()

    def broker_state(self) -> str:
        faults = [self.worker.last_fault if "worker" in self.roles else None]
        faults += [self.relay.last_fault if "relay" in self.roles else None]
        found = next((fault for fault in faults if fault), None)
        return f"down: {found}" if found else "ok"

    def relay_state(self) -> str:
        if "relay" not in self.roles:
            return "elsewhere"
        return f"active, epoch {self.relay.epoch}" if self.relay.active else "standby"

    def start(self) -> None:
        if "relay" in self.roles:
            self._begin("relay", self.relay.run)
        self._begin("notifier", self.notifier.run)
        if "worker" in self.roles:
            self._working = self._begin("worker", self.worker.run)
            self._begin("timers", self.timers.run)
        self._begin("upkeep", self._upkeep)

    async def stop(self) -> None:
        """Finish the batch in hand, let go of the relay's lock, close the connections; at most `drain_seconds`."""
        self.draining = True
        self.worker.stop()
        if self._working is not None:
            with suppress(TimeoutError, asyncio.CancelledError):
                async with asyncio.timeout(self.drain_seconds):
                    await self._working
        for task in self._tasks:
            _ = task.cancel()
        _ = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.database.close()
        await asyncio.to_thread(telemetry.shutdown)

    def _begin(self, name: str, run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        async def guarded() -> None:
            try:
                await run()
            except BaseException as fault:
                task = asyncio.current_task()
                if isinstance(fault, asyncio.CancelledError) and task is not None and task.cancelling():
                    raise  # we asked for it; a library's own cancelled task comes out of `await` just the same
                log.exception("%s has stopped for a reason that it does not know; the process ends", name)
                self.broken.set()

        task = asyncio.create_task(guarded(), name=name)
        self._tasks.append(task)
        return task

    async def _upkeep(self) -> None:
        """Now and then: count the parked keys, forget old answers and the ids of old events."""
        while True:
            with suppress(Exception):
                async with self.database.begin() as tx:
                    if self.metrics.on:
                        self.metrics.parked_keys.set((await parking.counts(tx))[0])
                    await idempotency.forget_old(tx)
                    await inbox.forget_old(tx)
            await asyncio.sleep(10 if self.metrics.on else 600)


def create_app(service: Service, settings: Settings, roles: Sequence[Role] = ROLES, *, start: bool = True) -> FastAPI:
    """The web application of a service. With `start=False` no relay, worker or timer runs: for tests."""
    running = Running(service, settings, roles)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        if start:
            running.start()
        yield
        await running.stop()

    app = FastAPI(
        title=f"Orderloop {service.name}",
        summary=service.summary,
        version="1",
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(refuse_unfit_text)],
        lifespan=lifespan,
        telemetry=FASTAPI_TELEMETRY,
    )
    app.state.running = running
    if "api" in roles:
        # Straight into the application: matching a request through included routers costs more than the command's SQL.
        app.router.routes.extend(service.commands.router.routes)
        app.include_router(service.queries)
        app.add_middleware(AnswerCommands, commands=service.commands)
    for router in (health.router, ops.router, history.router):
        app.include_router(router)
    problems.install(app)
    if "api" in roles:
        _declare_commands(app, service.commands)
    docs.install(app)
    authenticator = Authenticator(jwks=settings.jwks, issuer=settings.issuer, audience=settings.audience)
    app.add_middleware(RequireToken, authenticator=authenticator)
    app.add_middleware(TraceRequests)
    return app


def _declare_commands(app: FastAPI, commands: Commands) -> None:
    generate = app.openapi

    def openapi() -> dict[str, Any]:  # Any: JSON
        known = app.openapi_schema is not None
        document = generate()
        if not known:
            commands.declare(document)
        return document

    app.openapi = openapi
