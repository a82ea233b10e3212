"""The whole platform with stand-ins for the services: up, kill any part, up again, down."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orderloop.platform import plan as plans
from orderloop.platform import ports, processes, services
from orderloop.platform.kafka import Kafka
from orderloop.platform.plan import SERVICES
from orderloop.platform.postgres import Postgres
from orderloop.platform.processes import Process

STAND_IN = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

name = os.path.basename(__file__).removesuffix(".py").upper()
if os.environ.get("DIES") == name:
    raise SystemExit("dying on purpose")

class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass

HTTPServer((os.environ[f"{name}_HOST"], int(os.environ[f"{name}_PORT"])), Answer).serve_forever()
"""


@dataclass(frozen=True)
class Machine:
    """A folder with a platform in it, driven through the command as a user would."""

    directory: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "orderloop", *arguments, "--directory", str(self.directory)]
        environment = os.environ | self.environment | more
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)

    def up(self) -> str:
        answer = self.run("up")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def process(self, name: str) -> Process:
        process = processes.recall(name, self.directory / "run")
        assert process, f"{name} does not run"
        return process

    def kill(self, *names: str) -> list[Process]:
        killed = [self.process(name) for name in names]
        for process in killed:
            process.send(signal.SIGKILL)
        assert all(process.wait(5) for process in killed)
        return killed

    def comes_back(self, before: Process) -> bool:
        def back() -> bool:
            now = processes.recall(before.name, self.directory / "run")
            return now is not None and now != before and self.ready(before.name)

        return processes.until(back, 20, pause=0.05)

    def ready(self, name: str) -> bool:
        servers = {"postgres": Postgres(self.directory).ready, "kafka": Kafka(self.directory).ready}
        return servers[name]() if name in servers else services.health(plans.current(self.directory), name).ready


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    stand_ins = tmp_path_factory.mktemp("stand-ins")
    for name in SERVICES:
        (stand_ins / f"{name}.py").write_text(STAND_IN)
    path = os.pathsep.join([str(stand_ins), os.environ.get("PYTHONPATH", "")])
    base = ports.free_block(range(1, len(SERVICES) + 1))
    environment = {"PYTHONPATH": path, "ORDERLOOP_BASE_PORT": str(base)}
    found = Machine(tmp_path_factory.mktemp("platform"), environment)
    yield found
    assert "everything stopped" in found.run("down").stdout
    assert "Nothing is running" in found.run("down").stdout


def test_up_brings_everything_up_and_says_where(machine: Machine) -> None:
    said = machine.up()

    assert "Orderloop is up." in said or "already up" in said
    assert f"{plans.current(machine.directory).url('order')}/docs" in said
    assert all(machine.ready(name) for name in (*SERVICES, "kafka", "postgres"))


def test_up_again_changes_nothing_and_says_so(machine: Machine) -> None:
    _ = machine.up()
    before = [machine.process(name) for name in (*SERVICES, "kafka", "postgres", "supervisor")]

    assert "Orderloop was already up." in machine.up()

    assert [machine.process(name) for name in (*SERVICES, "kafka", "postgres", "supervisor")] == before


@pytest.mark.parametrize("name", ["order", "postgres", "kafka"])
def test_the_supervisor_starts_again_what_was_killed(machine: Machine, name: str) -> None:
    _ = machine.up()

    [killed] = machine.kill(name)

    assert machine.comes_back(killed)


def test_a_new_supervisor_takes_over_what_the_killed_one_left_running(machine: Machine) -> None:
    _ = machine.up()
    before = machine.process("order")
    _ = machine.kill("supervisor")

    _ = machine.up()

    assert machine.process("order") == before
    [killed] = machine.kill("order")
    assert machine.comes_back(killed)


def test_after_everything_was_killed_up_brings_it_back(machine: Machine) -> None:
    _ = machine.up()
    addresses = plans.current(machine.directory)
    _ = machine.kill("supervisor")
    _ = machine.kill(*SERVICES, "kafka", "postgres")

    assert "Orderloop is up." in machine.up()

    assert plans.current(machine.directory) == addresses


def test_other_ports_are_refused_while_it_runs(machine: Machine) -> None:
    _ = machine.up()

    answer = machine.run("up", ORDERLOOP_BASE_PORT="8100")

    assert answer.returncode == 1
    assert answer.stderr.startswith("RunsOtherwise: ")
    assert "`make down` first" in answer.stderr


def test_status_shows_every_process(machine: Machine) -> None:
    _ = machine.up()

    lines = machine.run("status").stdout.splitlines()

    assert [line.split()[0] for line in lines[1:-1]] == ["supervisor", "postgres", "kafka", *SERVICES]
    assert all("ready" in line or "watching" in line for line in lines[1:-1])


def test_a_service_that_keeps_dying_is_named_with_its_last_words(machine: Machine) -> None:
    _ = machine.run("down")

    answer = machine.run("up", DIES="ORDER")

    assert answer.returncode == 1
    assert "ServicesNotReady: order keeps dying" in answer.stderr
    assert "dying on purpose" in answer.stderr
    _ = machine.run("down")
    _ = machine.up()
