"""Dispatch a shipment: the goods leave the house and the stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from contracts.ids import LineId, ShipmentId
from contracts.inventory import ShipmentDispatched
from contracts.lines import ShippedLine
from inventory.domain.demand import LineNotDemanded
from inventory.domain.issuing import issue, shipped_goods, shipped_service
from inventory.domain.ledger import entries_of_dispatch
from inventory.domain.lot import Lot, Taken
from inventory.domain.shipment import Shipment
from inventory.storage.demands import Demands
from inventory.storage.leaving import Leaving, leaving
from inventory.storage.ledger import Ledger
from inventory.storage.lots import Lots
from inventory.storage.shipments import Shipments
from inventory.storage.stock import Stock
from kit.bulk import Write, write_rows
from kit.database import Transaction
from kit.executor import Command

Said = Annotated[str, Field(min_length=1, max_length=100)]


class DispatchShipment(Command):
    """Exactly what was packed leaves: out of the lots that the packer named, or else out of the oldest."""

    shipment_id: ShipmentId
    carrier: Said | None = None
    tracking_number: Said | None = None


async def dispatch_shipment(command: DispatchShipment, tx: Transaction) -> ShipmentDispatched:
    here = await leaving(tx, command.shipment_id, command.expected_version)
    shipment = here.shipment
    shipment.must_be_packed()
    taken = _issued(shipment, here.lots)
    dispatched = shipment.dispatch(_shipped(shipment, taken, here.stock), command.carrier, command.tracking_number)
    used = _leave(tx, here)
    parts = [part for each in taken.values() for part in each]
    moved = Ledger(tx).writing(entries_of_dispatch(shipment.shipment_id, parts, datetime.now(UTC)))
    given = Lots(tx).saving(_touched(here.lots, taken))
    await write_rows(tx, *used, given, moved, Shipments(tx).saving([shipment]))
    return dispatched


def _leave(tx: Transaction, here: Leaving) -> tuple[Write, ...]:
    """Reservation and stock are used up together; what is available stays the same, so nobody needs to be told."""
    shipment = here.shipment
    if here.demand is None:
        raise LineNotDemanded(f"order {shipment.order_id} never asked for stock")
    here.demand.ship(shipment.reserved_lines())
    for line in shipment.lines:
        if line.stocked:
            here.stock.level(line.item_id, shipment.warehouse_id).issue(line.quantity)
    return Demands(tx).saving(here.demand), *here.stock.saving()


def _issued(shipment: Shipment, here: Sequence[Lot]) -> dict[LineId, tuple[Taken, ...]]:
    """Named lots first, so that what leaves by age does not take what a packer has in the box."""
    lines = sorted((line for line in shipment.lines if line.stocked), key=lambda line: not line.lots)
    return {line.line_id: issue(line, here) for line in lines}


def _shipped(shipment: Shipment, taken: Mapping[LineId, Sequence[Taken]], stock: Stock) -> list[ShippedLine]:
    return [
        shipped_goods(line, taken[line.line_id])
        if line.stocked
        else shipped_service(line, stock.items[line.item_id].standard_cost)
        for line in shipment.lines
    ]


def _touched(here: Iterable[Lot], taken: Mapping[LineId, Sequence[Taken]]) -> list[Lot]:
    given = {part.lot_id for each in taken.values() for part in each}
    return [lot for lot in here if lot.lot_id in given]
