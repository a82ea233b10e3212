"""Logs stay small: a full one is copied aside and emptied, while its writer, which appends, goes on."""

import shutil
from pathlib import Path

FULL = 10 * 1024 * 1024
KEPT = 3


def bound(folder: Path, *, full: int = FULL, kept: int = KEPT) -> None:
    """Turn over every log here that is full; at most `kept` older ones stay of each."""
    for log in (*folder.glob("*.log"), *folder.glob("*.out")):
        if log.name != "kafka.log" and log.stat().st_size > full:  # that one is turned over by Kafka itself
            _turn_over(log, kept)


def _turn_over(log: Path, kept: int) -> None:
    for number in range(kept - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            _ = older.replace(log.with_name(f"{log.name}.{number + 1}"))
    _ = shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with open(log, "r+b") as file:
        _ = file.truncate(0)
