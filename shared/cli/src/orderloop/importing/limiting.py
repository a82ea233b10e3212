"""The first part of a source, with all that it needs to be whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from orderloop.importing.records import Batch, Customer

T = TypeVar("T")


def limited(batch: Batch, number: int | None) -> Batch:
    """The first so many opportunities, orders and adjustments, with the customers, items and stock that they name."""
    if number is None:
        return batch
    opportunities, orders = _first(batch.opportunities, number), _first(batch.orders, number)
    adjustments = _first(batch.adjustments, number)
    lines = [line for each in (*opportunities.values(), *orders.values()) for line in each.lines]
    items = {line.item for line in lines} | {each.item for each in adjustments.values()}
    items |= {key for key, item in batch.items.items() if opportunities and item.price is not None}
    named = [each.customer for each in (*opportunities.values(), *orders.values()) if each.customer]
    return replace(
        batch,
        customers=_with_parents(batch.customers, named),
        items={key: item for key, item in batch.items.items() if key in items},
        opportunities=opportunities,
        orders=orders,
        payments={key: each for key, each in batch.payments.items() if each.order in orders},
        returns={key: each for key, each in batch.returns.items() if each.order in orders},
        adjustments=adjustments,
        complaints={key: each for key, each in batch.complaints.items() if each.order in orders},
        stock={key: quantity for key, quantity in batch.stock.items() if key in items},
    )


def _first(found: dict[str, T], number: int) -> dict[str, T]:
    return dict(islice(found.items(), number))


def _with_parents(customers: dict[str, Customer], named: Iterable[str]) -> dict[str, Customer]:
    wanted: set[str] = set()
    for key in named:
        above: str | None = key
        while above is not None and above not in wanted:
            wanted.add(above)
            above = customers[above].parent
    return {key: customer for key, customer in customers.items() if key in wanted}
