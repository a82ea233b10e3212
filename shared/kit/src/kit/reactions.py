"""Which event leads to what: a service's reactions, found by event type."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from contracts.event import Event, Recorded
from kit.database import Transaction
from kit.outbox import Outcome

E = TypeVar("E", bound=Event)
Effect = Callable[[E, Transaction], Awaitable[Outcome]]
Locks = Callable[[E], Iterable[UUID]]
Feed = Callable[[Sequence[Recorded], Transaction], Awaitable[None]]
Ahead = Callable[[Sequence[E], Transaction], Awaitable[None]]


@dataclass(frozen=True)
class Reaction:
    """One effect of one event type; `locks` names the aggregates that it will write."""

    effect: Effect[Any]  # Any: its event type is the key under which it is found
    locks: Locks[Any] | None  # Any: as above
    tells: tuple[type[Event], ...]

    @property
    def name(self) -> str:
        return self.effect.__name__


class Reactions:
    """A service's reactions. `to` is written above each; `feed` above what takes a whole batch, such as a timeline.

    `ahead` is written above what reads for a whole batch the rows that its reactions will load one by one.
    """

    def __init__(self) -> None:
        self.effects: dict[type[Event], list[Reaction]] = {}
        self.feeds: list[tuple[frozenset[type[Event]], Feed]] = []
        self.aheads: list[tuple[frozenset[type[Event]], Ahead[Any]]] = []  # Any: the types beside it

    def to(self, *events: type[E], locks: Locks[E] | None = None) -> Callable[[Effect[E]], Effect[E]]:
        """React to each of these events in its own turn.

        `locks` returns the ids of what the effect writes: the consumer locks those of a whole batch in one order
        before the first effect, so that two batches never wait for each other.
        """

        def register(effect: Effect[E]) -> Effect[E]:
            reaction = Reaction(effect, locks, told_by(effect))
            for event in events:
                self.effects.setdefault(event, []).append(reaction)
            return effect

        return register

    def feed(self, *events: type[Event]) -> Callable[[Feed], Feed]:
        """Take all of a batch's events of these types at once; such an effect writes state and tells nobody."""

        def register(effect: Feed) -> Feed:
            self.feeds.append((frozenset(events), effect))
            return effect

        return register

    def ahead(self, *events: type[E]) -> Callable[[Ahead[E]], Ahead[E]]:
        """Read what the reactions to all of a batch's events of these types will load; it changes nothing.

        Without it they load the same, one by one.
        """

        def register(read: Ahead[E]) -> Ahead[E]:
            self.aheads.append((frozenset(events), read))
            return read

        return register

    def events(self) -> set[type[Event]]:
        """Every type that has an effect here."""
        return set(self.effects).union(*(types for types, _ in self.feeds))

    def topics(self) -> list[str]:
        return sorted({event.topic() for event in self.events()})

    def handled(self) -> set[str]:
        return {event.type_name() for event in self.events()}


def told_by(handler: Callable[..., Awaitable[Outcome]]) -> tuple[type[Event], ...]:
    """The event types in a handler's return annotation: who tells whom is read off the code."""
    annotation: object = get_type_hints(handler).get("return")
    return tuple(dict.fromkeys(_events_in(annotation)))


def _events_in(annotation: object) -> Iterable[type[Event]]:
    if inspect.isclass(annotation) and issubclass(annotation, Event):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _events_in(part)
