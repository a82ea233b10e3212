"""Rows that become customers and items."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from orderloop.importing.cells import Cells
from orderloop.importing.mapping import CustomerRule, ItemRule, Mapping
from orderloop.importing.records import Customer, Item
from orderloop.importing.troubles import RowRefused


def customer(mapping: Mapping) -> Callable[[CustomerRule, str, Cells], Customer]:
    """Readers of customers; the mapping's currency counts where the source tells none."""

    def read(rule: CustomerRule, key: str, cells: Cells) -> Customer:
        return Customer(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            name=cells.required("the customer's name", rule.name),
            kind=cells.one_of("the kind of customer", rule.kind, ("organisation", "person")),
            country=_country(cells.required("the country", rule.country)),
            currency=cells.text(rule.currency) or mapping.currency,
            parent=cells.text(rule.parent) or None,
            tax_id=cells.text(rule.tax_id) or None,
        )

    return read


def item() -> Callable[[ItemRule, str, Cells], Item]:
    """Readers of items; where no cost is told it is a part of the price."""

    def read(rule: ItemRule, key: str, cells: Cells) -> Item:
        if len(key) > 64:
            raise RowRefused("the sku is longer than 64 characters", key)
        price = cells.number_or_none("the price", rule.price)
        cost = cells.number_or_none("the cost", rule.cost)
        derived = max(price or Decimal(0), Decimal(0)) * rule.cost_percent / 100
        if cost is not None and cost < 0:
            raise RowRefused("the cost is below zero", str(cost))
        return Item(
            key=key,
            table=cells.row.table,
            row=cells.row.number,
            description=cells.text(rule.description) or key,
            kind=cells.one_of("the kind of item", rule.kind, ("goods", "service")),
            unit=cells.required("the unit", rule.unit),
            price=price,
            cost=(derived if cost is None else cost).quantize(Decimal("0.01"), ROUND_HALF_UP),
        )

    return read


def _country(text: str) -> str:
    if not re.fullmatch("[A-Z]{2}", text):
        raise RowRefused("the country is not a two-letter code", f"{text!r}; name it under rename")
    return text
