"""Where the repository is, and where the platform keeps its own files."""

import os
from pathlib import Path

from orderloop.platform.troubles import HomeNotFound

MARK = Path("deploy", "local", "kafka.lock")


def home() -> Path:
    """The root of the repository: ORDERLOOP_HOME, else the nearest folder above this file that holds `deploy/local`."""
    named = os.environ.get("ORDERLOOP_HOME")
    candidates = [Path(named).expanduser().resolve()] if named else [*Path(__file__).resolve().parents, *_above_here()]
    for folder in candidates:
        if (folder / MARK).is_file():
            return folder
    raise HomeNotFound(f"no {MARK} found; run this inside the repository, or set ORDERLOOP_HOME to its root")


def _above_here() -> list[Path]:
    here = Path.cwd()
    return [here, *here.parents]


def templates() -> Path:
    """The settings of PostgreSQL and Kafka on one machine."""
    return home() / "deploy" / "local"


def default_directory() -> Path:
    """Data, logs and secrets of the local platform; never committed."""
    return home() / ".local"


def cache() -> Path:
    """Downloads that every copy of the repository may share: ORDERLOOP_CACHE, else the account's own cache folder."""
    named = os.environ.get("ORDERLOOP_CACHE")
    if named:
        return Path(named).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "orderloop"
