"""Control of the shim that is preloaded into a member: its disk can be slow or full, its clock wrong.

Linux only, and it is built from `shim.c` with the C compiler of the machine the first time.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from contracts.errors import Unavailable
from orderloop.platform.home import cache

SOURCE = Path(__file__).with_name("shim.c")
FIELDS = ("fsync_delay_us", "disk_full", "clock_offset_us", "loaded", "delayed", "refused")
"""As in `shim.c`, each a signed number of 64 bits."""

_NUMBER = struct.Struct("=q")


class ShimUnavailable(Unavailable):
    """Faults of disk and clock need Linux and a C compiler."""


class Shim:
    """What one member is told; takes effect with its next call. Before it is started, and after, it does no harm."""

    def __init__(self, control: Path) -> None:
        self.control = control
        if not control.exists():
            control.parent.mkdir(parents=True, exist_ok=True)
            control.write_bytes(bytes(_NUMBER.size * len(FIELDS)))
            control.chmod(0o666)  # PostgreSQL runs as another account when root starts it
        with open(control, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 0)

    def fsync_delay(self, seconds: float) -> None:
        """Every fsync, fdatasync and msync takes so much longer."""
        self._set("fsync_delay_us", round(seconds * 1_000_000))

    def disk_full(self, full: bool) -> None:
        """What would make a file of the member's data folder grow is refused (ENOSPC)."""
        self._set("disk_full", int(full))

    def clock_offset(self, seconds: float) -> None:
        """The wall clock is so far ahead (behind, when negative); what measures durations is right."""
        self._set("clock_offset_us", round(seconds * 1_000_000))

    def heal(self) -> None:
        """Disk and clock as they are."""
        for name in FIELDS[:3]:
            self._set(name, 0)

    @property
    def loaded(self) -> int:
        """Programs that were started with the shim under this control: 0 means that it is without effect."""
        return self._get("loaded")

    @property
    def delayed(self) -> int:
        """Calls that had to wait for the slow disk."""
        return self._get("delayed")

    @property
    def refused(self) -> int:
        """Calls that found the disk full."""
        return self._get("refused")

    def _set(self, name: str, value: int) -> None:
        _NUMBER.pack_into(self._shared, FIELDS.index(name) * _NUMBER.size, value)

    def _get(self, name: str) -> int:
        return int(_NUMBER.unpack_from(self._shared, FIELDS.index(name) * _NUMBER.size)[0])


def missing() -> str | None:
    """Why there can be no shim on this machine; None when there can."""
    if not sys.platform.startswith("linux"):
        return "faults of disk and clock need Linux (LD_PRELOAD)"
    if _compiler() is None:
        return "faults of disk and clock need a C compiler (cc); install gcc or clang"
    return None


def built(folder: Path) -> Path:
    """The shim as a library in this folder, where every account can read it. Raises ShimUnavailable."""
    reason = missing()
    if reason:
        raise ShimUnavailable(reason)
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(_compiled(), folder / "shim.so"))


def environment(library: Path, control: Path, data: Path | None = None) -> dict[str, str]:
    """What a process is started with; `data` is the folder that lies on the disk that may be full."""
    named = {"LD_PRELOAD": str(library), "CAMPAIGN_SHIM": str(control)}
    return named if data is None else named | {"CAMPAIGN_SHIM_FOLDER": str(data)}


def _compiled() -> Path:
    """Made once for each text of the source."""
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    target = cache() / "campaign" / f"shim-{os.uname().machine}-{digest}.so"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        _compile(draft)
        draft.replace(target)
    return target


def _compile(target: Path) -> None:
    compiler = _compiler()
    assert compiler is not None
    options = ["-O2", "-shared", "-fPIC", "-U_FORTIFY_SOURCE"]
    command = [compiler, *options, "-o", str(target), str(SOURCE), "-ldl"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ShimUnavailable(f"{compiler} could not build {SOURCE.name}: {result.stderr.strip()[-500:]}")


def _compiler() -> str | None:
    return shutil.which(os.environ.get("CC") or "cc")
