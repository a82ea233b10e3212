"""Platforms of the benchmark's own, from nothing and gone at the end, so that nobody's data is in the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import Unavailable
from orderloop.platform import ports
from orderloop.platform.plan import SERVICES, Plan, current

SECONDS = 300
TENS = 8  # so many further processes of a service may be asked for


class DidNotStart(Unavailable):
    """A platform for a measurement has to come up; the message is what the command said."""


@contextmanager
def fresh(directory: Path, **settings: int | str) -> Generator[Plan]:
    """A new platform with these settings: `workers=2` is ORDERLOOP_WORKERS=2. Its folder is removed afterwards."""
    directory = directory.resolve()
    remove(directory)
    environment = _environment(base_port=free_base(), **settings)
    try:
        command(directory, "up", environment=environment)
        yield current(directory)
    finally:
        remove(directory)


def remove(directory: Path) -> None:
    """Stop what runs here and remove all of it."""
    if directory.exists():
        command(directory, "down", environment=_environment())
        shutil.rmtree(directory)


def command(directory: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    """What `orderloop …` says, with servers of its own whatever the environment names. Raises DidNotStart."""
    done = subprocess.run(
        [sys.executable, "-m", "orderloop", *arguments, "--directory", str(directory)],
        env=environment or _environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    if done.returncode:
        raise DidNotStart(f"orderloop {' '.join(arguments)}: {done.stdout}\n{done.stderr}")
    return done.stdout


def free_base() -> int:
    """A first port with room behind it for every process."""
    return ports.free_block([10 * ten + offset for ten in range(TENS) for offset in range(1, 1 + len(SERVICES))])


def _environment(**settings: int | str) -> dict[str, str]:
    passed = ("ORDERLOOP_CACHE", "ORDERLOOP_HOME")
    kept = {name: value for name, value in os.environ.items() if name in passed or not name.startswith("ORDERLOOP_")}
    return kept | {f"ORDERLOOP_{name.upper()}": str(value) for name, value in settings.items()}
