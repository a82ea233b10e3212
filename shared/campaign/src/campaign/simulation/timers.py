"""`kit.timers`: due dates that become events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.simulation import outbox
from campaign.simulation.shop import Told
from campaign.simulation.steps import IDLE, ON, Steps, Transient

if TYPE_CHECKING:
    from campaign.simulation.store import Transaction
    from campaign.simulation.world import Process, World


class TimerRunner:
    """Looks for due timers; several may run."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process

    def run(self) -> Steps[None]:
        """`TimerRunner.run`."""
        while True:
            try:
                fired = yield from self.fire()
            except Transient:
                fired = True
            yield ON if fired else IDLE

    def fire(self) -> Steps[bool]:
        """`TimerRunner.fire`: the timer goes in the transaction of what it leads to."""
        if self.due() is None:
            return False
        with self.world.store.begin(self.process) as tx:
            subject = self.next_due(tx)
            if subject is None:
                return False
            tx.put(("timer", subject), None)
            yield ON
            yield from outbox.append(tx, [Told(subject, "reminded")])
            yield from tx.commit()
        return True

    def due(self) -> str | None:
        rows, now = self.world.store.rows, self.world.clock
        for order in self.world.orders:
            at: int | None = rows.get(("timer", order.subject))
            if at is not None and at <= now:
                return order.subject
        return None

    def next_due(self, tx: Transaction) -> str | None:
        """`FOR UPDATE SKIP LOCKED`."""
        for order in self.world.orders:
            at: int | None = tx.get(("timer", order.subject))
            if at is not None and at <= self.world.clock and tx.take(("timer", order.subject)):
                return order.subject
        return None
