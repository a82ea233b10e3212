"""Goods: what the order service says of each line against what inventory says, and what finance charges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from orderloop.audit.comparing import Check, Side, matching, same
from orderloop.audit.facts import LEFT, STILL_HERE, Facts, Invoice, Order, Shipment, summed


def checks(facts: Facts) -> list[Check]:
    names = Names(facts)
    left = [each for each in facts.shipments if each.status in LEFT]
    here = [each for each in facts.shipments if each.status in STILL_HERE]
    shipped = Side("order: shipped", _by_line(facts.orders, "shipped"))
    dispatched = Side("inventory: dispatched", _parts(left))
    return [
        same("order lines: shipped = dispatched by inventory", shipped, dispatched, names.line),
        same(
            "order lines: shipped = invoiced by finance",
            shipped,
            Side("finance: invoiced", _parts(facts.invoices)),
            names.line,
        ),
        same(
            "order lines: in picking = in inventory's shipments that have not left",
            Side("order: picking", _by_line(facts.orders, "picking")),
            Side("inventory: in shipments", _parts(here)),
            names.line,
        ),
        same(
            "order lines: on back-order = bought for them, or short, in inventory",
            Side("order: back-ordered", _by_line(facts.orders, "backordered")),
            Side("inventory: bought or short", _awaited(facts)),
            names.line,
        ),
        same(
            "items: reserved and picking in all orders = reserved in inventory's stock",
            Side("order: reserved and picking", _held(facts)),
            Side("inventory: reserved", facts.reserved),
            names.item,
        ),
        _nothing_kept(facts.orders, here),
        _deliveries(facts.orders, left, names),
    ]


class Names:
    """What people call lines, items and shipments."""

    def __init__(self, facts: Facts) -> None:
        lines = [(order, line) for order in facts.orders for line in order.lines]
        self._lines = {line.line_id: f"{order.number} {line.sku}" for order, line in lines}
        self._items = {line.item_id: line.sku for _, line in lines}
        self._orders = {order.order_id: order.number for order in facts.orders}
        self._shipments = {each.shipment_id: each.order_id for each in facts.shipments}

    def line(self, line_id: str) -> str:
        return self._lines.get(line_id, f"order line {line_id}")

    def item(self, item_id: str) -> str:
        return self._items.get(item_id, f"item {item_id}")

    def order(self, order_id: str) -> str:
        return self._orders.get(order_id, f"order {order_id}")

    def shipment(self, shipment_id: str) -> str:
        order_id = self._shipments.get(shipment_id)
        return f"shipment {shipment_id}" + (f" of {self.order(order_id)}" if order_id else "")


def _nothing_kept(orders: Sequence[Order], here: Iterable[Shipment]) -> Check:
    """A cancelled or closed order holds no goods back from others."""
    over = {order.order_id: order for order in orders if order.is_over}
    kept = summed((each.order_id, _total(each)) for each in here if each.order_id in over)
    open_there = {order_id: sum((line.open for line in order.lines), Decimal(0)) for order_id, order in over.items()}
    return same(
        "cancelled and closed orders keep no goods",
        Side("order: open", open_there),
        Side("inventory: in shipments", kept),
        lambda order_id: over[order_id].number,
    )


def _deliveries(orders: Iterable[Order], left: Iterable[Shipment], names: Names) -> Check:
    known = {
        each.shipment_id: "delivered" if each.delivered else "dispatched"
        for order in orders
        for each in order.deliveries
        if each.dispatched
    }
    there = {each.shipment_id: each.status for each in left}
    return matching(
        "shipments: dispatched and delivered alike", ("order:", known), ("inventory:", there), names.shipment
    )


def _held(facts: Facts) -> dict[str, Decimal]:
    lines = (line for order in facts.orders for line in order.lines if line.item_id not in facts.services)
    return summed((line.item_id, line.reserved + line.picking) for line in lines)


def _awaited(facts: Facts) -> dict[str, Decimal]:
    """A purchase whose cancellation is not answered may be meant for who does not wait any more."""
    awaited = summed((*facts.bought.items(), *facts.short.items()))
    waiting = _by_line(facts.orders, "backordered")
    for line_id in facts.bought_in_doubt:
        awaited[line_id] = min(awaited[line_id], waiting.get(line_id, Decimal(0)))
    return awaited


def _by_line(orders: Iterable[Order], state: str) -> dict[str, Decimal]:
    return {line.line_id: getattr(line, state) for order in orders for line in order.lines}


def _parts(documents: Iterable[Shipment | Invoice]) -> dict[str, Decimal]:
    return summed((part.line_id, part.quantity) for each in documents for part in each.parts)


def _total(shipment: Shipment) -> Decimal:
    return sum((part.quantity for part in shipment.parts), Decimal(0))
