"""What was shipped, as service remembers it: which lots and serials went to whom for which order line.

Our own copy, fed by ShipmentDispatched. It only grows; on CustomersMerged its customer becomes the survivor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId, ShipmentId
from contracts.inventory import ShipmentDispatched
from contracts.lines import ShippedLine
from contracts.values import Quantity


@dataclass(frozen=True, kw_only=True)
class ShippedUnit:
    """So many of one lot that left the house for an order line. Unique per (shipment, line, lot)."""

    shipment_id: ShipmentId
    order_id: OrderId
    line_id: LineId
    item_id: ItemId
    customer_id: CustomerId
    quantity: Quantity
    shipped_at: datetime
    lot_id: LotId | None = None
    lot_number: str | None = None
    serials: tuple[str, ...] = ()


def shipped_units(dispatched: ShipmentDispatched, *, shipped_at: datetime) -> tuple[ShippedUnit, ...]:
    """One unit for each lot of each line; a line without lots (nothing is tracked) is one unit without a lot."""
    return tuple(unit for line in dispatched.lines for unit in _units_of(line, dispatched, shipped_at))


def _units_of(line: ShippedLine, dispatched: ShipmentDispatched, shipped_at: datetime) -> Iterator[ShippedUnit]:
    whole = ShippedUnit(
        shipment_id=dispatched.shipment_id,
        order_id=dispatched.order_id,
        line_id=line.line_id,
        item_id=line.item_id,
        customer_id=dispatched.customer_id,
        quantity=line.quantity,
        shipped_at=shipped_at,
    )
    if not line.lots:
        yield whole
    for lot in line.lots:
        yield replace(whole, quantity=lot.quantity, lot_id=lot.lot_id, lot_number=lot.lot_number, serials=lot.serials)
