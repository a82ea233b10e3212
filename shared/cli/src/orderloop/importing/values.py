"""How a mapping says where a field comes from, and under which condition something counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orderloop.importing.tables import Row, Tables
from orderloop.importing.troubles import RowRefused

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S")


class Part(BaseModel):
    """A piece of a mapping file; what it does not know is refused, so that a typo is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _as_words(given: object) -> object:
    """YAML reads 550 as a number; in a list of words it is one."""
    if isinstance(given, Mapping):
        return {str(key): str(word) for key, word in given.items()}
    return tuple(map(str, given)) if isinstance(given, list) else given


Words = Annotated[dict[str, str], BeforeValidator(_as_words)]


class Spec(Part):
    """Where a text comes from (exactly one of the first five), then what is done to it, in the order written here."""

    column: str | None = None
    value: str | int | None = None
    text: str | None = None
    """Words with columns in braces: `Order {order_id}`."""
    first: tuple[Value, ...] = ()
    """The first of these that is not empty."""
    join: str | None = None
    """Another file, whose row with `on` in the column `by` has the value `take`."""
    on: Value | None = None
    by: str | None = None
    take: Value | None = None

    cut: str = ""
    """A tail to cut off, such as `.0`."""
    case: str = Field(default="", pattern="^(upper|lower|)$")
    rename: Words = Field(default_factory=dict)
    """Other words for some texts."""
    otherwise: str | None = None
    """The word for texts that `rename` does not name; without it they stay as they are."""
    default: str | None = None
    """The word where nothing stands."""
    negate: bool = False
    """The number with the other sign."""
    shorten: int = 0
    """No more characters than this."""

    @model_validator(mode="after")
    def _has_one_origin(self) -> Spec:
        origins = [self.column, self.value, self.text, self.first or None, self.join]
        if sum(origin is not None for origin in origins) != 1:
            raise ValueError("say one of column, value, text, first, join")
        if self.join and not (self.on and self.by and self.take):
            raise ValueError("join needs on, by and take")
        return self


Value = str | int | Spec
"""A column's name, a number that is always the same, or a specification."""


def text_of(value: Value, row: Row, tables: Tables) -> str:
    """The text that the value has for this row; empty when there is none."""
    if isinstance(value, str):
        return row[value].strip()
    if isinstance(value, int):
        return str(value)
    return _treated(value, _origin(value, row, tables))


def _origin(spec: Spec, row: Row, tables: Tables) -> str:
    if spec.column is not None:
        return row[spec.column].strip()
    if spec.value is not None:
        return str(spec.value)
    if spec.text is not None:
        return PLACEHOLDER.sub(lambda found: row[found[1]].strip(), spec.text)
    if spec.join is not None:
        return _joined(spec, row, tables)
    return next((text for each in spec.first if (text := text_of(each, row, tables))), "")


def _joined(spec: Spec, row: Row, tables: Tables) -> str:
    if not spec.join or not spec.by or spec.on is None or spec.take is None:
        raise ValueError("join needs on, by and take")  # the schema has seen to it
    found = tables[spec.join].where(spec.by, text_of(spec.on, row, tables))
    return text_of(spec.take, found[0], tables) if found else ""


def _treated(spec: Spec, text: str) -> str:
    text = text.removesuffix(spec.cut) if spec.cut else text
    text = {"upper": text.upper, "lower": text.lower}.get(spec.case, lambda: text)()
    if text and (spec.rename or spec.otherwise is not None):
        text = spec.rename.get(text, text if spec.otherwise is None else spec.otherwise)
    text = text or spec.default or ""
    if spec.negate and text:
        text = text[1:] if text.startswith("-") else f"-{text}"
    return text[: spec.shorten].rstrip() if spec.shorten else text


def decimal_of(name: str, text: str) -> Decimal:
    """A number with a point and no thousands separators."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise RowRefused(f"{name} is not a number", repr(text)) from None
    if not number.is_finite():
        raise RowRefused(f"{name} is not a number", repr(text))
    return number


def date_of(name: str, text: str, formats: Iterable[str] = DATE_FORMATS) -> date:
    """The day; hours are dropped, for the source's own clock is not known."""
    for each in formats:
        try:
            return datetime.strptime(text, each).date()  # noqa: DTZ007  a day without a zone
        except ValueError:
            continue
    raise RowRefused(f"{name} is not a date", repr(text))


class Test(Part):
    """Something about a row; all that is said has to hold. Numbers compare as numbers."""

    the: Value | None = None
    equals: Annotated[str | None, BeforeValidator(str)] = None
    one_of: Annotated[tuple[str, ...], BeforeValidator(_as_words)] = Field(default=(), alias="in")
    matches: str | None = None
    """A regular expression for the whole text."""
    empty: bool | None = None
    above: Decimal | None = None
    below: Decimal | None = None
    any: tuple[Test, ...] = ()
    """At least one of these holds."""
    unless: Test | None = None
    """This does not hold."""


Condition = Test | tuple[Test, ...]
"""A test, or several that all have to hold."""


def holds(condition: Condition | None, row: Row, tables: Tables) -> bool:
    """Whether the condition holds for the row; none at all always does."""
    if condition is None:
        return True
    tests = condition if isinstance(condition, tuple) else (condition,)
    return all(_passes(test, row, tables) for test in tests)


def _passes(test: Test, row: Row, tables: Tables) -> bool:
    if test.the is not None and not _text_passes(test, text_of(test.the, row, tables)):
        return False
    if test.any and not any(_passes(each, row, tables) for each in test.any):
        return False
    return test.unless is None or not _passes(test.unless, row, tables)


def _text_passes(test: Test, text: str) -> bool:
    said = (
        (test.equals is None or text == test.equals),
        (not test.one_of or text in test.one_of),
        (test.matches is None or re.fullmatch(test.matches, text) is not None),
        (test.empty is None or test.empty == (not text)),
    )
    return all(said) and _number_passes(test, text)


def _number_passes(test: Test, text: str) -> bool:
    if test.above is None and test.below is None:
        return True
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return (test.above is None or number > test.above) and (test.below is None or number < test.below)
