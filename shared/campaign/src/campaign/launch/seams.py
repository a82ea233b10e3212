"""Where the failpoints are in the work of a service; production code knows nothing of them.

A commit is met where `Database.begin` ends. Whose it is, a command's or that of a consumed batch with effects, says
the place that `Executor._once` or `Consumer._apply_all` has set around it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from campaign.launch.failpoints import Failpoints
from contracts.event import Recorded
from kit.consumer import Consumer
from kit.database import Database, Transaction
from kit.executor import Executor
from kit.relay import Relay

# The wrappers pass on whatever they are given, hence `Any`; they lean on the names of the methods and nothing else.
# pyright: reportPrivateUsage=false


@dataclass
class Place:
    """Whose work is in hand: `api`, `worker`; None as long as it has no effect."""

    name: str | None


_place: ContextVar[Place | None] = ContextVar("place", default=None)


def install(failpoints: Failpoints) -> None:
    """From now on the process comes by all failpoints of its roles."""
    _at_publishing(failpoints)
    _at_commits(failpoints)
    _in_commands()
    _in_batches()


def _at_publishing(failpoints: Failpoints) -> None:
    """Kafka has acknowledged, the cursor is not yet kept."""
    publish = Relay._publish

    async def published(self: Relay, *given: Any, **named: Any) -> int:
        sent = await publish(self, *given, **named)
        if sent:
            failpoints.reach("relay-after-publish")
        return sent

    Relay._publish = published  # type: ignore[method-assign]


def _at_commits(failpoints: Failpoints) -> None:
    begin = Database.begin

    @asynccontextmanager
    async def begun(self: Database, *given: Any) -> AsyncGenerator[Transaction]:
        async with begin(self, *given) as tx:
            yield tx
            place = _place.get()
            if place is not None and place.name is not None:
                failpoints.reach(f"{place.name}-before-commit")
        place = _place.get()
        if place is not None and place.name is not None:
            failpoints.reach(f"{place.name}-after-commit")

    Database.begin = begun  # type: ignore[method-assign]


def _in_commands() -> None:
    once = Executor._once

    async def placed(self: Executor, *given: Any, **named: Any) -> Any:
        token = _place.set(Place("api"))
        try:
            return await once(self, *given, **named)
        finally:
            _place.reset(token)

    Executor._once = placed  # type: ignore[method-assign]


def _in_batches() -> None:
    apply_all, effects = Consumer._apply_all, Consumer._effects

    async def placed(self: Consumer, *given: Any, **named: Any) -> None:
        token = _place.set(Place(None))
        try:
            await apply_all(self, *given, **named)
        finally:
            _place.reset(token)

    async def seen(self: Consumer, tx: Transaction, events: Sequence[Recorded]) -> Any:
        place = _place.get()
        if place is not None and events:
            place.name = "worker"
        return await effects(self, tx, events)

    Consumer._apply_all = placed  # type: ignore[method-assign]
    Consumer._effects = seen  # type: ignore[method-assign]
