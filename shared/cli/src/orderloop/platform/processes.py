"""Processes that outlive the command which started them, known by pid and birth, never by pid alone."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from orderloop.platform import files


@dataclass(frozen=True)
class Process:
    """A process as it was recorded: `birth` tells it from a later one with the same pid, also after a reboot."""

    name: str
    pid: int
    birth: str

    @property
    def alive(self) -> bool:
        return birth_of(self.pid) == self.birth

    def send(self, number: signal.Signals) -> None:
        """Signal it, unless it is gone and its pid belongs to somebody else by now."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait(self, seconds: float) -> bool:
        """Whether it ended within this time."""
        return until(lambda: not self.alive, seconds)

    def stop(self, *, ask: signal.Signals = signal.SIGTERM, seconds: float = 10) -> bool:
        """Ask it to end, and end it when it does not in time; whether asking was enough."""
        self.send(ask)
        if self.wait(seconds):
            return True
        self.send(signal.SIGKILL)
        _ = self.wait(5)
        return False


def birth_of(pid: int) -> str | None:
    """When the process began, in a form that no clock change alters; None when there is none or only its remains."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            _reap(pid)
            return None
        return _linux_birth(pid) or f"{process.create_time():.2f}"
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return None


def _linux_birth(pid: int) -> str | None:
    boot = Path("/proc/sys/kernel/random/boot_id")
    if not boot.exists():
        return None
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
    ticks = after_name.split()[19]  # field 22 of the line: ticks since boot
    return f"{boot.read_text(encoding='ascii').strip()}/{ticks}"


def _reap(pid: int) -> None:
    try:
        _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def until(happened: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Whether it happened within this time; looks again after each pause."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


@dataclass(frozen=True)
class Start:
    """How a process is started; output is appended to `log`, so that a restart loses nothing."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    directory: Path
    account: int | None = None


def start(wanted: Start, records: Path) -> Process:
    """Start it in a session of its own, so that it does not end with its starter, and record it."""
    wanted.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # a log may quote what was said
    with open(wanted.log, "ab") as log:
        child = subprocess.Popen(
            wanted.command,
            cwd=wanted.directory,
            env=dict(wanted.environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=wanted.account,
            extra_groups=None if wanted.account is None else [],
        )
    child.returncode = 0  # we are not its keeper: no warning when this object goes before the process does
    process = Process(wanted.name, child.pid, birth_of(child.pid) or "gone")
    remember(process, records)
    return process


def remember(process: Process, records: Path) -> None:
    """Note pid and birth; `records` is a folder, one file a process."""
    entry = {"pid": process.pid, "birth": process.birth}
    files.write(records / f"{process.name}.json", json.dumps(entry))


def recall(name: str, records: Path) -> Process | None:
    """The recorded process if it still runs."""
    path = records / f"{name}.json"
    try:
        entry: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
        process = Process(name, int(str(entry["pid"])), str(entry["birth"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return process if process.alive else None


def forget(name: str, records: Path) -> None:
    (records / f"{name}.json").unlink(missing_ok=True)
