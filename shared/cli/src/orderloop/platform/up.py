"""`up`: from nothing, or from whatever is left, to a platform whose every part is ready."""

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from contracts.errors import Refused
from orderloop.platform import checks, databases, files, processes, servers, services, supervisor, topics
from orderloop.platform.display import Display, Step
from orderloop.platform.issuer import Issuer
from orderloop.platform.plan import SERVICES, Plan, Wishes, saved, wishes
from orderloop.platform.troubles import ServerFailed

READY_SECONDS = 90.0
DEATHS_BORNE = 3


class RunsOtherwise(Refused):
    """A running platform keeps its addresses and ports until it is stopped."""


class ServicesNotReady(ServerFailed):
    """All services have to answer on /readyz."""


def up(directory: Path, display: Display) -> tuple[Plan, bool]:
    """Bring everything up, or heal what is missing; returns the plan, and whether it was running before."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    with files.alone(directory / "run" / "up.lock"):  # a second `up` waits, and then finds everything running
        wanted = wishes()
        was_up = supervisor.alive(directory) is not None
        if was_up:
            _refuse_other_settings(saved(directory), wanted)
        plan = _checked(directory, wanted, display, was_up=was_up)
        plan = _with_servers(plan, wanted, display)
        _prepare(plan, display)
        _start_services(plan, display)
    return plan, was_up


def _checked(directory: Path, wanted: Wishes, display: Display, *, was_up: bool) -> Plan:
    plan = Plan(
        directory=str(directory),
        postgres=wanted.postgres or "",
        kafka=wanted.kafka or "",
        own_postgres=wanted.postgres is None,
        own_kafka=wanted.kafka is None,
        base_port=wanted.base_port,
        partitions=wanted.partitions,
        apis=wanted.apis,
        workers=wanted.workers,
        apart=wanted.apart,
    )
    with display.step("This machine") as step:
        checks.python()
        checks.disk(directory)
        checks.service_ports(plan)
        step.detail = (None if was_up else checks.memory()) or "disk, memory and ports are fine"
    return plan


def _refuse_other_settings(running: Plan | None, wanted: Wishes) -> None:
    if running is None:
        return
    same_servers = (running.own_postgres or running.postgres) == (wanted.postgres or True)
    same_broker = (running.own_kafka or running.kafka) == (wanted.kafka or True)
    same_processes = (running.apis, running.workers, running.apart) == (wanted.apis, wanted.workers, wanted.apart)
    if not (same_servers and same_broker and same_processes and running.base_port == wanted.base_port):
        raise RunsOtherwise(
            "it runs already with other addresses, ports or processes; `make down` first, then start it again"
        )


def _with_servers(plan: Plan, wanted: Wishes, display: Display) -> Plan:
    """Our own servers and those of others make no difference from here on."""
    with display.step("PostgreSQL and Kafka") as step:
        addresses = _addresses(plan, step)
        plan = replace(plan, postgres=wanted.postgres or addresses.postgres, kafka=wanted.kafka or addresses.kafka)
        step.detail = f"{plan.postgres.rpartition('@')[2].partition('/')[0]} and {plan.kafka}"
        plan.save()
    return plan


def _addresses(plan: Plan, step: Step) -> servers.Addresses:
    def downloaded(done: int, total: int) -> None:
        step.say("fetching Kafka, this once" if done < total else "starting")
        step.progress(done, total)

    step.say("starting")
    return servers.start(plan.folder, downloaded, wanted=_own(plan))


def _own(plan: Plan) -> frozenset[str]:
    return frozenset(name for name, own in (("postgres", plan.own_postgres), ("kafka", plan.own_kafka)) if own)


def _prepare(plan: Plan, display: Display) -> None:
    with display.step("Databases and topics") as step:
        made = asyncio.run(_ensure_all(plan))
        _ = Issuer(plan.folder).ensure()
        step.detail = f"{made[0]} databases and {made[1]} topics made" if any(made) else "all there"


async def _ensure_all(plan: Plan) -> tuple[int, int]:
    made = await asyncio.gather(databases.ensure(plan), topics.ensure(plan))
    return len(made[0]), len(made[1])


def _start_services(plan: Plan, display: Display) -> None:
    with display.step("Services", total=len(plan.members)) as step:
        running = supervisor.alive(plan.folder)
        before = supervisor.failures(plan) if running else {}
        if running:
            running.send(signal.SIGHUP)
        _await_ready(Watch(plan, before=before), running or supervisor.start(plan), step)
        more = f", in {len(plan.members)} processes" if len(plan.members) > len(SERVICES) else ""
        step.detail = f"all eight ready{more}"


@dataclass
class Watch:
    """What has been seen of the services while waiting: who is ready; `before`: how often each had died until then."""

    plan: Plan
    ready: set[str] = field(default_factory=set)
    before: dict[str, int] = field(default_factory=dict)

    def look(self, pool: ThreadPoolExecutor) -> bool:
        states = pool.map(self._health, self.names)
        self.ready = {name for name, state in zip(self.names, states, strict=True) if state.ready}
        return not self.missing

    @property
    def names(self) -> list[str]:
        return [member.name for member in self.plan.members]

    @property
    def missing(self) -> list[str]:
        return [name for name in self.names if name not in self.ready]

    def _health(self, name: str) -> services.Health:
        return services.health(self.plan, name)

    @property
    def hopeless(self) -> str | None:
        """Who died too often since we began to wait."""
        now = supervisor.failures(self.plan)
        return next((name for name in self.names if now.get(name, 0) - self.before.get(name, 0) >= DEATHS_BORNE), None)


def _await_ready(watch: Watch, keeper: processes.Process, step: Step) -> None:
    def settled() -> bool:
        done = watch.look(pool)
        step.progress(len(watch.ready), len(SERVICES))
        step.say("waiting for " + ", ".join(watch.missing))
        return done or watch.hopeless is not None or not keeper.alive

    with ThreadPoolExecutor(len(watch.names)) as pool:
        in_time = processes.until(settled, READY_SECONDS, pause=0.1)
    if not in_time or watch.missing:
        raise ServicesNotReady(_complaint(watch.plan, watch, keeper))


def _complaint(plan: Plan, watch: Watch, keeper: processes.Process) -> str:
    if not keeper.alive:
        return f"the supervisor ended; see {plan.log(supervisor.NAME)}"
    name = watch.hopeless or watch.missing[0]
    how = "keeps dying" if watch.hopeless else f"is not ready: {services.health(plan, name).reason}"
    return f"{name} {how}; `make logs NAME={name}` shows why. Last line: {_last_line(plan.log(name))}"


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if log.is_file() else []
    return lines[-1][:300] if lines else "nothing logged"
