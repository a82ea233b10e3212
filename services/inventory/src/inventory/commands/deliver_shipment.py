"""Confirm that a shipment has arrived."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.ids import ShipmentId
from contracts.inventory import DeliveryConfirmed
from inventory.storage.shipments import Shipments
from kit.database import Transaction
from kit.executor import Command


class DeliverShipment(Command):
    """The customer has the goods. `received_by` is a role, a door or a reference of the carrier, not a name."""

    shipment_id: ShipmentId
    received_by: Annotated[str, Field(min_length=1, max_length=100)] | None = None


async def deliver_shipment(command: DeliverShipment, tx: Transaction) -> DeliveryConfirmed:
    shipments = Shipments(tx)
    shipment = await shipments.get(command.shipment_id, command.expected_version)
    confirmed = shipment.deliver(command.received_by)
    await shipments.save(shipment)
    return confirmed
