"""Statements whose rows may wait for the end of their transaction, and then go out together with all others.

Each kind says what becomes of two rows with the same key: so that a batch of events writes a row once, however many of
them change it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import cast

Values = tuple[object, ...]


class Later(str):
    """A statement that unnests its parameters, one a column; the first `keys` columns name the row."""

    __slots__ = ("keys",)

    def __new__(cls, sql: str, keys: int = 1) -> Later:
        made = super().__new__(cls, sql)
        made.keys = keys
        return made

    def merged(self, before: Values, after: Values) -> Values:
        """One row instead of two that are written one after the other."""
        raise NotImplementedError


class Insert(Later):
    """New rows: each is written once, none stands for another."""

    __slots__ = ()


class Put(Later):
    """Whole rows, whatever was there: the last one counts."""

    __slots__ = ()

    def merged(self, before: Values, after: Values) -> Values:
        return after


class Update(Later):
    """Rows at the version that was read, which is their second column: the last one counts, upon the first version."""

    __slots__ = ()

    def merged(self, before: Values, after: Values) -> Values:
        return (after[0], before[1], *after[2:])


class Change(Later):
    """Amounts that are added to what is there."""

    __slots__ = ()

    def merged(self, before: Values, after: Values) -> Values:
        parts = zip(before[self.keys :], after[self.keys :], strict=True)
        return (*after[: self.keys], *(cast("Decimal", one) + cast("Decimal", more) for one, more in parts))


class Waiting:
    """The rows that wait, by statement and key."""

    def __init__(self) -> None:
        self.rows: dict[Later, dict[Values, Values]] = {}
        self._inserted: dict[Insert, list[Values]] = {}

    @property
    def is_any(self) -> bool:
        return bool(self.rows)

    def knows(self, key: Values) -> bool:
        return any(key in known for known in self.rows.values())

    def clashes(self, statement: Later, rows: list[Values]) -> bool:
        """Whether one of these rows waits in another statement: all run at once, so this one has to come after it."""
        if isinstance(statement, Insert):
            return False
        keys = [row[: statement.keys] for row in rows]
        return any(key in known for other, known in self.rows.items() if other is not statement for key in keys)

    def add(self, statement: Later, rows: list[Values]) -> None:
        known = self.rows.setdefault(statement, {})
        if isinstance(statement, Insert):
            self._inserted.setdefault(statement, []).extend(rows)
            known.update((row[: statement.keys], row) for row in rows)
            return
        for row in rows:
            key = row[: statement.keys]
            known[key] = statement.merged(known[key], row) if key in known else row

    def take(self) -> list[tuple[str, list[Values]]]:
        """All of it; nothing waits any more."""
        taken: list[tuple[str, list[Values]]] = [
            (statement, self._inserted[statement] if isinstance(statement, Insert) else list(known.values()))
            for statement, known in self.rows.items()
        ]
        self.rows, self._inserted = {}, {}
        return taken
