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
SERVICES = ("customer", "sales", "order", "inventory", "finance", "service", "quality")
ISSUER = "orderloop-local"
AUDIENCE = "orderloop"


class NotRunning(Unavailable):
    """Most commands talk to a platform that is up."""


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

    def port(self, service: str) -> int:
        return self.base_port + 1 + SERVICES.index(service)

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


def wishes() -> Wishes:
    """ORDERLOOP_POSTGRES, ORDERLOOP_KAFKA, ORDERLOOP_BASE_PORT (8100), ORDERLOOP_PARTITIONS (3)."""
    return Wishes(
        postgres=os.environ.get("ORDERLOOP_POSTGRES") or None,
        kafka=os.environ.get("ORDERLOOP_KAFKA") or None,
        base_port=_number("ORDERLOOP_BASE_PORT", 8100, most=65_000),
        partitions=_number("ORDERLOOP_PARTITIONS", 3, most=1000),
    )


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
