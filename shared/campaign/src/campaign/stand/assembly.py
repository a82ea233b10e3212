"""What a stand is put together from: servers with more doors, proxies, the programs and what they are told."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from campaign.launch.failpoints import Failpoints
from campaign.stand import shim
from campaign.stand.members import Program, ServerMember
from campaign.stand.proxy import Proxy
from campaign.stand.shim import Shim
from orderloop.platform import ports, processes
from orderloop.platform.issuer import Issuer
from orderloop.platform.kafka import Door, Kafka
from orderloop.platform.plan import AUDIENCE, ISSUER, Plan
from orderloop.platform.postgres import Postgres
from orderloop.platform.services import plain_environment

WATCHERS_GRACE = "3"
"""Seconds of silence after which insight compares what was said: each trial waits until it has."""


@dataclass
class Parts:
    """Everything that is fixed before the first process starts."""

    directory: Path
    services: tuple[str, ...]
    planted: str | None
    base_port: int
    partitions: int
    proxies: dict[tuple[str, str], Proxy] = field(default_factory=dict[tuple[str, str], Proxy])
    postgres: Postgres = field(init=False)
    kafka: Kafka = field(init=False)
    library: Path | None = None

    async def open_proxies(self) -> None:
        """Two for each service; where PostgreSQL answers they learn when it has been started."""
        for service in self.services:
            self.proxies[service, "postgres"] = await Proxy(0).open()
            doors = [proxy.target for proxy in self.proxies.values()]
            self.proxies[service, "kafka"] = await Proxy(ports.any_free(but=tuple(doors))).open()

    async def close_proxies(self) -> None:
        for proxy in self.proxies.values():
            await proxy.close()

    def servers(self) -> tuple[ServerMember, ServerMember]:
        """PostgreSQL and Kafka, each with its shim; Kafka names to each service the port of the service's proxy."""
        self.library = None if shim.missing() else shim.built(self.directory / "shim")
        doors = tuple(
            Door(service.upper(), proxy.target, proxy.port)
            for (service, server), proxy in self.proxies.items()
            if server == "kafka"
        )
        self.postgres = Postgres(self.directory, self._shimmed("postgres", "postgres/data"))
        self.kafka = Kafka(self.directory, self._shimmed("kafka", "kafka/data"), doors)
        return (
            ServerMember(self.postgres, self._shim("postgres")),
            ServerMember(self.kafka, self._shim("kafka")),
        )

    def plan(self) -> Plan:
        """Once both answer: the direct addresses. Proxies learn PostgreSQL's."""
        postgres, kafka = self.postgres.address, self.kafka.address
        assert postgres is not None
        assert kafka is not None
        for (_, server), proxy in self.proxies.items():
            if server == "postgres":
                proxy.target = urlsplit(postgres).port or 0
        return Plan(
            str(self.directory), postgres, kafka, True, True, base_port=self.base_port, partitions=self.partitions
        )

    def program(self, plan: Plan, name: str, service: str, role: str, port: int) -> Program:
        failing = self.directory / "failpoints" / name
        environment = plain_environment() | self._settings(plan, service, port)
        environment |= self._shimmed(name) | {"CAMPAIGN_FAILPOINTS": str(failing)}
        if self.planted:
            environment |= {"CAMPAIGN_PLANTED": self.planted}
        return Program(
            name=name,
            service=service,
            role=role,
            port=port,
            log=plan.log(name),
            records=plan.records,
            environment=environment,
            failpoints=Failpoints(failing),
            shim=self._shim(name),
        )

    def _settings(self, plan: Plan, service: str, port: int) -> dict[str, str]:
        """As `orderloop up` sets them, but by way of the proxies."""
        postgres, kafka = self.proxies[service, "postgres"], self.proxies[service, "kafka"]
        settings = {
            "database": _through(plan.database(service), postgres.port),
            "kafka": f"{ports.HOST}:{kafka.port}",
            "jwks": str(Issuer(plan.folder).jwks),
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "host": ports.HOST,
            "port": str(port),
            "session_seconds": "4",
        }
        if service == "insight":
            settings["grace_seconds"] = WATCHERS_GRACE
        return {f"{service}_{name}".upper(): value for name, value in settings.items()}

    def _control(self, name: str) -> Path:
        return self.directory / "shim" / f"{name}.control"

    def _shim(self, name: str) -> Shim | None:
        return None if self.library is None else Shim(self._control(name))

    def _shimmed(self, name: str, data: str | None = None) -> dict[str, str]:
        if self.library is None:
            return {}
        return shim.environment(self.library, self._control(name), self.directory / data if data else None)


def cleared(directory: Path) -> Path:
    """The folder, after what an earlier stand has left running in it was ended; known by pid and birth."""
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    records = directory / "run"
    for path in records.glob("*.json"):
        left = processes.recall(path.stem, records)
        if left is not None:
            left.send(signal.SIGCONT)
            left.send(signal.SIGKILL)
            _ = left.wait(5)
            processes.forget(path.stem, records)
    return directory


def _through(database: str, port: int) -> str:
    parts = urlsplit(database)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit((parts.scheme, f"{login}@{ports.HOST}:{port}", parts.path, parts.query, ""))
