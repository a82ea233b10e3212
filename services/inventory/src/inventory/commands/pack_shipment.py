"""Pack a shipment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.ids import LineId, LotId, ShipmentId
from contracts.inventory import ShipmentPacked, ShipmentPlanned
from contracts.lines import LotQuantity
from contracts.values import Quantity
from inventory.domain.issuing import LotNotHere
from inventory.domain.lot import Lot
from inventory.domain.shipment import PackedLine, Shipment
from inventory.storage.lots import Lots
from inventory.storage.shipments import Shipments
from kit.bulk import write_rows
from kit.database import Transaction
from kit.executor import Command


class BoxedLot(BaseModel):
    """So many out of one lot; serials where the item has them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lot_id: LotId
    quantity: Quantity
    serials: tuple[str, ...] = ()


class BoxedLine(BaseModel):
    """What is in the boxes for an order line; without lots, the oldest will leave."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: LineId
    quantity: Quantity
    lots: tuple[BoxedLot, ...] = ()


class PackShipment(Command):
    """The goods are in their boxes: all of them when no lines are named. What is left out becomes a new shipment."""

    shipment_id: ShipmentId
    lines: Annotated[tuple[BoxedLine, ...], Field(min_length=1)] | None = None


async def pack_shipment(command: PackShipment, tx: Transaction) -> tuple[ShipmentPacked | ShipmentPlanned, ...]:
    shipments = Shipments(tx)
    shipment = await shipments.get(command.shipment_id, command.expected_version)
    packed, rest = shipment.pack(await _boxed(command.lines, shipment, Lots(tx)))
    await write_rows(tx, shipments.saving([shipment]), shipments.adding([] if rest is None else [rest]))
    return (packed,) if rest is None else (packed, rest.plan())


async def _boxed(lines: Sequence[BoxedLine] | None, shipment: Shipment, lots: Lots) -> tuple[PackedLine, ...] | None:
    if lines is None:
        return None
    named = {lot.lot_id for line in lines for lot in line.lots}
    known = await lots.named(named) if named else {}
    items = {line.line_id: line.item_id for line in shipment.lines}
    for line in lines:
        for lot in (known[boxed.lot_id] for boxed in line.lots):
            if (lot.item_id, lot.warehouse_id) != (items.get(line.line_id), shipment.warehouse_id):
                raise LotNotHere(f"lot {lot.number} is not a lot of this item here; name another")
    return tuple(
        PackedLine(line_id=line.line_id, quantity=line.quantity, lots=_told(line.lots, known)) for line in lines
    )


def _told(boxed: Sequence[BoxedLot], known: Mapping[LotId, Lot]) -> tuple[LotQuantity, ...]:
    return tuple(
        LotQuantity(lot_id=lot.lot_id, lot_number=known[lot.lot_id].number, quantity=lot.quantity, serials=lot.serials)
        for lot in boxed
    )
