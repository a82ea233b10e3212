"""Supply: what inventory tells of goods that order lines wait for, as the days on which they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from contracts.ids import LineId, OrderId
from contracts.inventory import (
    Backorder,
    Peg,
    PurchaseOrderAcknowledged,
    PurchaseOrderCancelled,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    SupplyRepegged,
)

Days = dict[LineId, date | None]
"""When lines come; None for what has no supply."""

AboutSupply = (
    PurchaseOrderPlaced | PurchaseOrderAcknowledged | PurchaseOrderDateChanged | PurchaseOrderCancelled | SupplyRepegged
)


def last_days(lines: Sequence[Backorder]) -> Days:
    """The day on which all that is short of a line is there; unknown as long as that of any part is."""
    days: Days = {}
    for line in lines:
        before = days.get(line.line_id, line.expected_on)
        days[line.line_id] = max(before, line.expected_on) if before and line.expected_on else None
    return days


def days_by_order(event: AboutSupply) -> Mapping[OrderId, Days]:
    """The new days of the lines that the supply is, or was, meant for."""
    match event:
        case PurchaseOrderPlaced():
            return _pegged(event.pegs, event.expected_on)
        case PurchaseOrderAcknowledged():
            return _pegged(event.lost, None)
        case PurchaseOrderDateChanged():
            return _pegged(event.pegs, event.after)
        case PurchaseOrderCancelled():
            return _pegged(event.pegs, None)
        case SupplyRepegged():
            return _repegged(event)


def _pegged(pegs: Sequence[Peg], day: date | None) -> dict[OrderId, Days]:
    found: dict[OrderId, Days] = {}
    for peg in pegs:
        found.setdefault(peg.order_id, {})[peg.line_id] = day
    return found


def _repegged(event: SupplyRepegged) -> dict[OrderId, Days]:
    """Only who gets the supply gets a day: who had it wants it no more, or has another."""
    if event.to_order_id is None or event.to_line_id is None or event.expected_on is None:
        return {}
    return {event.to_order_id: {event.to_line_id: event.expected_on}}
