"""What a trial came to, for tests that only read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from campaign.results import Outcome

_DULL = Outcome(
    seed=1,
    number=0,
    fault="F6",
    aims=["kafka"],
    commit="abc1234",
    begun_at="2026-01-02T03:04:05+00:00",
    seconds=30.5,
    hold=2.0,
    recovery=1.0,
    counts={},
)


def an_outcome(*violated: str, **changed: Any) -> Outcome:  # Any: a field of Outcome each
    """A trial of F6 in which these invariants were violated."""
    violations = [{"invariant": each, "what": "", "evidence": {}} for each in violated]
    return replace(_DULL, violations=violations, **changed)
