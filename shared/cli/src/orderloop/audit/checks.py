"""The checks: pure functions of the facts of one reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from orderloop.audit import goods, money
from orderloop.audit.comparing import Check, Difference, Side, ordered, plain, proved, same
from orderloop.audit.facts import Facts, Order


def checks(facts: Facts) -> list[Check]:
    """All of them, in the order in which the loop goes."""
    return [
        opportunities(facts),
        pieces_add_up(facts.orders),
        *goods.checks(facts),
        *money.checks(facts),
        settled(facts),
        complaints(facts),
        proved("the ledger proves itself, and the trial balance is zero", facts.books),
        proved("the stock of every item in every warehouse proves itself", facts.stock),
        proved("no key is parked", facts.parked),
        proved("no timer fails", facts.timers),
    ]


def opportunities(facts: Facts) -> Check:
    """Won in sales, and ordered exactly once."""
    won = Side("sales: won", {each: Decimal(1) for each in facts.won})
    placed = Counter(order.opportunity_id for order in facts.orders if order.opportunity_id)
    orders = Side("order: orders", {key: Decimal(number) for key, number in placed.items()})
    return same("every won opportunity has exactly one order, and no other has any", won, orders, _opportunity)


def pieces_add_up(orders: Sequence[Order]) -> Check:
    """Quantity moves between states and is never made or lost."""
    lines = [(order, line) for order in orders for line in order.lines]
    found = [
        Difference(
            f"{order.number} {line.sku}",
            f"ordered {plain(line.ordered)}",
            f"accounted for {plain(there)}",
            plain(there),
        )
        for order, line in lines
        if (there := line.open + line.shipped + line.cancelled) != line.ordered
    ]
    return Check("order: every piece of every line is somewhere, once", len(lines), ordered(found))


def settled(facts: Facts) -> Check:
    """Closed when, and only when, nobody owes anybody anything."""
    owing = Counter(invoice.order_id for invoice in facts.invoices if invoice.open)
    found = [*_closed_too_early(facts.orders, owing), *_never_closed(facts.orders, owing)]
    return Check("orders are closed when they are settled, and not before", len(facts.orders), ordered(found))


def complaints(facts: Facts) -> Check:
    filed = Side("service: complaints", {each: Decimal(1) for each in facts.complaints})
    raised = Counter(each for each in facts.nonconformances if each in filed.numbers)
    found = Side("quality: nonconformances", {each: Decimal(1) for each in raised})
    return same("every complaint has its nonconformance", filed, found, lambda case_id: f"case {case_id}")


def _closed_too_early(orders: Iterable[Order], owing: Counter[str]) -> list[Difference]:
    """A credit note after closing leaves the order closed; an open invoice does not."""
    return [
        Difference(order.number, f"order: {order.status}", f"finance: {owing[order.order_id]} open invoices", "owing")
        if owing[order.order_id]
        else Difference(order.number, f"order: {order.status}", "order: something is not delivered or paid", "open")
        for order in orders
        if order.status == "closed" and (owing[order.order_id] or not order.is_settled)
    ]


def _never_closed(orders: Iterable[Order], owing: Counter[str]) -> list[Difference]:
    return [
        Difference(order.number, f"order: {order.status}", "all is delivered and paid", "late")
        for order in orders
        if not order.is_over and order.is_settled and not owing[order.order_id]
    ]


def _opportunity(opportunity_id: str) -> str:
    return f"opportunity {opportunity_id}"
