"""One audit: read, compare, and read again before anything is called a difference."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from orderloop.audit.checks import checks
from orderloop.audit.comparing import Check
from orderloop.audit.facts import Facts

PAUSES = (1.0, 2.0, 4.0)
"""Seconds before the second, third and fourth reading."""


@dataclass(frozen=True)
class Audit:
    """The checks with what stood in the last two readings; `moving` differences came or went between them."""

    checks: list[Check]
    readings: int
    moving: int = 0

    @property
    def differences(self) -> int:
        return sum(len(check.differences) for check in self.checks)

    @property
    def holds(self) -> bool:
        return not self.differences


async def audit(read: Callable[[], Awaitable[Facts]], pauses: tuple[float, ...] = PAUSES) -> Audit:
    """What is under way looks different for a moment: a difference counts when it stays, by the same amount."""
    found = Audit(checks(await read()), 1)
    latest = found.checks
    for pause in pauses:
        if not any(check.differences for check in latest):
            return Audit(latest, found.readings)
        await asyncio.sleep(pause)
        before, latest = latest, checks(await read())
        found = standing(before, latest, found.readings + 1)
    return found


def standing(before: list[Check], latest: list[Check], readings: int) -> Audit:
    """The latest checks with only those differences that the reading before has shown, too."""
    kept = [_kept(old, new) for old, new in zip(before, latest, strict=True)]
    moving = sum(len(new.differences) - len(old.differences) for new, old in zip(latest, kept, strict=True))
    return Audit(kept, readings, moving)


def _kept(before: Check, latest: Check) -> Check:
    known = {(each.about, each.gap) for each in before.differences}
    return replace(latest, differences=tuple(each for each in latest.differences if (each.about, each.gap) in known))
