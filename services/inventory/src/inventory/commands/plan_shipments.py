"""Plan shipments of what is reserved for an order."""

from __future__ import annotations

from contracts.ids import OrderId
from contracts.inventory import ShipmentPlanned
from contracts.lines import LineQuantity, ReservedLine
from inventory.domain.demand import LineNotDemanded
from inventory.domain.item import Tracking
from inventory.domain.shipment import shipments_for
from inventory.storage.demands import Demands
from inventory.storage.shipments import Shipments
from kit.bulk import write_rows
from kit.database import Transaction
from kit.executor import Command


class PlanShipments(Command):
    """One shipment a warehouse, of what is still reserved. Whoever sends it holds the items' locks."""

    order_id: OrderId
    lines: tuple[LineQuantity, ...]


async def plan_shipments(command: PlanShipments, tx: Transaction) -> tuple[ShipmentPlanned, ...]:
    demands = Demands(tx)
    demand = await demands.of_order(command.order_id)
    if demand is None:
        raise LineNotDemanded(f"order {command.order_id} never asked for stock; request it first")
    planned = demand.plan(command.lines)
    if not planned:
        return ()
    tracked = await demands.tracking({part.item_id for part in planned})
    stocked = {line.line_id: line.stocked for line in demand.lines}
    parts: list[tuple[ReservedLine, bool, Tracking]] = [
        (part, stocked[part.line_id], tracked[part.item_id]) for part in planned
    ]
    shipments = shipments_for(demand.order_id, demand.customer_id, parts)
    changed = demands.saving(demand, lines={line.line_id for line in command.lines})
    await write_rows(tx, changed, Shipments(tx).adding(shipments))
    return tuple(shipment.plan() for shipment in shipments)
