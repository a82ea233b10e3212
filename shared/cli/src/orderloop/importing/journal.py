"""What was done already, on disk: a killed run goes on behind the last line, a finished one has nothing to do."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, TextIO

NAMESPACE = uuid.UUID("6e1b7f2c-5f0e-5c7e-9a55-0d3f6c1a2b47")

Did = dict[str, Any]
"""What later steps need to know of a step: ids, mostly."""


def command_key(dataset: str, step: str, key: str, part: str = "") -> str:
    """The idempotency key of a command: the same in every run, so that a repeated command is not done again."""
    return str(uuid.uuid5(NAMESPACE, f"{dataset}\x1f{step}\x1f{key}\x1f{part}"))


class Journal:
    """One line a finished step of a record. What is lost with the machine's memory is sent again under the same key."""

    def __init__(self, path: Path) -> None:
        self._done: dict[tuple[str, str], Did] = {}
        self._refused: dict[tuple[str, str], tuple[str, str]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        for entry in _read(path):
            self._learn(entry)
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def knows(self, step: str, key: str) -> bool:
        """Whether the step is behind us, done or refused."""
        return (step, key) in self._done or (step, key) in self._refused

    def did(self, step: str, key: str) -> Did | None:
        """What the step brought, or None when it is still to do or was refused."""
        return self._done.get((step, key))

    def refusals(self) -> Iterator[tuple[str, str, str, str]]:
        """(step, key, reason, detail) of all that a service has refused."""
        for (step, key), (reason, detail) in self._refused.items():
            yield step, key, reason, detail

    def note(self, step: str, key: str, did: Did) -> None:
        self._write({"step": step, "key": key, "did": did})

    def note_refusal(self, step: str, key: str, reason: str, detail: str) -> None:
        self._write({"step": step, "key": key, "reason": reason, "detail": detail})

    def forget_refusals(self) -> None:
        """Let what was refused be tried again."""
        for step, key in list(self._refused):
            self._write({"step": step, "key": key, "again": True})

    def _write(self, entry: Did) -> None:
        self._learn(entry)
        self._file.write(json.dumps(entry, separators=(",", ":")) + "\n")

    def _learn(self, entry: Did) -> None:
        place = (entry["step"], entry["key"])
        _ = self._refused.pop(place, None)
        if "did" in entry:
            self._done[place] = entry["did"]
        elif "reason" in entry:
            self._refused[place] = (entry["reason"], entry["detail"])


def _read(path: Path) -> Iterator[Did]:
    """The whole lines; half a line at the end is what a kill has left, and is cut off."""
    if not path.is_file():
        return
    whole = path.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    with path.open("rb+") as file:
        _ = file.truncate(len(whole))
    for line in whole.splitlines():
        yield json.loads(line)
