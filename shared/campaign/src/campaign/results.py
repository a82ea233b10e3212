"""What trials came to, one JSON line each: runs that are stopped go on, and runs of several days add up."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from campaign.load.journal import cut_torn_line

Counts = dict[str, int]

COUNTED = {
    "loops": "loops begun",
    "closed": "loops closed",
    "commands": "commands sent",
    "unknown": "commands whose answer was lost, sent again with the same key",
    "events": "events",
    "deliveries": "events applied by consumers",
    "duplicates": "duplicates absorbed",
    "lost": "lost, or not applied when the trial ended",
    "doubled": "doubled",
    "reordered": "reordered, or a key short of its last events",
    "unbalanced": "unbalanced",
}
"""What each trial counts, by its name in the file, in the words of the page."""


@dataclass(frozen=True)
class Outcome:
    """One trial. `planted` names the bug that was switched on, if any; then violations are what is hoped for."""

    seed: int
    number: int
    fault: str
    aims: list[str]
    commit: str
    begun_at: str
    seconds: float
    hold: float
    recovery: float | None
    counts: Counts
    violations: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])  # Any: JSON
    planted: str | None = None
    versions: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def invariants(self) -> list[str]:
        """Those that were violated, each once."""
        return sorted({each["invariant"] for each in self.violations}, key=lambda name: int(name[1:]))


class Results:
    """A file of outcomes; each is on disk before the next trial begins."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def all(self) -> list[Outcome]:
        """A torn last line is a trial that was not finished."""
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        return [Outcome(**json.loads(line)) for line in lines if line.endswith("\n")]

    def add(self, outcome: Outcome) -> None:
        """On disk when it returns. A torn last line of before is cut off: nothing is glued to it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "a", encoding="utf-8") as file:
            cut_torn_line(self.path)
            file.write(json.dumps(asdict(outcome)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def next_number(self, seed: int) -> int:
        """Where a run with this seed goes on."""
        return max((each.number + 1 for each in self.all() if each.seed == seed and not each.planted), default=0)
