"""Ports are drawn once and kept; who holds a taken one is named."""

import socket
from pathlib import Path

import pytest

from orderloop.platform import checks, ports
from orderloop.platform.plan import SERVICES, Plan
from orderloop.platform.troubles import DiskFull, MemoryShort, PortTaken, PythonTooOld


def a_listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.bind((ports.HOST, port))
    listener.listen()
    return listener


def a_plan(directory: Path, base_port: int) -> Plan:
    return Plan(str(directory), "postgresql://p:x@h:1/postgres", "h:2", True, True, base_port)


def test_chosen_ports_are_kept(tmp_path: Path) -> None:
    first = ports.kept(tmp_path / "ports.json", ("broker", "controller"))

    assert ports.kept(tmp_path / "ports.json", ("broker", "controller")) == first
    assert first["broker"] != first["controller"]
    assert ports.noted(tmp_path / "ports.json", "broker") == first["broker"]


def test_a_port_taken_by_somebody_else_is_drawn_anew(tmp_path: Path) -> None:
    before = ports.kept(tmp_path / "ports.json", ("broker",))["broker"]

    with a_listener(before):
        assert ports.kept(tmp_path / "ports.json", ("broker",))["broker"] != before


def test_a_taken_service_port_is_refused_with_its_number_its_holder_and_the_setting(tmp_path: Path) -> None:
    base = ports.free_block(range(1, len(SERVICES) + 1))
    told = rf"port {base + 3}, which order needs, is taken by .* ORDERLOOP_BASE_PORT"

    with a_listener(base + 3), pytest.raises(PortTaken, match=told):
        checks.service_ports(a_plan(tmp_path, base))


def test_too_little_disk_memory_or_python_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DISK_NEEDED", 2**62)

    with pytest.raises(DiskFull, match="make room"):
        checks.disk(tmp_path / "not" / "there" / "yet")
    with pytest.raises(MemoryShort, match="100 MiB of memory are free"):
        _ = checks.memory(100 * checks.MIB)
    with pytest.raises(PythonTooOld, match=r"this is Python 3\.10\.13"):
        checks.python((3, 10, 13))


def test_scarce_memory_is_only_a_warning() -> None:
    assert checks.memory(1000 * checks.MIB) == "only 1000 MiB of memory are free; it may be slow"
    assert checks.memory(9000 * checks.MIB) is None


def test_a_full_disk_is_explained_and_other_faults_are_not() -> None:
    assert isinstance(checks.explained(OSError(28, "No space left on device")), DiskFull)
    assert checks.explained(OSError(5, "Input/output error")) is None
