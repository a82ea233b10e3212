"""What runs where: the one description that `up` writes and every other command reads."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from contracts.errors import Unavailable
from orderloop.platform import files, ports
from orderloop.platform.home import default_directory
from orderloop.platform.troubles import SettingMalformed

# the order is that of the ports: 8101 customer, 8102 sales …
SERVICES = ("customer", "sales", "order", "inventory", "finance", "service", "quality", "insight")
ISSUER = "orderloop-local"
AUDIENCE = "orderloop"
ROLES = ("api", "worker", "relay")


class NotRunning(Unavailable):
    """Most commands talk to a platform that is up."""


@dataclass(frozen=True)
class Member:
    """One process of a service. The first is called like the service; further ones `order-worker-2`, `order-api-2`."""

    name: str
    service: str
    port: int
    roles: tuple[str, ...] = ROLES


@dataclass(frozen=True)
class Plan:
    """Addresses of everything; a server is `own` when we start, watch and stop it ourselves."""

    directory: str
    postgres: str
    kafka: str
    own_postgres: bool
    own_kafka: bool
    base_port: int = 8100
    partitions: int = 3
    apis: int = 1
    workers: int = 1
    apart: bool = False

    def port(self, name: str) -> int:
        """Of a service's first process, or of the member of this name."""
        return self.member(name).port

    def member(self, name: str) -> Member:
        """The process of this name. Raises KeyError."""
        return {each.name: each for each in self.members}[name]

    @property
    def members(self) -> tuple[Member, ...]:
        """Every process of every service, the first ones first. Further ones take ports of the tens behind."""
        return tuple(
            Member(
                service if not suffix else f"{service}-{suffix}", service, self.base_port + 10 * ten + 1 + place, roles
            )
            for ten, (suffix, roles) in enumerate(self._processes())
            for place, service in enumerate(SERVICES)
        )

    def _processes(self) -> list[tuple[str, tuple[str, ...]]]:
        """Of one service: what follows its name, and the roles."""
        first: list[tuple[str, tuple[str, ...]]] = [("", ROLES)]
        if self.apart:
            first = [("", ("api",)), ("worker", ("worker",)), ("relay", ("relay",))]
        further_apis = [(f"api-{number}", ("api",)) for number in range(2, self.apis + 1)]
        further_workers = [(f"worker-{number}", ("worker",)) for number in range(2, self.workers + 1)]
        return [*first, *further_apis, *further_workers]

    def urls(self, service: str) -> tuple[str, ...]:
        """Where its API answers: each of its processes with that role."""
        members = (each for each in self.members if each.service == service and "api" in each.roles)
        return tuple(f"http://{ports.HOST}:{each.port}" for each in members)

    def url(self, service: str) -> str:
        """Where its HTTP API answers, such as `http://127.0.0.1:8103` for order."""
        return f"http://{ports.HOST}:{self.port(service)}"

    @property
    def folder(self) -> Path:
        return Path(self.directory)

    @property
    def records(self) -> Path:
        return self.folder / "run"

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    @property
    def jwks(self) -> Path:
        """The public half of the key that signs this platform's tokens."""
        return self.folder / "issuer" / "jwks.json"

    def password(self, service: str) -> str:
        """The service's own, for its own database."""
        return files.secret(self.folder / "passwords" / service)

    def database(self, service: str) -> str:
        """The service's own address of its own database."""
        parts = urlsplit(self.postgres)
        at = parts.netloc.rpartition("@")[2]
        login = f"{service}:{quote(self.password(service))}"
        return urlunsplit(("postgresql", f"{login}@{at}", f"/{service}", parts.query, ""))

    def save(self) -> None:
        """It holds the superuser's password, so only its owner may read it."""
        files.write(_file(self.folder), json.dumps(asdict(self), indent=2), mode=0o600)


@dataclass(frozen=True)
class Wishes:
    """What the environment says: addresses of servers that run elsewhere, first port, partitions of a topic."""

    postgres: str | None
    kafka: str | None
    base_port: int
    partitions: int
    apis: int = 1
    workers: int = 1
    apart: bool = False


def wishes() -> Wishes:
    """ORDERLOOP_POSTGRES, ORDERLOOP_KAFKA, ORDERLOOP_BASE_PORT (8100), ORDERLOOP_PARTITIONS (3); processes a service:
    ORDERLOOP_API (1), ORDERLOOP_WORKERS (1), ORDERLOOP_ROLES (`together`, or `apart`: one each for api, worker, relay).
    """
    return Wishes(
        postgres=os.environ.get("ORDERLOOP_POSTGRES") or None,
        kafka=os.environ.get("ORDERLOOP_KAFKA") or None,
        base_port=_number("ORDERLOOP_BASE_PORT", 8100, most=65_000),
        partitions=_number("ORDERLOOP_PARTITIONS", 3, most=1000),
        apis=_number("ORDERLOOP_API", 1, most=9),
        workers=_number("ORDERLOOP_WORKERS", 1, most=9),
        apart=_choice("ORDERLOOP_ROLES", "together", "apart") == "apart",
    )


def _choice(name: str, *choices: str) -> str:
    """The first of the choices when nothing is said."""
    text = os.environ.get(name) or choices[0]
    if text not in choices:
        raise SettingMalformed(f"{name} is {text!r}; set it to one of {', '.join(choices)}")
    return text


def _number(name: str, default: int, *, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise SettingMalformed(f"{name} is {text!r}; set it to a whole number from 1 to {most}")
    return int(text)


def saved(directory: Path | None = None) -> Plan | None:
    """The plan of the last `up`, whether or not it still runs."""
    try:
        return Plan(**json.loads(_file(directory or default_directory()).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def current(directory: Path | None = None) -> Plan:
    """The plan of the platform that was started here; a refusal that says how to start it when there is none."""
    plan = saved(directory)
    if plan is None:
        raise NotRunning("the platform is not up; start it with `make up`")
    return plan


def _file(directory: Path) -> Path:
    return directory.resolve() / "run" / "plan.json"
