"""Sums of quantities, which keep the unit even when there is nothing to add."""

from collections.abc import Iterable
from decimal import Decimal

from contracts.errors import Malformed
from contracts.ids import LineId
from contracts.lines import LineQuantity
from contracts.values import Quantity, UnlikeUnits


class QuantityNotPositive(Malformed):
    """Goods are moved, bought and promised in quantities above zero."""


def total(quantities: Iterable[Quantity], unit: str) -> Quantity:
    """The exact sum; zero of the unit when there is nothing to add."""
    sum_ = Decimal(0)
    for quantity in quantities:
        if quantity.unit != unit:
            raise UnlikeUnits(f"{quantity} is not counted in {unit}; convert it first")
        sum_ += quantity.value
    return Quantity(value=sum_, unit=unit)


def of_line(lines: Iterable[LineQuantity], line: LineQuantity) -> Quantity:
    """How much of these is for the same order line."""
    return total((part.quantity for part in lines if part.line_id == line.line_id), line.quantity.unit)


def per_line(lines: Iterable[LineQuantity]) -> dict[LineId, Quantity]:
    """How much of these is for each order line."""
    sums: dict[LineId, Quantity] = {}
    for line in lines:
        sums[line.line_id] = sums[line.line_id] + line.quantity if line.line_id in sums else line.quantity
    return sums


def must_be_positive(quantity: Quantity) -> None:
    if not quantity.is_positive:
        raise QuantityNotPositive(f"{quantity} is not above zero; name how much it is")
