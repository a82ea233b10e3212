"""A process is known by pid and birth, so no later one with the same pid is taken for it."""

import os
import signal
import sys
from pathlib import Path

import pytest

from orderloop.platform import processes
from orderloop.platform.processes import Process, Start

WAITS = "import signal, sys; print('up', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"


def a_process(folder: Path, code: str = WAITS, name: str = "order") -> Process:
    log = folder / f"{name}.log"
    wanted = Start(name, [sys.executable, "-c", code], log, dict(os.environ), folder)
    before = log.read_text().count("up") if log.is_file() else 0
    process = processes.start(wanted, folder / "run")
    assert processes.until(lambda: log.read_text().count("up") > before, 10)
    return process


def test_a_started_process_is_found_again_by_its_record(tmp_path: Path) -> None:
    process = a_process(tmp_path)

    assert processes.recall("order", tmp_path / "run") == process

    assert process.stop()


def test_a_killed_process_is_not_running(tmp_path: Path) -> None:
    process = a_process(tmp_path)

    process.send(signal.SIGKILL)

    assert process.wait(5)
    assert processes.recall("order", tmp_path / "run") is None


def test_another_process_with_the_same_pid_is_neither_ours_nor_signalled(tmp_path: Path) -> None:
    process = a_process(tmp_path)
    earlier = Process("order", process.pid, "an earlier boot/17")
    processes.remember(earlier, tmp_path / "run")

    assert processes.recall("order", tmp_path / "run") is None
    earlier.send(signal.SIGKILL)

    assert process.alive
    assert process.stop()


def test_a_process_that_does_not_listen_is_ended_after_the_deadline(tmp_path: Path) -> None:
    process = a_process(tmp_path, STUBBORN)

    assert process.stop(seconds=0.1) is False

    assert not process.alive


@pytest.mark.parametrize("record", ["", "{", '{"pid": 1}', '{"pid": "x", "birth": ""}', "[]"])
def test_a_broken_record_is_no_process(tmp_path: Path, record: str) -> None:
    (tmp_path / "order.json").write_text(record)

    assert processes.recall("order", tmp_path) is None


def test_a_restart_appends_to_the_log(tmp_path: Path) -> None:
    assert a_process(tmp_path).stop()
    assert a_process(tmp_path).stop()

    assert (tmp_path / "order.log").read_text() == "up\nup\n"
