"""Value added tax as EN 16931 rounds it: once per rate, on the sum of the nets (BR-CO-17), never per line.

A line's own tax is its share of that sum: the shares are cut off a running total, so that they always add up to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from contracts.ids import ItemId, LineId
from contracts.lines import InvoicedLine
from contracts.values import Money, Quantity

Category = Literal["S", "Z"]
"""UNCL 5305: S is a standard rate, Z a rate of zero."""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """So much net for so many of an order line; its tax is not known yet."""

    line_id: LineId
    item_id: ItemId
    description: str
    quantity: Quantity
    net: Money
    tax_percent: Decimal


@dataclass(frozen=True, kw_only=True)
class VatSubtotal:
    """What an invoice charges at one rate (EN 16931, BG-23)."""

    category: Category
    percent: Decimal
    net: Money
    tax: Money


def taxed(charges: Iterable[Charge], *, since: Iterable[InvoicedLine] = ()) -> tuple[InvoicedLine, ...]:
    """Add the tax: per rate, the sum over all lines is the rounded tax on the sum of their nets.

    `since` are lines that were taxed before and that the running totals begin with: partial credit notes of one invoice
    then never give back more tax than it charged, and together exactly as much.
    """
    before = tuple(since)
    running = {each.percent: each.net for each in subtotals(before)}
    given = {each.percent: each.tax for each in subtotals(before)}
    lines: list[InvoicedLine] = []
    for charge in charges:
        rate, zero = charge.tax_percent, Money.zero(charge.net.currency)
        running[rate] = running.get(rate, zero) + charge.net
        due = running[rate].percent(rate)
        lines.append(_line(charge, tax=due - given.get(rate, zero)))
        given[rate] = due
    return tuple(lines)


def subtotals(lines: Iterable[InvoicedLine]) -> tuple[VatSubtotal, ...]:
    """Net and tax per rate, the highest rate first."""
    by_rate: defaultdict[Decimal, list[InvoicedLine]] = defaultdict(list)
    for line in lines:
        by_rate[line.tax_percent].append(line)
    return tuple(_subtotal(rate, by_rate[rate]) for rate in sorted(by_rate, reverse=True))


def net_of(lines: Iterable[InvoicedLine], currency: str) -> Money:
    return Money.total((line.net for line in lines), currency)


def tax_of(lines: Iterable[InvoicedLine], currency: str) -> Money:
    return Money.total((line.tax for line in lines), currency)


def gross_of(lines: Iterable[InvoicedLine], currency: str) -> Money:
    return Money.total((part for line in lines for part in (line.net, line.tax)), currency)


def _line(charge: Charge, tax: Money) -> InvoicedLine:
    return InvoicedLine(
        line_id=charge.line_id,
        item_id=charge.item_id,
        description=charge.description,
        quantity=charge.quantity,
        net=charge.net,
        tax_percent=charge.tax_percent,
        tax=tax,
    )


def _subtotal(rate: Decimal, lines: list[InvoicedLine]) -> VatSubtotal:
    currency = lines[0].net.currency
    category: Category = "S" if rate else "Z"
    return VatSubtotal(category=category, percent=rate, net=net_of(lines, currency), tax=tax_of(lines, currency))
