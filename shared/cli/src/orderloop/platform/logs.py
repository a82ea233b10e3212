"""The logs of all parts in one form: a JSON line of a service is shown as people read."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from orderloop.platform.plan import SERVICES
from orderloop.platform.troubles import HomeNotFound

SERVERS = ("supervisor", "postgres", "kafka")
PAUSE = 0.3


class LogUnknown(HomeNotFound):
    """Every part of the platform has a log under its own name."""


def files_of(folder: Path, name: str | None) -> list[Path]:
    """The logs of one part, or of all."""
    known = (*SERVICES, *_further(folder), *SERVERS)
    if name and name not in known:
        raise LogUnknown(f"no part is called {name}; choose from {', '.join(known)}")
    names = (name,) if name else known
    return [path for each in names for path in (folder / f"{each}.out", folder / f"{each}.log") if path.is_file()]


def _further(folder: Path) -> list[str]:
    """Processes of a service beside its first: `order-worker-2`."""
    return sorted(log.stem for log in folder.glob("*-*.log") if log.stem.partition("-")[0] in SERVICES)


def last(paths: list[Path], count: int) -> Iterator[str]:
    """The last lines of each."""
    for path in paths:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        lines = lines[max(0, len(lines) - count) :]
        yield from (readable(path.stem, line) for line in lines)


def following(paths: list[Path]) -> Iterator[str]:
    """Every line written from now on, until it is interrupted."""
    places = {path: path.stat().st_size for path in paths}
    while True:
        for path in paths:
            lines, places[path] = _new(path, places[path])
            yield from (readable(path.stem, line) for line in lines)
        time.sleep(PAUSE)


def _new(path: Path, place: int) -> tuple[list[str], int]:
    """Whole lines only; a log that shrank was turned over and is read from its start."""
    size = path.stat().st_size if path.exists() else 0
    start = 0 if size < place else place
    if size == start:
        return [], start
    with open(path, "rb") as file:
        _ = file.seek(start)
        whole, end, _rest = file.read(size - start).rpartition(b"\n")
    return whole.decode("utf-8", errors="replace").splitlines(), start + len(whole) + len(end)


def readable(name: str, line: str) -> str:
    """Time, who, level, message, then what else the entry holds; a line that is no JSON stays as it is."""
    try:
        entry: object = json.loads(line)
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        return f"{name:<10} {line}"
    facts = {str(key): value for key, value in cast(dict[object, object], entry).items()}
    at, level, message = (str(facts.pop(key, "")) for key in ("time", "level", "message"))
    trace = facts.pop("exception", None) or facts.pop("exc_info", None)
    _ = facts.pop("service", None)
    rest = " ".join(f"{key}={value}" for key, value in facts.items() if value is not None)
    text = f"{name:<10} {at[11:23]} {level:<7} {message} {rest}".rstrip()
    return f"{text}\n{trace}" if trace else text
