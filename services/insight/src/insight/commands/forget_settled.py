"""Forget what was said of subjects that were over and fitted together long ago."""

from __future__ import annotations

from datetime import timedelta

from insight.storage.statements import Statements
from insight.storage.subjects import Subjects
from kit.database import Transaction

AT_ONCE = 1000


async def forget_settled(tx: Transaction, keep: timedelta) -> bool:
    """Their ids stay, so that a late word is not taken for a new subject. Says whether there may be more."""
    old = await Subjects(tx).forget(keep, AT_ONCE)
    if old:
        await Statements(tx).drop(old)
    return len(old) == AT_ONCE
