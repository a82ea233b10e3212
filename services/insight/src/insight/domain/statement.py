"""A statement: an event as somebody told it, with what proves that it was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar, cast
from uuid import UUID

from contracts.event import Event
from contracts.insight import Evidence, Side, Speaker

E = TypeVar("E", bound=Event, covariant=True)

NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Statement(Generic[E]):
    """`sequence` numbers what was said of the event's own subject; across subjects nothing says what came first."""

    event: E
    event_id: UUID
    sequence: int
    at: datetime
    heard_at: datetime

    @property
    def evidence(self) -> Evidence:
        return Evidence(event_id=self.event_id, type=self.event.type_name(), at=self.at)


def side(service: Speaker, says: str, value: object, behind: Iterable[Statement[Event]] = ()) -> Side:
    """What a service says, and the events that say so in the order in which they were recorded."""
    events = sorted((each.evidence for each in behind), key=lambda each: (each.at, each.event_id))
    return Side(service=service, says=says, value=str(value), events=tuple(events))


def silent(service: Speaker, says: str, behind: Iterable[Statement[Event]] = ()) -> Side:
    """What a service has not said. `behind` is what it said instead, if anything."""
    return side(service, says, NOTHING, behind)


def speaker(statement: Statement[Event]) -> Speaker:
    return cast("Speaker", statement.event.service())
