"""What a check finds: violations, and the counts that are published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN = 25
"""So many violations of one invariant are kept with their evidence; how many there were in all is counted."""


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold: which, what is wrong in one sentence, and what proves it."""

    invariant: str
    what: str
    evidence: Mapping[str, Any] = field(default_factory=dict[str, Any])  # Any: whatever can be written as JSON


@dataclass(frozen=True)
class Counts:
    """What was looked at, and how often what must not happen has happened."""

    loops: int = 0
    """Orders that are closed."""
    orders: int = 0
    events: int = 0
    """Rows in all outboxes."""
    deliveries: int = 0
    """Records of all topics, times the services that read each."""
    duplicates_absorbed: int = 0
    """Deliveries of records that repeat an earlier one."""
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    unbalanced: int = 0


@dataclass(frozen=True)
class Findings:
    """The first violations of each invariant; `found` says how many there were, `notes` what was not looked at."""

    violations: tuple[Violation, ...]
    found: Mapping[str, int]
    counts: Counts
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.violations


def shown(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """The first of each invariant, in the order in which they were found."""
    seen: Counter[str] = Counter()
    kept: list[Violation] = []
    for each in violations:
        seen[each.invariant] += 1
        if seen[each.invariant] <= SHOWN:
            kept.append(each)
    return tuple(kept)
