"""Whether this machine can carry the platform, said before anything is started."""

import errno
import shutil
import sys
from pathlib import Path

import psutil

from contracts.errors import OrderloopError
from orderloop.platform import ports, processes
from orderloop.platform.plan import Plan
from orderloop.platform.troubles import DiskFull, MemoryShort, PortTaken, PythonTooOld

MIB = 1024 * 1024
DISK_NEEDED = 1024 * MIB
MEMORY_NEEDED = 768 * MIB  # below this something would be killed while starting
MEMORY_WISHED = 2048 * MIB


def python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    if version < (3, 11):
        found = ".".join(str(part) for part in version)
        raise PythonTooOld(f"this is Python {found}; make the environment anew with PYTHON=python3.11 make setup")


def disk(directory: Path) -> None:
    """A GiB for data and logs."""
    existing = next(folder for folder in (directory, *directory.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < DISK_NEEDED:
        raise DiskFull(f"{free // MIB} MiB are free at {existing}, {DISK_NEEDED // MIB} are needed; make room there")


def memory(available: int | None = None) -> str | None:
    """A refusal when it cannot go well, a warning when it may be slow."""
    free = psutil.virtual_memory().available if available is None else available
    if free < MEMORY_NEEDED:
        raise MemoryShort(f"{free // MIB} MiB of memory are free, about {MEMORY_WISHED // MIB} are needed; end some")
    return f"only {free // MIB} MiB of memory are free; it may be slow" if free < MEMORY_WISHED else None


def service_ports(plan: Plan) -> None:
    """Every port is free, or held by our own service of an earlier start."""
    for member in plan.members:
        port = member.port
        if not ports.free(port) and processes.recall(member.name, plan.records) is None:
            by = ports.holder(port)
            raise PortTaken(
                f"port {port}, which {member.name} needs, is taken{f' by {by}' if by else ''}; "
                f"end that, or set ORDERLOOP_BASE_PORT (now {plan.base_port}) so that eight free ports follow"
            )


def explained(error: OSError) -> OrderloopError | None:
    """The trouble behind an error of the operating system, when it is one that has an answer."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(f"the disk is full ({error.filename or 'no room left'}); make room and start again")
    if error.errno == errno.ENOMEM:
        return MemoryShort("the machine has no memory left; end something and start again")
    return None
