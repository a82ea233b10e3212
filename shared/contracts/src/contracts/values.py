"""Money and quantity: decimals with their currency or unit, never floats."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from contracts.errors import Malformed

_LONGEST = 64
"""Characters of a decimal: room for the zeros that exact arithmetic leaves behind the digits."""


def _exact(value: object) -> object:
    """A decimal that is no float, nor a zero with an exponent, or a tail of zeros, beyond what can be stored."""
    if isinstance(value, float):
        raise ValueError('write decimals as strings, such as "12.50": floats lose cents')
    if isinstance(value, str) and (len(value) > _LONGEST or "e" in value or "E" in value) and _is_absurd(value):
        raise ValueError('write decimals with 24 digits at most, six of them after the point, such as "12.50"')
    return value


def _is_absurd(value: str) -> bool:
    try:
        exponent = Decimal(value).as_tuple().exponent
    except InvalidOperation:
        return False  # no decimal at all, which is said in other words
    return isinstance(exponent, int) and abs(exponent) > _LONGEST


ExactDecimal = Annotated[
    Decimal,
    Field(
        max_digits=24,
        decimal_places=6,
        allow_inf_nan=False,
        examples=["12.50"],
        json_schema_extra={"max_digits": 24, "decimal_places": 6},  # not said by itself before another validator
    ),
    BeforeValidator(_exact),  # last: constraints that stand after it are checked in Python, at four times the cost
]
"""A decimal that is a string in JSON; at most 24 digits, six of them after the point."""

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
"""ISO 4217 alphabetic code."""

UnitCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{2,3}$", examples=["C62"])]
"""UN/ECE Recommendation 20 code: C62 is one piece, KGM a kilogram, HUR an hour."""

PIECE = "C62"

# ISO 4217 minor units that are not two.
_MINOR_UNITS = {"BHD": 3, "CLP": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "OMR": 3, "TND": 3, "VND": 0}


class UnlikeUnits(Malformed):
    """Euros and dollars, or pieces and kilograms, are not added or compared."""


class TooManyDigits(Malformed):
    """An amount or a quantity has 24 digits at most, six of them after the point, also one that was calculated."""


class Value(BaseModel):
    """What is equal when its parts are, and never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Money(Value):
    """An amount in one currency. Sums are exact; `rounded` brings it to the currency's minor unit."""

    amount: ExactDecimal
    currency: CurrencyCode

    def __add__(self, other: Money) -> Money:
        self._must_match(other)
        return _money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._must_match(other)
        return _money(self.amount - other.amount, self.currency)

    def __neg__(self) -> Money:
        return Money(amount=-self.amount, currency=self.currency)

    def times(self, factor: Decimal | int) -> Money:
        """Multiply and round half up to the minor unit."""
        return Money.rounded(self.amount * factor, self.currency)

    def percent(self, rate: Decimal) -> Money:
        """`rate` percent of this, rounded half up to the minor unit."""
        return Money.rounded(self.amount * rate / 100, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._must_match(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._must_match(other)
        return self.amount <= other.amount

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def is_negative(self) -> bool:
        return self.amount < 0

    @staticmethod
    @cache
    def zero(currency: str) -> Money:
        return Money(amount=Decimal(0), currency=currency)

    @staticmethod
    def rounded(amount: Decimal, currency: str) -> Money:
        """Round half up to the minor unit of ISO 4217 (two digits, but 0 for JPY, 3 for KWD …)."""
        step = Decimal(1).scaleb(-_MINOR_UNITS.get(currency, 2))
        try:
            return _money(amount.quantize(step, ROUND_HALF_UP), currency)
        except InvalidOperation as error:
            raise _too_many_digits(amount, currency) from error

    @staticmethod
    def total(amounts: Iterable[Money], currency: str) -> Money:
        """The exact sum; zero of the currency when there is nothing to add."""
        total = Decimal(0)
        for each in amounts:
            if each.currency != currency:
                raise UnlikeUnits(f"{each} and a sum in {currency} are in different currencies; convert one first")
            total += each.amount
        return _money(total, currency)

    def _must_match(self, other: Money) -> None:
        if self.currency != other.currency:
            raise UnlikeUnits(f"{self} and {other} are in different currencies; convert one first")


class Quantity(Value):
    """A number of units. Arithmetic is exact and refuses unlike units."""

    value: ExactDecimal
    unit: UnitCode = PIECE

    def __add__(self, other: Quantity) -> Quantity:
        self._must_match(other)
        return _quantity(self.value + other.value, self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        self._must_match(other)
        return _quantity(self.value - other.value, self.unit)

    def __lt__(self, other: Quantity) -> bool:
        self._must_match(other)
        return self.value < other.value

    def __le__(self, other: Quantity) -> bool:
        self._must_match(other)
        return self.value <= other.value

    def __bool__(self) -> bool:
        return bool(self.value)

    def __str__(self) -> str:
        return f"{self.value.normalize():f} {self.unit}"

    @property
    def is_positive(self) -> bool:
        return self.value > 0

    @staticmethod
    @cache
    def zero(unit: str = PIECE) -> Quantity:
        return Quantity(value=Decimal(0), unit=unit)

    @staticmethod
    def pieces(number: int | Decimal | str) -> Quantity:
        return Quantity(value=Decimal(number), unit=PIECE)

    def _must_match(self, other: Quantity) -> None:
        if self.unit != other.unit:
            raise UnlikeUnits(f"{self} and {other} are in different units; convert one first")


def _money(amount: Decimal, currency: str) -> Money:
    """The result of a calculation. Raises TooManyDigits."""
    try:
        return Money(amount=amount, currency=currency)
    except ValidationError as error:
        raise _too_many_digits(amount, currency) from error


def _quantity(value: Decimal, unit: str) -> Quantity:
    """As `_money`."""
    try:
        return Quantity(value=value, unit=unit)
    except ValidationError as error:
        raise _too_many_digits(value, unit) from error


def _too_many_digits(number: Decimal, of: str) -> TooManyDigits:
    return TooManyDigits(f"the figures come to {number:.3E} {of}, which is out of range; check quantities and prices")
