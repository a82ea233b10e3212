"""Which commit and which servers and libraries a trial was of."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version

from campaign.stand import Stand
from orderloop.platform import jars
from orderloop.platform.home import home

LIBRARIES = ("aiokafka", "asyncpg", "sqlalchemy", "fastapi", "pydantic")


def commit() -> str:
    """The commit that is checked out, with a `+` when files differ from it."""
    asked = ["git", "describe", "--always", "--dirty=+"]
    done = subprocess.run(asked, cwd=home(), capture_output=True, text=True, check=False)
    return done.stdout.strip() or "no commit"


async def versions(stand: Stand) -> dict[str, str]:
    async with stand.sql("order") as connection:
        postgres = await connection.fetchval("SHOW server_version")
    return {
        "Python": platform.python_version(),
        "PostgreSQL": str(postgres),
        "Kafka": _kafka(),
        **{name: version(name) for name in LIBRARIES},
        "CPUs": str(len(os.sched_getaffinity(0))),
    }


def _kafka() -> str:
    """As the lock of its archives names it."""
    archive = next(each for each in jars.locked() if each.coordinate.startswith("org.apache.kafka:kafka_"))
    return archive.coordinate.rpartition(":")[2]
