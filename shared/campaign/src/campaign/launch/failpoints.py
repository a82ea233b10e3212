"""Places in a service's work at which the process ends by SIGKILL, when the stand has asked for it.

The stand and the process share two bytes: which place is armed (0: none), and how often the process has died of one.
"""

from __future__ import annotations

import mmap
import os
import signal
from pathlib import Path

from contracts.errors import NotFound

NAMES = (
    "relay-after-publish",
    "worker-before-commit",
    "worker-after-commit",
    "api-before-commit",
    "api-after-commit",
)


class FailpointUnknown(NotFound):
    """A failpoint is one of `NAMES`."""


class Failpoints:
    """Those of one member."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(2))
        with open(path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 2)

    def arm(self, name: str) -> None:
        """The next time that the process comes to this place, it ends there; only once."""
        if name not in NAMES:
            raise FailpointUnknown(f"there is no failpoint {name!r}; choose one of {', '.join(NAMES)}")
        self._shared[0] = NAMES.index(name) + 1

    def disarm(self) -> None:
        self._shared[0] = 0

    @property
    def armed(self) -> str | None:
        return NAMES[self._shared[0] - 1] if self._shared[0] else None

    @property
    def deaths(self) -> int:
        """How often the process has ended at an armed place."""
        return self._shared[1]

    def reach(self, name: str) -> None:
        """The process is at this place now."""
        if self._shared[0] and self.armed == name:
            self._shared[0] = 0  # or its successor would end at once, too
            self._shared[1] = (self._shared[1] + 1) % 256
            os.kill(os.getpid(), signal.SIGKILL)
