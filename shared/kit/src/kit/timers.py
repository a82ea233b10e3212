"""Timers: due dates that become events. A timer is a row that commits with what it belongs to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import get_type_hints
from uuid import UUID

from contracts.errors import OrderloopError
from contracts.event import Event
from contracts.ids import new_id
from kit import outbox, parking
from kit.context import SYSTEM, Cause, cause
from kit.database import Database, Transaction, as_refusal, is_transient
from kit.outbox import Outcome
from kit.reactions import told_by

log = logging.getLogger(__name__)

Due = Callable[[UUID, Transaction], Awaitable[Outcome]]


class Timers:
    """What a service does when a timer of some kind is due."""

    def __init__(self) -> None:
        self.due: dict[str, Due] = {}

    def on(self, kind: str) -> Callable[[Due], Due]:
        def register(handler: Due) -> Due:
            self.due[kind] = handler
            return handler

        return register

    def tells(self) -> dict[str, tuple[type[Event], ...]]:
        return {kind: told_by(handler) for kind, handler in self.due.items() if get_type_hints(handler)}


async def set_timer(tx: Transaction, kind: str, subject: UUID, due_at: datetime) -> None:
    """Have `kind` happen to `subject` at `due_at`; an earlier setting of the same timer is replaced."""
    _ = await tx.exec_driver_sql(_SET, (kind, subject, due_at))


async def stop_timer(tx: Transaction, kind: str, subject: UUID) -> None:
    _ = await tx.exec_driver_sql("DELETE FROM timer WHERE kind = $1 AND subject = $2", (kind, subject))


class TimerRunner:
    """Looks for due timers by the database's clock. Several may run: each takes other rows."""

    def __init__(self, database: Database, timers: Timers, committed: Callable[[], None], poll: float = 1.0) -> None:
        self.database = database
        self.timers = timers
        self.committed = committed
        self.poll = poll

    async def run(self) -> None:
        while True:
            try:
                while await self.fire():
                    pass
            except Exception as fault:
                if not is_transient(fault):
                    log.exception("no timer could be run")
            await asyncio.sleep(self.poll)

    async def fire(self, now: datetime | None = None) -> bool:
        """Run the timer that is due first (at `now`, or by the database's clock); says whether there was one."""
        taken: tuple[str, UUID] | None = None
        try:
            async with self.database.begin() as tx:
                row = (await tx.exec_driver_sql(_DUE, (list(self.timers.due), now))).first()
                if row is None:
                    return False
                taken = (row.kind, row.subject)
                await stop_timer(tx, *taken)
                count = await self._run(tx, *taken)
        except Exception as fault:
            if taken is None or is_transient(fault):
                raise
            await self._postpone(taken, fault)
        else:
            if count:
                self.committed()
        return True

    async def _run(self, tx: Transaction, kind: str, subject: UUID) -> int:
        token = cause.set(Cause(new_id(), f"{SYSTEM}:timer:{kind}"))
        try:
            return await outbox.append(tx, outbox.caused(await self.timers.due[kind](subject, tx)))
        finally:
            cause.reset(token)

    async def _postpone(self, taken: tuple[str, UUID], fault: Exception) -> None:
        """A timer that fails is tried again, each time later, up to once a day; its reason can be read."""
        refusal = as_refusal(fault)
        if not isinstance(refusal or fault, OrderloopError):
            log.error("timer %s of %s failed", *taken, exc_info=fault)
        async with self.database.begin() as tx:
            _ = await tx.exec_driver_sql(_POSTPONE, (*taken, parking.reason_of(fault)))


_SET = """
INSERT INTO timer (kind, subject, due_at) VALUES ($1, $2, $3)
ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at, attempts = 0, reason = NULL
"""
_DUE = """
SELECT kind, subject FROM timer WHERE kind = ANY($1::text[]) AND due_at <= coalesce($2::timestamptz, now())
 ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
_POSTPONE = """
UPDATE timer SET attempts = attempts + 1, reason = $3,
       due_at = greatest(due_at, now()) + least(interval '1 minute' * 2 ^ least(attempts, 11), interval '1 day')
 WHERE kind = $1 AND subject = $2
"""
