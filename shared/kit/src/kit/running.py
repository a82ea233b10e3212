"""What `python -m <service>` does: serve, with all roles in one process or only some; migrate."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from types import FrameType

import uvicorn
import uvloop

from kit import logs, migrations
from kit.service import ROLES, Role, Service, create_app
from kit.settings import Settings

USAGE = """usage: python -m {name} [api|worker|relay ...]   serve these roles (default: all of them)
       python -m {name} migrate                  bring the database up to date, then end
It is configured by {prefix}* variables; see docs/operations.md."""


class Server(uvicorn.Server):
    """uvicorn, which says `draining` on /readyz from the first SIGTERM on and ends when a part is broken."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self.service = service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.config.app.state.running.draining = True  # type: ignore[union-attr]  # it is the FastAPI application
        super().handle_exit(sig, frame)
        self._captured_signals.clear()  # uvicorn would end the process by the signal: a drained one ends with 0


def main(service: Service, settings_class: type[Settings] = Settings) -> None:
    """Parse the arguments, read the environment, serve until SIGTERM."""
    prefix = f"{service.name.upper()}_"
    arguments = sys.argv[1:]
    if any(argument not in (*ROLES, "migrate") for argument in arguments):
        raise SystemExit(USAGE.format(name=service.name, prefix=prefix))
    settings = settings_class(_env_prefix=prefix)  # type: ignore[call-arg]  # the values come from the environment
    logs.configure(service.name, settings.log_level)
    roles: tuple[Role, ...] = tuple(role for role in ROLES if role in arguments) or ROLES
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if "migrate" in arguments or settings.migrate:
            runner.run(migrations.upgrade(service.name, settings.database))
        if "migrate" not in arguments:
            broken = runner.run(_serve(service, settings, roles))
            if broken:
                raise SystemExit(1)


async def _serve(service: Service, settings: Settings, roles: tuple[Role, ...]) -> bool:
    app = create_app(service, settings, roles)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="httptools",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=int(settings.drain_seconds),
        timeout_keep_alive=60,
        server_header=False,
    )
    server = Server(config, service)
    broken = app.state.running.broken

    async def end_when_broken() -> None:
        await broken.wait()
        server.handle_exit(signal.SIGTERM, None)

    watch = asyncio.create_task(end_when_broken())
    _collect_rarely()
    await server.serve()
    _ = watch.cancel()
    return bool(broken.is_set()) or not server.started


def _collect_rarely() -> None:
    """What is there at the start stays; looking for garbage in it again and again took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
