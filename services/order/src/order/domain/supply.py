"""Supply: what inventory tells of goods that order lines wait for, kept a purchase with the day on which they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.ids import LineId, OrderId, PurchaseOrderId
from contracts.inventory import (
    Backorder,
    Peg,
    PurchaseOrderAcknowledged,
    PurchaseOrderCancelled,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    SupplyRepegged,
)

AboutSupply = (
    PurchaseOrderPlaced | PurchaseOrderAcknowledged | PurchaseOrderDateChanged | PurchaseOrderCancelled | SupplyRepegged
)


@dataclass(frozen=True, kw_only=True)
class Supply:
    """So much of a purchase is meant for the line; `assumed` as long as only the shortage has told so."""

    expected_on: date
    quantity: Decimal
    assumed: bool = False


Supplies = Mapping[PurchaseOrderId, Supply]
"""What one line waits for. What has arrived stays in it until the line waits for nothing more."""


def with_shortage(supplies: Supplies, parts: Sequence[Backorder]) -> Supplies:
    """What a new shortage of the line will be covered by. What its purchase has told of itself is not older news."""
    told = {
        part.purchase_order_id: Supply(expected_on=part.expected_on, quantity=part.quantity.value, assumed=True)
        for part in parts
        if part.purchase_order_id is not None and part.expected_on is not None
    }
    return {**told, **supplies}


def after(event: AboutSupply, line_id: LineId, supplies: Supplies) -> Supplies:
    """The supplies of a line when it has heard this."""
    purchase = event.purchase_order_id
    match event:
        case PurchaseOrderPlaced():
            return {**supplies, purchase: Supply(expected_on=event.expected_on, quantity=_of(event.pegs, line_id))}
        case PurchaseOrderDateChanged():
            return {**supplies, purchase: Supply(expected_on=event.after, quantity=_of(event.pegs, line_id))}
        case PurchaseOrderAcknowledged():
            return _less(supplies, purchase, _of(event.lost, line_id))
        case PurchaseOrderCancelled():
            return {other: supply for other, supply in supplies.items() if other != purchase}
        case SupplyRepegged():
            return _repegged(event, line_id, supplies)


def lines_by_order(event: AboutSupply) -> Mapping[OrderId, frozenset[LineId]]:
    """The lines that the supply is, or was, meant for."""
    found: dict[OrderId, set[LineId]] = {}
    for order_id, line_id in _lines(event):
        found.setdefault(order_id, set()).add(line_id)
    return {order_id: frozenset(lines) for order_id, lines in found.items()}


def takes_away(event: AboutSupply) -> bool:
    """Whether a line may be left without a day by it: who loses a re-pegged supply wants it no more, or has another."""
    return isinstance(event, PurchaseOrderAcknowledged | PurchaseOrderCancelled)


def _lines(event: AboutSupply) -> Sequence[tuple[OrderId, LineId]]:
    match event:
        case SupplyRepegged():
            ends = ((event.from_order_id, event.from_line_id), (event.to_order_id, event.to_line_id))
            return [(order_id, line_id) for order_id, line_id in ends if order_id and line_id]
        case PurchaseOrderAcknowledged():
            return [(peg.order_id, peg.line_id) for peg in event.lost]
        case _:
            return [(peg.order_id, peg.line_id) for peg in event.pegs]


def _repegged(event: SupplyRepegged, line_id: LineId, supplies: Supplies) -> Supplies:
    quantity = event.quantity.value
    if event.from_line_id == line_id:
        supplies = _less(supplies, event.purchase_order_id, quantity)
    if event.to_line_id != line_id or event.expected_on is None:
        return supplies
    known = supplies.get(event.purchase_order_id)
    more = quantity if known is None or known.assumed else known.quantity + quantity
    return {**supplies, event.purchase_order_id: Supply(expected_on=event.expected_on, quantity=more)}


def _less(supplies: Supplies, purchase: PurchaseOrderId, quantity: Decimal) -> Supplies:
    others = {other: supply for other, supply in supplies.items() if other != purchase}
    known = supplies.get(purchase)
    if known is None or known.quantity <= quantity:
        return others
    return {**others, purchase: replace(known, quantity=known.quantity - quantity)}


def _of(pegs: Sequence[Peg], line_id: LineId) -> Decimal:
    return sum((peg.quantity.value for peg in pegs if peg.line_id == line_id), Decimal(0))
