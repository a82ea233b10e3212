"""Which sale a return takes back, where the source does not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from orderloop.importing.records import Batch, Line, Order, Refusal, Return

Sale = tuple[Order, Line]
Sales = dict[tuple[str, str], list[Sale]]
Left = dict[tuple[str, str], Decimal]


def match(batch: Batch) -> None:
    """Name the order and line of every return; one that fits no sale is refused.

    It is the newest sale of the same customer and item, not after the return, of which at least that quantity has
    not been taken back yet; one at the same price is preferred.
    """
    sales = _sales(batch)
    left = {(order.key, line.key): line.quantity for each in sales.values() for order, line in each}
    for back in sorted(batch.returns.values(), key=lambda each: (each.returned_on, each.row)):
        sale = _sale_of(back, sales.get((back.customer, back.item), []), left)
        if sale is None:
            _refuse(batch, back)
        else:
            order, line = sale
            left[order.key, line.key] -= back.quantity
            batch.returns[back.key] = replace(back, order=order.key, line=line.key)


def wholly_taken_back(batch: Batch) -> dict[str, list[Return]]:
    """Orders of which every piece was taken back on the day they were placed: they never left the house."""
    by_order: dict[str, list[Return]] = {}
    for back in batch.returns.values():
        if back.returned_on == _day(batch, back):
            by_order.setdefault(back.order, []).append(back)
    return {key: backs for key, backs in by_order.items() if _quantity(backs) == _ordered(batch.orders[key])}


def _sales(batch: Batch) -> Sales:
    found: Sales = {}
    for order in batch.orders.values():
        if order.progress != "cancelled":
            for line in order.lines:
                found.setdefault((order.customer, line.item), []).append((order, line))
    return found


def _sale_of(back: Return, sales: list[Sale], left: Left) -> Sale | None:
    fitting = [
        (order, line)
        for order, line in sales
        if order.ordered_on <= back.returned_on and left[order.key, line.key] >= back.quantity
    ]
    newest = sorted(fitting, key=lambda sale: (sale[1].price == back.price, sale[0].ordered_on, sale[0].row))
    return newest[-1] if newest else None


def _refuse(batch: Batch, back: Return) -> None:
    del batch.returns[back.key]
    detail = f"{back.quantity} of {back.item} by {back.customer}"
    reason = "no earlier sale of this item to this customer in this quantity"
    batch.refusals.append(Refusal("return", back.key, back.table, back.row, reason, detail))


def _day(batch: Batch, back: Return) -> date:
    return batch.orders[back.order].ordered_on


def _quantity(backs: list[Return]) -> Decimal:
    return sum((back.quantity for back in backs), Decimal(0))


def _ordered(order: Order) -> Decimal:
    return sum((line.quantity for line in order.lines), Decimal(0))
