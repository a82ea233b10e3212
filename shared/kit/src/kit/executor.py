"""The executor: one command, one transaction; state, outbox rows and the answer commit together or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from contracts.errors import Unavailable
from contracts.event import Event
from contracts.ids import new_id
from kit import idempotency, outbox
from kit.context import SYSTEM, Cause, cause, written
from kit.database import Database, Part, Transaction, as_refusal, is_transient
from kit.held import holding
from kit.idempotency import Answer
from kit.outbox import Outcome

ATTEMPTS = 6


class Command(BaseModel):
    """What somebody wants done. Frozen; fields that are not known are refused, so that a typo is not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expected_version: int | None = Field(default=None, exclude=True)
    """What `If-Match` said; the repository compares it when it loads the aggregate."""


C = TypeVar("C", bound=Command)
Handler = Callable[[C, Transaction], Awaitable[Outcome]]


class Executor:
    """Runs handlers. `committed` is called after each commit that wrote events: it wakes the relay."""

    def __init__(self, database: Database, committed: Callable[[], None]) -> None:
        self.database = database
        self.committed = committed

    async def __call__(self, handler: Handler[C], command: C, why: Cause | None = None) -> tuple[Event, ...]:
        """Run a handler in one transaction and return its events."""
        _, events = await self._attempt(handler, command, why or Cause(new_id(), SYSTEM), None)
        return events

    async def answer(self, handler: Handler[C], command: C, why: Cause, request: Request) -> tuple[Answer, bool]:
        """Run a handler for a request that carries an idempotency key; says also whether the answer is a repeat."""
        answer, events = await self._attempt(handler, command, why, request)
        assert answer is not None
        return answer, not events and answer.status != 204

    async def _attempt(
        self, handler: Handler[C], command: C, why: Cause, request: Request | None
    ) -> tuple[Answer | None, tuple[Event, ...]]:
        for attempt in range(ATTEMPTS):
            try:
                done = await self._once(handler, command, why, request)
            except Exception as fault:
                await self._fault(fault, attempt)
            else:
                if done[1]:
                    self.committed()
                return done
        raise AssertionError("the last attempt raises")

    async def _fault(self, fault: Exception, attempt: int) -> None:
        """Wait when another attempt may help; raise what the caller has to know otherwise."""
        if (refusal := as_refusal(fault)) is not None:
            raise refusal from fault
        if not is_transient(fault):
            raise fault
        if attempt == ATTEMPTS - 1:
            raise Unavailable("the database does not answer; send the same request again with the same key") from fault
        await asyncio.sleep(random.uniform(0.5, 1) * 0.02 * 2**attempt)

    async def _once(
        self, handler: Handler[C], command: C, why: Cause, request: Request | None
    ) -> tuple[Answer | None, tuple[Event, ...]]:
        versions = written.set({})
        reason = cause.set(why)
        try:
            async with self.database.begin(None if request is None else request.begin) as tx:
                if request is not None and request.known is not None:
                    return request.known, ()
                async with holding(tx):
                    events = outbox.events_of(await handler(command, tx))
                    answer = None if request is None else request.answer(events)
                    keeping = None if request is None or answer is None else request.keeping(answer)
                    _ = await outbox.append(tx, outbox.caused(events), keeping)
            return answer, events
        finally:
            cause.reset(reason)
            written.reset(versions)


class Request:
    """One HTTP request for a command: its key, what it asked, and how its answer looks."""

    def __init__(self, *, actor: str, key: str, asked: str, status: int, location: str | None) -> None:
        self.actor = actor
        self.key = key
        self.digest = hashlib.sha256(asked.encode()).digest()
        self.status = status
        self.location = location
        self.known: Answer | None = None

    async def begin(self, tx: Transaction) -> None:
        """Begin a transaction that holds the key, or is of no use because the answer is `known`."""
        self.known = await idempotency.begin(tx, self.actor, self.key, self.digest)

    def keeping(self, answer: Answer) -> Part:
        return idempotency.keeping(self.actor, self.key, answer)

    def answer(self, events: tuple[Event, ...]) -> Answer:
        """What the caller is told: the first event, and which version it made."""
        versions = written.get() or {}
        if not events:
            version = next(iter(versions.values())) if len(versions) == 1 else None
            return Answer(204, b"", _etag(version))
        first = events[0]
        headers = _etag(versions.get(first.subject))
        if self.location is not None:
            headers["location"] = f"{self.location}/{first.subject}"
        return Answer(self.status, first.model_dump_json().encode(), headers)


def _etag(version: int | None) -> dict[str, str]:
    return {} if version is None else {"etag": f'"{version}"'}
