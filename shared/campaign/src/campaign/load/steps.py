"""The steps of the loop as the load takes them: with more patience, and on to the end whatever happens on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from campaign.load.hearing import Hearing
from campaign.load.journal import Journal
from contracts.finance import InvoiceIssued
from contracts.inventory import ShipmentPlanned
from contracts.order import OrderCancelled, OrderClosed
from orderloop.driving.events import NeverCame, Seen
from orderloop.driving.people import People
from orderloop.driving.steps import Steps, Wish, money, packing
from orderloop.http import Json, ServiceRefused

CENT = Decimal("0.01")
GOES_ON = frozenset(each.__name__ for each in (ShipmentPlanned, OrderClosed, OrderCancelled))
OTHERWISE_NOW = frozenset(
    {
        "dispatch-does-not-match", "line-not-in-shipment", "lots-run-short", "more-than-in-shipment",
        "nothing-packed", "shipment-not-ready",
    }
)  # fmt: skip
"""A shipment was called back, or shrank, while it was handled."""

LEFT = frozenset({"dispatched", "delivered"})
CANCELLED = "cancelled"
PAUSE_SECONDS = 0.2


class LoadSteps(Steps):
    """`dice` decide in how many parts things are sent and paid."""

    def __init__(self, people: People, hearing: Hearing, journal: Journal, dice: random.Random) -> None:
        super().__init__(people, hearing)
        self.hearing = hearing
        self.journal = journal
        self.dice = dice

    async def win(self, customer_id: str, name: str, wishes: Sequence[Wish], **more: object) -> str:
        opportunity_id = await super().win(customer_id, name, wishes, **more)
        await self.note_won(opportunity_id)
        return opportunity_id

    async def note_won(self, opportunity_id: str) -> None:
        """Sales has said so to our face."""
        await self.journal.fact("opportunity won", opportunity_id=opportunity_id)

    async def quarantined(self, nonconformance_id: str) -> list[Json]:
        while True:
            try:
                return await super().quarantined(nonconformance_id)
            except NeverCame:
                continue

    async def see_through(self, order_id: str, place: int = 0, *, parts: bool = False, paid: bool = False) -> str:
        """Send, deliver and have paid whatever is planned for the order, until it is closed or cancelled.

        `place` is from where in its history on; with `parts`, not everything is packed at once; when it is `paid`,
        invoices settle themselves.
        """
        while True:
            seen, place = await self.hearing.next_of_order(order_id, GOES_ON, place)
            if seen.name == OrderClosed.__name__:
                return "closed"
            if seen.name == ShipmentPlanned.__name__:
                await self._handle(seen, parts=parts, paid=paid)
            elif seen.data["complete"]:
                return "cancelled"

    async def _handle(self, planned: Seen, *, parts: bool, paid: bool) -> None:
        shipment_id = planned.subject
        if not await self._sent(shipment_id, self._part_of(planned) if parts else None):
            return
        await self.deliver(shipment_id)
        if not paid:
            await self.have_paid(shipment_id)

    async def _sent(self, shipment_id: str, pack: Json | None) -> bool:
        """Whether it left; goods may be called back at any moment until then."""
        try:
            await self.ship(shipment_id, pack)
            return True
        except ServiceRefused as refusal:
            _must_be_otherwise_now(refusal)
        while (status := await self._status_of(shipment_id)) not in (CANCELLED, *LEFT):
            try:
                await self._go_on(shipment_id, status)
            except ServiceRefused as refusal:
                _must_be_otherwise_now(refusal)
                await asyncio.sleep(PAUSE_SECONDS)
        return status in LEFT

    async def _go_on(self, shipment_id: str, status: str) -> None:
        """The next click for a shipment that was changed under our hands."""
        if status == "planned":
            await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/pick")
        elif status == "picking":
            await self.people.warehouse.post("inventory", f"/shipments/{shipment_id}/pack", {})
        else:
            await self.dispatch(shipment_id)

    async def _status_of(self, shipment_id: str) -> str:
        return str((await self.people.warehouse.get("inventory", f"/shipments/{shipment_id}")).body["status"])

    def _part_of(self, planned: Seen) -> Json | None:
        """Some of a shipment, when it is more than a piece; what is left out is planned anew."""
        lines = cast("list[dict[str, Any]]", planned.data["lines"])
        there = {str(line["line_id"]): Decimal(line["quantity"]["value"]) for line in lines}
        line_id = self.dice.choice(sorted(there)) if len(there) > 1 else next(iter(there))
        some = there[line_id] // 2 or Decimal(1)
        return packing({line_id: some}) if sum(there.values()) > 1 else None

    async def have_paid(self, shipment_id: str) -> Json:
        """Pay the invoice over a shipment, sometimes in two parts; returns what was answered to the last payment."""
        invoice = (await self.hearing.until(InvoiceIssued, shipment_id=shipment_id)).data
        gross = Decimal(invoice["gross"]["amount"])
        first = (gross / 3).quantize(CENT, ROUND_HALF_UP) if self.dice.random() < 0.25 else Decimal(0)
        if first > 0:
            await self.pay(invoice["customer_id"], money(first), invoice_id=invoice["invoice_id"])
        return await self.pay(invoice["customer_id"], money(gross - first), invoice_id=invoice["invoice_id"])


def _must_be_otherwise_now(refusal: ServiceRefused) -> None:
    if refusal.name not in OTHERWISE_NOW:
        raise refusal
