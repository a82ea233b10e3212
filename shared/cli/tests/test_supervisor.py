"""The supervisor starts again what died, waits longer each time, and takes over what runs."""

import os
import signal
import sys
from pathlib import Path

from orderloop.platform import processes
from orderloop.platform.processes import Process, Start
from orderloop.platform.supervisor import PAUSES, STEADY, Charge
from orderloop.platform.troubles import ServerFailed

Told = list[tuple[str, dict[str, object]]]


def a_sleeper(folder: Path) -> Process:
    code = "import signal; signal.pause()"
    return processes.start(
        Start("order", [sys.executable, "-c", code], folder / "order.log", dict(os.environ), folder), folder / "run"
    )


def a_diary() -> tuple[Told, "Teller"]:
    told: Told = []
    return told, Teller(told)


class Teller:
    def __init__(self, told: Told) -> None:
        self.told = told

    def __call__(self, message: str, **facts: object) -> None:
        self.told.append((message, facts))


def test_a_dead_service_is_started_again_after_a_pause(tmp_path: Path) -> None:
    told, tell = a_diary()
    charge = Charge("order", lambda: a_sleeper(tmp_path))
    charge.look(100.0, tell)
    first = charge.process
    assert first

    first.send(signal.SIGKILL)
    assert first.wait(5)
    charge.look(101.0, tell)
    charge.look(101.4, tell)
    assert charge.process is None
    charge.look(101.6, tell)

    assert charge.process
    assert charge.process.pid != first.pid
    assert [message for message, _ in told] == ["started", "died", "started"]
    assert charge.process.stop()


def test_pauses_grow_from_half_a_second_to_half_a_minute() -> None:
    told, tell = a_diary()

    def refuse() -> Process:
        raise ServerFailed("no room")

    charge, now = Charge("order", refuse), 0.0
    for _ in range(9):
        charge.look(now, tell)
        now = charge.due

    pauses = [facts["again_in"] for _, facts in told]
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert told[0] == ("not started", {"name": "order", "reason": "no room", "again_in": PAUSES[0]})


def test_who_has_run_a_while_starts_with_the_first_pause_again(tmp_path: Path) -> None:
    _told, tell = a_diary()
    charge = Charge("order", lambda: a_sleeper(tmp_path), pause=30.0)
    charge.look(100.0, tell)
    charge.look(100.0 + STEADY + 1, tell)

    assert charge.pause == 0.0
    assert charge.process
    assert charge.process.stop()


def test_someone_waiting_ends_the_pause() -> None:
    charge = Charge("order", lambda: Process("order", 0, ""), pause=30.0, due=1e9)

    charge.hurry()

    assert (charge.pause, charge.due) == (0.0, 0.0)
