"""What the source calls dispatched or delivered leaves the warehouse here, too."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from orderloop.http import Json, ServiceRefused
from orderloop.importing.matching import wholly_taken_back
from orderloop.importing.records import Order
from orderloop.importing.report import Phase
from orderloop.importing.steps.ordering import ORDER_REFUSED
from orderloop.importing.steps.stocking import warehouse_id
from orderloop.importing.work import AT_ONCE, Work

NEXT = {"planned": "pick", "picking": "pack", "packed": "dispatch", "dispatched": "deliver"}
"""What is done next with a shipment in this state."""
LOOK_SECONDS = 0.5
STILL_SECONDS = 60.0
"""How long nothing may move before the orders that still wait are refused."""
OPEN = ("placed", "confirmed", "in_fulfilment")


@dataclass
class Shipping:
    """Orders that have to leave, and how far they are."""

    work: Work
    phase: Phase
    wanted: dict[str, Order]
    """By the order's id here."""
    still_since: float = field(default_factory=time.monotonic)

    async def run(self) -> None:
        with self.work.display.step(self.phase.title, self.phase.total) as shown:
            while self.wanted and time.monotonic() - self.still_since < STILL_SECONDS:
                if await self._round():
                    self.still_since = time.monotonic()
                await self._leave_out_finished()
                shown.progress(self.phase.total - len(self.wanted), self.phase.total)
                if self.wanted:
                    await asyncio.sleep(LOOK_SECONDS)
            await self._refuse_the_rest()
            shown.say(f"{self.phase.done:,}")

    async def _round(self) -> int:
        """Move every shipment of ours as far as its order went; says how many there were."""
        ready: list[Json] = []
        for state in NEXT:
            found = self.work.services.every("inventory", "/shipments", status=state, warehouse_id=self._warehouse)
            ready += [each async for each in found if each["order_id"] in self.wanted and self._has_next(each)]
        waiting = iter(ready)

        async def worker() -> None:
            for shipment in waiting:
                await self._forward(shipment)

        await asyncio.gather(*(worker() for _ in range(min(AT_ONCE, len(ready)))))
        return len(ready)

    @property
    def _warehouse(self) -> str:
        return warehouse_id(self.work)

    def _has_next(self, shipment: Json) -> bool:
        return shipment["status"] != "dispatched" or self.wanted[shipment["order_id"]].progress == "delivered"

    async def _forward(self, shipment: Json) -> None:
        key, state = str(shipment["shipment_id"]), str(shipment["status"])
        states = list(NEXT)
        delivered = self.wanted[shipment["order_id"]].progress == "delivered"
        last = "dispatched" if delivered else "packed"
        for each in states[states.index(state) : states.index(last) + 1]:
            path = f"/shipments/{key}/{NEXT[each]}"
            try:
                _ = await self.work.send("inventory", path, {}, of=("shipment", key), part=NEXT[each])
            except ServiceRefused as refusal:
                self.work.journal.note_refusal("shipment", key, refusal.title or refusal.name, refusal.detail)
                return

    async def _leave_out_finished(self) -> None:
        """An order is finished here when the order service has nothing of it left to ship."""
        if not self.wanted:
            return
        waits: set[str] = set()
        for state in OPEN:
            waits |= {order["order_id"] async for order in self.work.services.every("order", "/orders", status=state)}
        for order_id in [each for each in self.wanted if each not in waits]:
            self.work.journal.note("shipping", self.wanted.pop(order_id).key, {})
            self.phase.done += 1

    async def _refuse_the_rest(self) -> None:
        for order_id, order in self.wanted.items():
            waits = (await self.work.services.get("order", f"/orders/{order_id}/fulfilment")).body
            detail = f"order {order_id} waits for {waits['waiting_for']} since {waits['since']}"
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
    wanted: dict[str, Order] = {}
    for order in todo:
        placed = work.journal.did("order", order.key)
        if placed is None:
            work.journal.note_refusal("shipping", order.key, ORDER_REFUSED, order.key)
            phase.refused += 1
        else:
            wanted[placed["order_id"]] = order
    await Shipping(work, phase, wanted).run()
    phase.seconds = time.monotonic() - began
