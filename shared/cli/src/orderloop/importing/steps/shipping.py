"""What the source calls dispatched or delivered leaves the warehouse here, too."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from decimal import Decimal

from orderloop.http import PAGE, Json, ServiceRefused
from orderloop.importing.matching import wholly_taken_back
from orderloop.importing.records import Order
from orderloop.importing.report import Phase
from orderloop.importing.steps.ordering import ORDER_REFUSED
from orderloop.importing.steps.stocking import warehouse_id
from orderloop.importing.work import AT_ONCE, Work, summary
from orderloop.platform.display import Step

NEXT = {"planned": "pick", "picking": "pack", "packed": "dispatch", "dispatched": "deliver"}
"""What is done next with a shipment in this state."""
IN_THE_HOUSE = ("planned", "picking", "packed")
LOOK_SECONDS = 1.0
STILL_SECONDS = 60.0
"""How long nothing may move before the orders that still wait are refused."""
SHIPPED = ("completed", "closed")
"""States of an order of which nothing is left to ship."""


@dataclass
class Shipping:
    """Orders that have to leave, and how much of each has not left yet."""

    work: Work
    phase: Phase
    shown: Step
    wanted: dict[str, Order]
    """By the order's id here."""
    left: dict[str, Decimal] = field(default_factory=dict[str, Decimal])

    async def run(self) -> None:
        self.left = {
            key: sum((line.quantity for line in order.lines), Decimal(0)) for key, order in self.wanted.items()
        }
        await self._count_what_left_before()
        moved = time.monotonic()
        while self.wanted and time.monotonic() - moved < STILL_SECONDS:
            ready = await self._ready()
            await self._forward_all(ready)
            if ready:
                moved = time.monotonic()
            elif self.wanted:
                await asyncio.sleep(LOOK_SECONDS)
        await self._refuse_the_rest()

    async def _ready(self) -> list[Json]:
        """In our own warehouse first; orders of nothing but services are sent from any."""
        own = await self._to_move(warehouse_id(self.work))
        return own or (await self._to_move(None) if self.wanted else [])

    async def _to_move(self, warehouse: str | None) -> list[Json]:
        found: list[Json] = []
        for state in NEXT:
            found += [each async for each in self._shipments(state, warehouse) if self._has_next(each)]
        return found

    async def _count_what_left_before(self) -> None:
        """Another run may have moved shipments without having noted it."""
        for state in ("dispatched", "delivered") if self.wanted else ():
            async for shipment in self._shipments(state, None):
                if not self._has_next(shipment):
                    self._note(shipment)

    async def _shipments(self, state: str, warehouse: str | None) -> AsyncGenerator[Json]:
        """Those of our orders, by listing all of them, in one warehouse or everywhere."""
        services, place = self.work.services, {"warehouse_id": warehouse} if warehouse else {}
        async for shipment in services.every("inventory", "/shipments", page=PAGE, status=state, **place):
            if shipment["order_id"] in self.wanted:
                yield shipment

    def _has_next(self, shipment: Json) -> bool:
        """Whether the shipment has still to be moved to be where its order was at the source."""
        delivered = self.wanted[shipment["order_id"]].progress == "delivered"
        return shipment["status"] in IN_THE_HOUSE or (shipment["status"] == "dispatched" and delivered)

    async def _forward_all(self, ready: list[Json]) -> None:
        waiting = iter(ready)

        async def worker() -> None:
            for shipment in waiting:
                await self._forward(shipment)
                self.shown.progress(self.phase.total - len(self.wanted), self.phase.total)

        _ = await asyncio.gather(*(worker() for _ in range(min(AT_ONCE, len(ready)))))

    async def _forward(self, shipment: Json) -> None:
        """Move it step by step to where its order was at the source."""
        key, states = str(shipment["shipment_id"]), list(NEXT)
        last = "dispatched" if self.wanted[shipment["order_id"]].progress == "delivered" else "packed"
        for state in states[states.index(shipment["status"]) : states.index(last) + 1]:
            path, part = f"/shipments/{key}/{NEXT[state]}", f"{NEXT[state]} {shipment['version']}"
            try:
                _ = await self.work.send("inventory", path, {}, of=("shipment", key), part=part)
            except ServiceRefused as refusal:
                self.work.journal.note_refusal("shipment", key, refusal.title or refusal.name, refusal.detail)
                return
        self._note(shipment)

    def _note(self, shipment: Json) -> None:
        """So much more has left; an order of which nothing is left in the house is done."""
        order_id = shipment["order_id"]
        self.left[order_id] -= sum((Decimal(line["quantity"]["value"]) for line in shipment["lines"]), Decimal(0))
        if self.left[order_id] <= 0:
            self._done(order_id)

    def _done(self, order_id: str) -> None:
        self.work.journal.note("shipping", self.wanted.pop(order_id).key, {})
        self.phase.done += 1

    async def _refuse_the_rest(self) -> None:
        """What did not move for a minute: perhaps a part of it was cancelled, or it waits for something."""
        for order_id, order in list(self.wanted.items()):
            found = (await self.work.services.get("order", f"/orders/{order_id}")).body
            if found["status"] in SHIPPED:
                self._done(order_id)
                continue
            waits = found["fulfilment"]
            detail = f"order {found['number']} waits for {waits['waiting_for']} since {waits['since']}"
            self.work.journal.note_refusal("shipping", order.key, "it could not be shipped", detail)
            self.phase.refused += 1


async def ship_orders(work: Work) -> None:
    """Pick, pack, dispatch and deliver, found by listing shipments until every order has left."""
    taken_back = wholly_taken_back(work.batch)
    leaving = [
        order
        for order in work.batch.orders.values()
        if order.progress in ("dispatched", "delivered") and order.key not in taken_back
    ]
    todo = [order for order in leaving if not work.journal.knows("shipping", order.key)]
    phase = Phase("orders shipped", len(leaving), before=len(leaving) - len(todo))
    if not leaving:
        return
    work.report.phases.append(phase)
    began = time.monotonic()
    with work.display.step(phase.title, phase.total) as shown:
        await Shipping(work, phase, shown, _placed(work, phase, todo)).run()
        phase.seconds = time.monotonic() - began
        shown.say(summary(phase))


def _placed(work: Work, phase: Phase, orders: list[Order]) -> dict[str, Order]:
    """The orders by their ids here; those that were never placed are refused."""
    wanted: dict[str, Order] = {}
    for order in orders:
        placed = work.journal.did("order", order.key)
        if placed is None:
            work.journal.note_refusal("shipping", order.key, ORDER_REFUSED, order.key)
            phase.refused += 1
        else:
            wanted[placed["order_id"]] = order
    return wanted
