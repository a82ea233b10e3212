"""The PostgreSQL and Kafka that the tests run on.

In this order: addresses in ORDERLOOP_POSTGRES and ORDERLOOP_KAFKA; containers, when ORDERLOOP_TEST_SERVERS is
`containers`; else the servers that `make up` would start, with data of their own under `.local/test`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Servers:
    """Where they answer; the PostgreSQL address is that of an administrator."""

    postgres: str
    kafka: str


@contextmanager
def servers() -> Generator[Servers]:
    postgres, kafka = os.environ.get("ORDERLOOP_POSTGRES"), os.environ.get("ORDERLOOP_KAFKA")
    if postgres and kafka:
        yield Servers(postgres, kafka)
    elif os.environ.get("ORDERLOOP_TEST_SERVERS") == "containers":
        with _containers() as started:
            yield started
    else:
        yield _local()


def root() -> Path:
    """The repository: where `docker-compose.yml` lies."""
    here = Path(__file__).resolve()
    return next(folder for folder in here.parents if (folder / "docker-compose.yml").exists())


def _local() -> Servers:
    directory = root() / ".local" / "test"
    command = [sys.executable, "-m", "orderloop", "servers", "start", "--directory", str(directory), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(f"the test servers did not start:\n{done.stderr or done.stdout}")
    return Servers(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _containers() -> Generator[Servers]:
    from testcontainers.kafka import KafkaContainer
    from testcontainers.postgres import PostgresContainer

    with PostgresContainer("postgres:18") as postgres, KafkaContainer("apache/kafka:4.3.1") as kafka:
        address = postgres.get_connection_url().replace("postgresql+psycopg2://", "postgresql://")
        yield Servers(address, kafka.get_bootstrap_server())
