"""Shipping and being paid: from the planned shipment to the closed order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from uuid import uuid4

from contracts.finance import InvoiceIssued
from contracts.inventory import ShipmentPlanned
from contracts.order import OrderClosed
from orderloop.driving.company import Company, until_true
from orderloop.driving.events import Seen
from orderloop.driving.words import pieces
from orderloop.http import Json

CLOSED = "closed"
"""Stands for a shipment where there is none to come."""


class Shipping(Company):
    """What warehouse people do with shipments, and finance people with money."""

    async def shipment_of(self, order_id: str, number: int = 1) -> Seen:
        """The nth shipment that is planned for an order."""
        if number == 1:
            return await self.stream.until(ShipmentPlanned, order_id=order_id)
        return await self.stream.until_count(ShipmentPlanned, number, order_id=order_id)

    async def ship(self, shipment_id: str, pack: Json | None = None) -> None:
        """Pick, pack (all, or what `pack` says), dispatch."""
        await self.pick_and_pack(shipment_id, pack)
        await self.dispatch(shipment_id)

    async def pick_and_pack(self, shipment_id: str, pack: Json | None = None) -> None:
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/pick")
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/pack", pack or {})

    async def dispatch(self, shipment_id: str, carrier: str = "Swift Parcel") -> None:
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/dispatch", {"carrier": carrier})

    async def deliver(self, shipment_id: str) -> None:
        await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/deliver", {})

    async def pay(self, customer_id: str, amount: Json, **more: object) -> Json:
        """Money comes in, for an invoice, an order, or whatever is open."""
        body = {"customer_id": customer_id, "amount": amount, "reference": f"bank {uuid4()}"} | more
        return (await self.people.finance.post("finance", "/payments", body)).body

    async def invoice_of(self, shipment_id: str) -> Seen:
        """The invoice over a shipment."""
        return await self.stream.until(InvoiceIssued, shipment_id=shipment_id)

    async def pay_invoice_of(self, shipment_id: str) -> Seen:
        """Pay the invoice of a shipment in full, once it is issued."""
        invoice = await self.invoice_of(shipment_id)
        await self.pay(invoice.data["customer_id"], invoice.data["gross"], invoice_id=invoice.data["invoice_id"])
        return invoice

    async def settle(self, shipment_id: str, pack: Json | None = None) -> Seen:
        """Ship, deliver and have it paid; returns its invoice."""
        await self.ship(shipment_id, pack)
        await self.deliver(shipment_id)
        return await self.pay_invoice_of(shipment_id)

    async def settle_all(self, order_id: str) -> Seen:
        """Ship, deliver and have paid whatever is planned for an order, as it is planned; returns its closing."""
        done: set[str] = set()
        while not self.stream.named(OrderClosed, order_id=order_id):
            planned = await until_true(lambda: self._planned(order_id, done), f"order {order_id} closes or is sent on")
            for shipment_id in planned:
                done.add(shipment_id)
                if shipment_id != CLOSED:
                    await self.settle(shipment_id)
        return await self.closed(order_id)

    async def _planned(self, order_id: str, done: set[str]) -> list[str]:
        """The shipments that nobody has touched yet, or that the order is closed."""
        if self.stream.named(OrderClosed, order_id=order_id):
            return [CLOSED]
        shipments = self.people.warehouse.every("inventory", "/shipments", order_id=order_id, status="planned")
        return [each["shipment_id"] async for each in shipments if each["shipment_id"] not in done]

    async def closed(self, order_id: str) -> Seen:
        """The closing of an order."""
        return await self.stream.until(OrderClosed, order_id=order_id)

    async def finish(self, order_id: str) -> Seen:
        """Ship, deliver and pay an order that is in stock; returns its closing."""
        await self.settle((await self.shipment_of(order_id)).data["shipment_id"])
        return await self.closed(order_id)


def packing(quantities: Mapping[str, Decimal]) -> Json:
    """The body for packing so many of these lines (by line id); what is left out becomes a shipment of its own."""
    return {"lines": [{"line_id": line_id, "quantity": pieces(quantity)} for line_id, quantity in quantities.items()]}
