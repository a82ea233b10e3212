"""Mistakes of who runs commands."""

from __future__ import annotations

from campaign.simulation.client import Client
from campaign.simulation.shop import Ordered
from campaign.simulation.steps import ON, Steps
from campaign.simulation.store import Transaction


class OutboxOutside(Client):
    """State and answer commit; the events follow in a transaction of their own."""

    def once(self, command: Ordered, key: str) -> Steps[str]:
        with self.begin() as tx:
            answered = yield from self.claim(tx, key)
            if answered is not None:
                return answered
            told = yield from self.handle(tx, command)
            tx.put(("idempotency", key), command.command)
            yield from tx.commit()
        with self.begin() as tx:
            yield ON
            yield from self.append(tx, told)
            yield from tx.commit()
        return command.command


class NotFlushed(Client):
    """`synchronous_commit=off`: the relay sees what a crash may still forget."""

    def begin(self) -> Transaction:
        return self.world.store.begin(self.process, flushed=False)


class NewKeyEachTime(Client):
    """Each attempt is another request."""

    def key_of(self, command: Ordered) -> str:
        return f"{command.command} at {self.world.clock}"
