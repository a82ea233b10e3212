"""What is printed when the platform is up: where everything is, and what to do next."""

import os
from pathlib import Path

from orderloop.platform.plan import SERVICES, Plan


def overview(plan: Plan, *, was_up: bool) -> str:
    """For a terminal; paths are shown as seen from where the reader stands."""
    first = "Orderloop was already up." if was_up else "Orderloop is up."
    docs = "\n".join(f"  {service:<10} {plan.url(service)}/docs" for service in SERVICES)
    postgres = plan.postgres.rpartition("@")[2].partition("/")[0]
    return f"""
[bold]{first}[/]

{docs}
  PostgreSQL {postgres}   a database a service, passwords in {shown(plan.folder / "passwords")}
  Kafka      {plan.kafka}   topics <service>.events
  logs       {shown(plan.folder / "logs")}   or: make logs NAME=order

  a token    make token ROLE=sales
  next       make demo     then: make status, make down
"""


def shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
