"""All that was said of one subject, found by type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar, cast
from uuid import UUID

from contracts.event import Event
from insight.domain.statement import Statement

E = TypeVar("E", bound=Event)
ZERO = Decimal(0)


@dataclass(slots=True)
class Tally:
    """An amount, and the statements that it comes from."""

    amount: Decimal = ZERO
    behind: list[Statement[Event]] = field(default_factory=list[Statement[Event]])

    def add(self, amount: Decimal, statement: Statement[Event]) -> None:
        self.amount += amount
        if not self.behind or self.behind[-1] is not statement:
            self.behind.append(statement)


NONE = Tally()


class Story:
    """The statements about one subject; those of one type in the order in which they were said."""

    def __init__(self, statements: Iterable[Statement[Event]]) -> None:
        self._by_type: dict[type[Event], list[Statement[Any]]] = {}  # Any: the type that is the key
        for each in sorted(statements, key=lambda each: each.sequence):
            self._by_type.setdefault(type(each.event), []).append(each)

    def all(self, kind: type[E]) -> Sequence[Statement[E]]:
        return cast("Sequence[Statement[E]]", self._by_type.get(kind, ()))

    def first(self, kind: type[E]) -> Statement[E] | None:
        found = self.all(kind)
        return found[0] if found else None

    def last(self, kind: type[E]) -> Statement[E] | None:
        found = self.all(kind)
        return found[-1] if found else None

    @property
    def everything(self) -> list[Statement[Event]]:
        return [each for found in self._by_type.values() for each in found]


def tallied(
    statements: Iterable[Statement[E]], parts: Callable[[E], Iterable[tuple[UUID, Decimal]]]
) -> Mapping[UUID, Tally]:
    """Sum what the statements say per id."""
    found: dict[UUID, Tally] = defaultdict(Tally)
    for each in statements:
        for key, amount in parts(each.event):
            found[key].add(amount, each)
    return found


def by_id(statements: Iterable[Statement[E]], key: Callable[[E], UUID]) -> dict[UUID, list[Statement[E]]]:
    """The statements about each id."""
    found: dict[UUID, list[Statement[E]]] = {}
    for each in statements:
        found.setdefault(key(each.event), []).append(each)
    return found


def plain(number: Decimal) -> str:
    """Without trailing zeros, which mean nothing."""
    return f"{number.normalize():f}" if number else "0"
