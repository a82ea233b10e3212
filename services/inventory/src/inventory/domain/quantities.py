"""Sums of quantities, which keep the unit even when there is nothing to add."""

from collections.abc import Iterable

from contracts.errors import Malformed
from contracts.lines import LineQuantity
from contracts.values import Quantity


class QuantityNotPositive(Malformed):
    """Goods are moved, bought and promised in quantities above zero."""


def total(quantities: Iterable[Quantity], unit: str) -> Quantity:
    """The exact sum; zero of the unit when there is nothing to add."""
    sum_ = Quantity.zero(unit)
    for quantity in quantities:
        sum_ += quantity
    return sum_


def of_line(lines: Iterable[LineQuantity], line: LineQuantity) -> Quantity:
    """How much of these is for the same order line."""
    return total((part.quantity for part in lines if part.line_id == line.line_id), line.quantity.unit)


def must_be_positive(quantity: Quantity) -> None:
    if not quantity.is_positive:
        raise QuantityNotPositive(f"{quantity} is not above zero; name how much it is")
