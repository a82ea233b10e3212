"""`down`: the supervisor is asked to stop everybody; what it leaves is stopped from here."""

import signal
from pathlib import Path

from orderloop.platform import processes, supervisor
from orderloop.platform.display import Display, Step
from orderloop.platform.stopping import services_of, stop_all

PATIENCE = 100.0  # services drain, Kafka and PostgreSQL write: each has its own shorter limit


def down(directory: Path, display: Display) -> None:
    """Stop everything that is recorded here; says so when nothing runs."""
    directory = directory.resolve()
    if not running(directory):
        display.console.print("Nothing is running.")
        return
    with display.step("Stopping", total=len(parts(directory))) as step:
        keeper = supervisor.alive(directory)
        if keeper:
            _ask(keeper, directory, step)
        stop_all(directory, step.say)
        processes.forget(supervisor.NAME, directory / "run")
        step.detail = "everything stopped; the data stays"


def running(directory: Path) -> list[str]:
    """The parts that run, in the order in which they are stopped."""
    return [name for name in parts(directory) if processes.recall(name, directory / "run")]


def parts(directory: Path) -> list[str]:
    """Everything that may run here, in the order in which it is stopped."""
    return [*services_of(directory), "kafka", "postgres", supervisor.NAME]


def _ask(keeper: processes.Process, directory: Path, step: Step) -> None:
    keeper.send(signal.SIGTERM)
    everything = len(parts(directory))

    def ended() -> bool:
        left = running(directory)
        step.progress(everything - len(left), everything)
        step.say(f"waiting for {', '.join(left)}")
        return not keeper.alive

    if not processes.until(ended, PATIENCE, pause=0.05):
        keeper.send(signal.SIGKILL)
