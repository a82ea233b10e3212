"""The seven services as processes: how each is started, and whether it is ready."""

import http.client
import json
import os
import sys
from dataclasses import dataclass
from typing import cast

from orderloop.platform import ports
from orderloop.platform.home import home
from orderloop.platform.plan import AUDIENCE, ISSUER, Plan
from orderloop.platform.processes import Start

PRIVATE = ("ORDERLOOP_POSTGRES",)  # a superuser's password is none of a service's business


def settings_of(plan: Plan, service: str) -> dict[str, str]:
    """What the service reads from its environment, each name with the service's prefix."""
    settings = {
        "database": plan.database(service),
        "kafka": plan.kafka,
        "jwks": str(plan.jwks),
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "host": ports.HOST,
        "port": str(plan.port(service)),
        "session_seconds": "4" if plan.own_kafka else "6",  # so soon a killed worker is missed; ours allows less
        "migrate": "true",  # one process a service, so it may bring its own database up to date
    }
    return {f"{service}_{name}".upper(): value for name, value in settings.items()}


def start_of(plan: Plan, service: str) -> Start:
    """All roles of the service in one process; `-P`: nothing is imported from the folder it happens to run in."""
    environment = plain_environment() | settings_of(plan, service)
    return Start(service, [sys.executable, "-P", "-m", service], plan.log(service), environment, home())


def plain_environment() -> dict[str, str]:
    """What every Python process of ours gets: our own environment, and output that is not held back."""
    kept = {name: value for name, value in os.environ.items() if name not in PRIVATE}
    return kept | {"PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Health:
    """The answer of /readyz: 200 means ready; `facts` is its body when that is a JSON object."""

    ready: bool
    reason: str
    facts: dict[str, object]


def health(plan: Plan, service: str, seconds: float = 2) -> Health:
    """Ask /readyz; http.client, because a proxy from the environment has no business here."""
    connection = http.client.HTTPConnection(ports.HOST, plan.port(service), timeout=seconds)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        facts = _facts(answer.read())
        return Health(answer.status == 200, _reason(answer.status, facts), facts)
    except (OSError, http.client.HTTPException) as error:
        return Health(False, f"does not answer ({type(error).__name__})", {})
    finally:
        connection.close()


def _facts(body: bytes) -> dict[str, object]:
    try:
        found: object = json.loads(body)
    except ValueError:
        return {}
    return cast(dict[str, object], found) if isinstance(found, dict) else {}


def _reason(status: int, facts: dict[str, object]) -> str:
    if status == 200:
        return "ready"
    return str(facts.get("detail") or facts.get("reason") or facts or f"answers {status}")
