"""A delivery: one shipment of an order, on its way from the warehouse to being paid for."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import NotFound
from contracts.ids import InvoiceId, ShipmentId
from contracts.lines import LineQuantity


class ShipmentNotHeardOf(NotFound):
    """What arrives has left the warehouse; the event that says so may be on its way."""


class InvoiceNotHeardOf(NotFound):
    """What is paid was invoiced; the event that says so may be on its way."""


class ShippedBeforePicking(NotFound):
    """Only what is picked leaves the warehouse; the event that says where the rest came from may be on its way."""


@dataclass(eq=False, kw_only=True)
class Delivery:
    """What is known of one shipment. Its invoice may be heard of before its dispatch: then `lines` is still empty."""

    shipment_id: ShipmentId
    lines: tuple[LineQuantity, ...] = ()
    delivered: bool = False
    invoice_id: InvoiceId | None = None
    paid: bool = False

    @property
    def is_dispatched(self) -> bool:
        return bool(self.lines)

    @property
    def is_settled(self) -> bool:
        """What has arrived has left, and what is paid was invoiced."""
        return self.delivered and self.paid
