"""What an order brought: revenue net of tax and credits, less the cost of the goods that were shipped."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from contracts.errors import Refused
from contracts.values import Money


class CostInAnotherCurrency(Refused):
    """Revenue and cost are compared in one currency only: a rate between two is nobody's guess."""


def sum_in(currency: str, costs: Iterable[Money]) -> Money:
    """The costs as one sum; refuses what arose in another currency."""
    total = Money.zero(currency)
    for cost in costs:
        if cost.currency != currency:
            raise CostInAnotherCurrency(
                f"{cost} is not in {currency}; restate the cost in {currency}, then close again"
            )
        total += cost
    return total


def margin_percent(margin: Money, revenue: Money) -> Decimal | None:
    """The margin in percent of the revenue, two digits, half up; None when there is no revenue to compare with."""
    if not revenue:
        return None
    return (margin.amount * 100 / revenue.amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
