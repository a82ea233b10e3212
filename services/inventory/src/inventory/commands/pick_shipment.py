"""Pick a shipment."""

from __future__ import annotations

from contracts.ids import ShipmentId
from contracts.inventory import PickReleased
from inventory.storage.shipments import Shipments
from kit.database import Transaction
from kit.executor import Command


class PickShipment(Command):
    """Someone fetches the goods from the shelves."""

    shipment_id: ShipmentId


async def pick_shipment(command: PickShipment, tx: Transaction) -> PickReleased:
    shipments = Shipments(tx)
    shipment = await shipments.get(command.shipment_id, command.expected_version)
    released = shipment.pick()
    await shipments.save(shipment)
    return released
