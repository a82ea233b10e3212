"""The fields of one row, read as the mapping says and checked on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orderloop.importing.tables import Row, Tables
from orderloop.importing.troubles import RowRefused
from orderloop.importing.values import Value, date_of, decimal_of, text_of


@dataclass(frozen=True, slots=True)
class Cells:
    """One row; every reader of a field raises RowRefused with the field's name when it makes no sense."""

    row: Row
    tables: Tables
    date_formats: tuple[str, ...]

    def text(self, value: Value | None, most: int = 300) -> str:
        return "" if value is None else text_of(value, self.row, self.tables)[:most]

    def required(self, name: str, value: Value, most: int = 300) -> str:
        text = self.text(value, most)
        if not text:
            raise RowRefused(f"{name} is missing")
        return text

    def one_of(self, name: str, value: Value, allowed: Iterable[str]) -> str:
        text = self.required(name, value)
        if text not in allowed:
            raise RowRefused(f"{name} is not known", f"{text!r} is none of {', '.join(allowed)}")
        return text

    def number(self, name: str, value: Value) -> Decimal:
        return decimal_of(name, self.required(name, value))

    def number_or_none(self, name: str, value: Value | None) -> Decimal | None:
        text = self.text(value)
        return decimal_of(name, text) if text else None

    def positive(self, name: str, value: Value) -> Decimal:
        number = self.number(name, value)
        if number <= 0:
            raise RowRefused(f"{name} is not above zero", str(number))
        return number

    def day(self, name: str, value: Value) -> date:
        return date_of(name, self.required(name, value), self.date_formats)

    def day_or_none(self, name: str, value: Value | None) -> date | None:
        text = self.text(value)
        return date_of(name, text, self.date_formats) if text else None
