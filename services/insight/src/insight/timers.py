"""What the insight service does when time has passed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from contracts.insight import DiscrepancyCleared, DiscrepancyDetected
from insight.commands.compare_subjects import compare_subjects
from insight.commands.forget_settled import forget_settled
from kit.database import Transaction
from kit.timers import Timers, set_timer

LOOK_AFTER_SUBJECTS = "look_after_subjects"
FORGET_SETTLED_SUBJECTS = "forget_settled_subjects"

EVERY = timedelta(seconds=1)
FORGET_EVERY = timedelta(minutes=10)


def timers_for(grace: timedelta, keep: timedelta) -> Timers:
    """One timer each for all subjects, set again each time; at once when this turn was not enough."""
    timers = Timers()

    @timers.on(LOOK_AFTER_SUBJECTS)
    async def look_after_subjects(
        service: UUID, tx: Transaction
    ) -> tuple[DiscrepancyDetected | DiscrepancyCleared, ...]:
        told, more = await compare_subjects(tx, grace)
        await _again(tx, LOOK_AFTER_SUBJECTS, service, EVERY, at_once=more)
        return told

    @timers.on(FORGET_SETTLED_SUBJECTS)
    async def forget_settled_subjects(service: UUID, tx: Transaction) -> None:
        more = await forget_settled(tx, keep)
        await _again(tx, FORGET_SETTLED_SUBJECTS, service, FORGET_EVERY, at_once=more)

    return timers


async def _again(tx: Transaction, kind: str, service: UUID, every: timedelta, *, at_once: bool) -> None:
    now = await tx.scalar(select(func.now()))  # the clock that timers go by: this machine's may be wrong
    await set_timer(tx, kind, service, now if at_once else now + every)
