"""What the work at hand belongs to: who asked, what caused it, which versions it has written."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from contracts.event import Recorded
from kit.principal import Principal

SYSTEM = "system"
"""The actor of what nobody asked for: timers, retries."""


@dataclass(frozen=True)
class Cause:
    """Why an event is written. The correlation is only a last resort: see `outbox.append`."""

    causation_id: UUID
    actor: str
    correlation_id: UUID | None = None
    traceparent: str | None = None


cause: ContextVar[Cause | None] = ContextVar("cause", default=None)
principal: ContextVar[Principal | None] = ContextVar("principal", default=None)
recorded: ContextVar[Recorded | None] = ContextVar("recorded", default=None)
written: ContextVar[dict[UUID, int] | None] = ContextVar("written", default=None)


def current_event() -> Recorded:
    """The event that is being reacted to, with its envelope."""
    found = recorded.get()
    if found is None:
        raise RuntimeError("there is a current event only inside a reaction")
    return found


def note_written(id: UUID, version: int) -> None:
    """Remember which version of an aggregate this command wrote: the caller is told it as an ETag."""
    versions = written.get()
    if versions is not None:
        versions[id] = version
