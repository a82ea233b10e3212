"""Decimals from outside are exact and of a size that can be kept; so is what is calculated with them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.values import ExactDecimal, Money, Quantity, TooManyDigits

DECIMAL: TypeAdapter[Decimal] = TypeAdapter(ExactDecimal)
LARGEST = "999999999999999999.999999"
MUCH, MANY = Money(amount=Decimal(LARGEST), currency="EUR"), Quantity.pieces(LARGEST)
LITTLE = Money(amount=Decimal("0.01"), currency="EUR")


@pytest.mark.parametrize(
    "written",
    [
        "0e65",
        "0E-65",
        "0e1000000",
        f"0.{'0' * 65}",
        f"1.{'0' * 100_000}",
        "1e1000000",
        "1e-1000000",
        "1e99999999999999999999",
        "9" * 19,
        "9" * 100_000,
        "0.0000001",
        "NaN",
        "sNaN",
        "Infinity",
        "1,5",
        1.5,
        10**40,
    ],
    ids=lambda written: str(written)[:30],
)
def test_a_decimal_that_cannot_be_kept_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        _ = DECIMAL.validate_python(written)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (LARGEST, LARGEST),
        ("1e17", "100000000000000000"),
        ("0E-12", "0"),
        ("12.500000000000", "12.5"),
        (f"1.{'0' * 60}", "1"),
        ("-0.000001", "-0.000001"),
        (7, "7"),
    ],
)
def test_a_decimal_may_be_written_in_any_form_that_arithmetic_leaves(written: object, read: str) -> None:
    assert DECIMAL.validate_python(written) == Decimal(read)


@pytest.mark.parametrize(
    "calculate",
    [
        lambda: MUCH + MUCH,
        lambda: Money(amount=-MUCH.amount, currency="EUR") - MUCH,
        lambda: MUCH.times(MANY.value),
        lambda: MUCH.times(2),
        lambda: Money.total([MUCH, LITTLE], "EUR"),
        lambda: MANY + MANY,
        lambda: Quantity.zero() - MANY - MANY,
    ],
)
def test_a_result_of_too_many_digits_is_refused_in_words(calculate: Callable[[], object]) -> None:
    with pytest.raises(TooManyDigits, match=r"come to -?\d\.\d{3}E\+\d+ (EUR|C62), which is out of range"):
        _ = calculate()


def test_the_largest_result_is_one() -> None:
    assert Money.total([Money(amount=MUCH.amount - LITTLE.amount, currency="EUR"), LITTLE], "EUR") == MUCH
