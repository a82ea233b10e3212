"""`kit.executor` and `kit.idempotency`: commands with a key, sent again until their answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.simulation import outbox
from campaign.simulation.shop import Ordered, Told
from campaign.simulation.steps import IDLE, ON, Steps, Transient

if TYPE_CHECKING:
    from campaign.simulation.store import Transaction
    from campaign.simulation.world import Process, World

REMIND_AFTER = 40
"""Steps from an order's first command to its reminder."""


class Order:
    """What one client wants of one order: its commands, one after the other. It outlives the process that serves it."""

    __slots__ = ("answered", "commands", "subject")

    def __init__(self, subject: str, commands: list[Ordered]) -> None:
        self.subject = subject
        self.commands = commands
        self.answered: list[str] = []


class Client:
    """Sends commands in turn and each until it is answered; an API process serves it."""

    def __init__(self, world: World, process: Process, order: Order) -> None:
        self.world = world
        self.process = process
        self.order = order

    def run(self) -> Steps[None]:
        order = self.order
        while True:
            if len(order.answered) == len(order.commands):
                yield IDLE
                continue
            command = order.commands[len(order.answered)]
            try:
                answer = yield from self.once(command, self.key_of(command))
            except Transient:
                yield ON  # unknown: the same request again, with the same key
            else:
                order.answered.append(answer)

    def key_of(self, command: Ordered) -> str:
        """The idempotency key: the same for each attempt."""
        return command.command

    def begin(self) -> Transaction:
        return self.world.store.begin(self.process)

    def once(self, command: Ordered, key: str) -> Steps[str]:
        """`kit.executor.Executor._once`: the key, the effect, the events and the answer in one transaction."""
        with self.begin() as tx:
            yield ON
            answered = yield from self.claim(tx, key)
            if answered is not None:
                return answered
            told = yield from self.handle(tx, command)
            yield ON
            yield from self.append(tx, told)
            tx.put(("idempotency", key), command.command)
            yield from tx.commit()
        return command.command

    def claim(self, tx: Transaction, key: str) -> Steps[str | None]:
        """`kit.idempotency.begin`: take the key, or find the answer that it has."""
        if (yield from tx.insert(("idempotency", key), "running")):
            return None
        return tx.get(("idempotency", key))

    def handle(self, tx: Transaction, command: Ordered) -> Steps[list[Told]]:
        """The command: load the order locked, save it with its next version; the first one sets the timer."""
        name = ("order", self.order.subject)
        yield from tx.lock(name)
        version: int = tx.get(name) or 0
        tx.put(name, version + 1)
        if not version:
            timer = ("timer", self.order.subject)
            yield from tx.lock(timer)
            tx.put(timer, self.world.clock + REMIND_AFTER)
        return [Told(self.order.subject, "ordered", command)]

    def append(self, tx: Transaction, told: list[Told]) -> Steps[None]:
        return outbox.append(tx, told)
