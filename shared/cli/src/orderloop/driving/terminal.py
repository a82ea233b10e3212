"""The command line as a user types it, for one platform."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 300


class CommandFailed(Exception):
    """A command ended with another status than 0; the message is what it said."""


@dataclass(frozen=True)
class Terminal:
    """A platform's folder and first port. Its servers are its own, whatever the environment says."""

    directory: Path
    base_port: int

    def run(self, *arguments: str) -> str:
        """What `orderloop …` prints. Raises CommandFailed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ORDERLOOP_")}
        done = subprocess.run(
            [sys.executable, "-m", "orderloop", *arguments, "--directory", str(self.directory)],
            env=kept | _wanted(self.base_port),
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if done.returncode:
            raise CommandFailed(f"orderloop {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done.stdout


def _wanted(base_port: int) -> dict[str, str]:
    passed = ("ORDERLOOP_CACHE", "ORDERLOOP_HOME")
    found = {name: os.environ[name] for name in passed if name in os.environ}
    return found | {"ORDERLOOP_BASE_PORT": str(base_port)}
