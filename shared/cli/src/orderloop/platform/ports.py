"""Free ports, and who holds one that is not."""

import json
import random
import socket
from collections.abc import Collection
from pathlib import Path

import psutil

from orderloop.platform import files
from orderloop.platform.troubles import ServerFailed

HOST = "127.0.0.1"
RANGE = range(20_000, 30_000)  # below the ports that the kernel lends to outgoing connections
BLOCKS = range(10_000, 20_000, 100)  # below those, so that no server draws a port of a block meanwhile


def free(port: int) -> bool:
    """Whether a server could listen here now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def any_free(*, but: tuple[int, ...] = ()) -> int:
    """A free port, drawn at random so that platforms started at the same time do not meet."""
    for port in random.sample(RANGE, 200):
        if port not in but and free(port):
            return port
    raise ServerFailed(f"no free port found between {RANGE.start} and {RANGE.stop}; end what holds them")


def free_block(offsets: Collection[int]) -> int:
    """The base of a block of a hundred ports, nobody listening at these; drawn at random, too."""
    for base in random.sample(BLOCKS, len(BLOCKS)):
        if all(free(base + offset) for offset in offsets):
            return base
    raise ServerFailed(f"no free block of ports between {BLOCKS.start} and {BLOCKS.stop}; end what holds them")


def kept(path: Path, names: tuple[str, ...]) -> dict[str, int]:
    """The ports noted in this file; those that are missing, or taken by somebody else meanwhile, are drawn anew."""
    noted = _read(path)
    chosen: dict[str, int] = {}
    for name in names:
        port = noted.get(name)
        usable = port is not None and free(port)
        chosen[name] = port if port is not None and usable else any_free(but=tuple(chosen.values()))
    if chosen != noted:
        files.write(path, json.dumps(chosen))
    return chosen


def noted(path: Path, name: str) -> int | None:
    """The port that was chosen last, whether or not somebody listens there."""
    return _read(path).get(name)


def _read(path: Path) -> dict[str, int]:
    try:
        entries: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
        return {name: int(str(port)) for name, port in entries.items()}
    except (FileNotFoundError, ValueError):
        return {}


def holder(port: int) -> str | None:
    """The program that listens on the port, as far as this account may know."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and (connection.laddr.port, connection.status) == (port, psutil.CONN_LISTEN):
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return None
    return None
