"""Where the checked platform is, and what was done to it on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orderloop.platform.plan import SERVICES, Plan


class Standing(Protocol):
    """The part of a stand that the checker needs."""

    @property
    def plan(self) -> Plan: ...

    def database(self, service: str) -> str: ...


@dataclass(frozen=True)
class Place:
    """Direct addresses: an administrator's of each database, Kafka's. `prefix` stands before each topic's name."""

    databases: Mapping[str, str]
    kafka: str
    prefix: str = ""

    def topic(self, service: str) -> str:
        return f"{self.prefix}{service}.events"

    @staticmethod
    def of_stand(stand: Standing, services: Sequence[str] = SERVICES) -> Place:
        return Place({each: stand.database(each) for each in services}, stand.plan.kafka)


@dataclass(frozen=True)
class Usage:
    """What a process holds, as psutil tells it."""

    fds: int
    rss: int
    """Bytes."""


@dataclass(frozen=True)
class Told:
    """What the caller knows and the databases do not."""

    journals: tuple[Path, ...] = ()
    """All of the driver's journals since the platform was empty, or since `before` was counted."""
    poison: frozenset[str] = frozenset()
    """Ids of events that nobody can apply, written into an outbox or straight into a topic."""
    before: Mapping[str, int] | None = None
    """Events by type that were there before the first journal (`census`); None when it was nothing."""
    clock_slack: float = 0.5
    """Seconds by which the services' clocks may differ: more when one was made to jump."""
    grace: float = 30.0
    """Seconds after its deadline until a process counts as stuck."""
    processes: int = 3
    """So many processes a service has, each with one pool."""
    baseline: Mapping[str, Usage] | None = None
    """By member, quiet, before the faults."""
    usage: Mapping[str, Usage] | None = None
    """The same now."""
