"""What a mapping can say about where a field comes from, and when a row counts."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from orderloop.importing.tables import Row, Table
from orderloop.importing.troubles import ColumnMissing, RowRefused
from orderloop.importing.values import Condition, Value, date_of, decimal_of, holds, text_of

VALUES: TypeAdapter[Value] = TypeAdapter(Value)
CONDITIONS: TypeAdapter[Condition] = TypeAdapter(Condition)


def a_row(**cells: str) -> Row:
    return Row("sales", 1, cells)


def read(value: object, row: Row, **tables: list[Row]) -> str:
    return text_of(VALUES.validate_python(value), row, {name: Table(name, rows) for name, rows in tables.items()})


def counts(condition: object, row: Row) -> bool:
    return holds(CONDITIONS.validate_python(condition), row, {})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("item", "GTXPro"),
        (7, "7"),
        ({"value": "EUR"}, "EUR"),
        ({"text": "{item} for {who}"}, "GTXPro for Isdom"),
        ({"column": "item", "rename": {"GTXPro": "GTX Pro"}}, "GTX Pro"),
        ({"column": "who", "rename": {"GTXPro": "GTX Pro"}}, "Isdom"),
        ({"column": "who", "rename": {"Won": "won"}, "otherwise": "open"}, "open"),
        ({"first": ["empty", "who"]}, "Isdom"),
        ({"column": "empty", "default": "none"}, "none"),
        ({"column": "number", "cut": ".0"}, "17850"),
        ({"column": "who", "case": "upper"}, "ISDOM"),
        ({"column": "less", "negate": True}, "5"),
        ({"column": "number", "negate": True}, "-17850.0"),
        ({"column": "who", "shorten": 2}, "Is"),
    ],
)
def test_a_value_comes_from_the_row(value: object, expected: str) -> None:
    row = a_row(item=" GTXPro ", who="Isdom", empty="", number="17850.0", less="-5")

    assert read(value, row) == expected


def test_a_value_can_come_from_another_file() -> None:
    prices = [Row("prices", 1, {"sku": "A", "price": "1.50"}), Row("prices", 2, {"sku": "B", "price": "2.50"})]
    joined = {"join": "prices", "by": "sku", "on": "item", "take": "price"}

    assert read(joined, a_row(item="B"), prices=prices) == "2.50"
    assert read(joined, a_row(item="C"), prices=prices) == ""


def test_a_column_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ColumnMissing, match="sales has no column 'prise'; it has price, item"):
        _ = read("prise", a_row(price="1", item="A"))


@pytest.mark.parametrize(
    "wrong",
    [{}, {"column": "a", "value": "b"}, {"join": "prices"}, {"column": "a", "renam": {}}],
)
def test_a_value_that_makes_no_sense_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        _ = VALUES.validate_python(wrong)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"the": "quantity", "below": 0}, True),
        ({"the": "quantity", "above": 0}, False),
        ({"the": "word", "above": 0}, False),
        ({"the": "word", "equals": "damages"}, True),
        ({"the": "score", "in": [1, 2]}, True),
        ({"the": "score", "in": ["3"]}, False),
        ({"the": "word", "matches": "dam.*"}, True),
        ({"the": "word", "matches": "dam"}, False),
        ({"the": "nothing", "empty": True}, True),
        ({"the": "word", "empty": True}, False),
        ({"unless": {"the": "word", "empty": True}}, True),
        ([{"the": "score", "equals": 1}, {"the": "quantity", "above": 0}], False),
        ({"any": [{"the": "score", "equals": 1}, {"the": "quantity", "above": 0}]}, True),
    ],
)
def test_a_condition_is_about_the_row(condition: object, expected: bool) -> None:
    assert counts(condition, a_row(quantity="-12", word="damages", score="1", nothing=" ")) is expected


@pytest.mark.parametrize("text", ["abc", "1,5", "NaN", "Infinity"])
def test_what_is_not_a_number_is_refused(text: str) -> None:
    with pytest.raises(RowRefused, match="the price is not a number"):
        _ = decimal_of("the price", text)


def test_numbers_are_exact() -> None:
    assert decimal_of("the price", "0.10") == Decimal("0.10")


def test_a_day_is_read_in_the_formats_of_the_source() -> None:
    assert date_of("the day", "2010-12-01 08:26:00") == date(2010, 12, 1)
    assert date_of("the day", "01.12.2010", ["%d.%m.%Y"]) == date(2010, 12, 1)

    with pytest.raises(RowRefused, match="the day is not a date"):
        _ = date_of("the day", "2010-13-01")
