"""Mistakes of who takes events from the log."""

from __future__ import annotations

from contextlib import suppress

from campaign.simulation import inbox
from campaign.simulation.consumer import Consumer
from campaign.simulation.inbox import Message
from campaign.simulation.steps import IDLE, ON, Steps, Transient
from campaign.simulation.worker import Retries, Worker


class OffsetInFinally(Worker):
    """The offset moves, whatever came of the batch."""

    def apply(self, consumer: Consumer, batch: list[Message]) -> Steps[None]:
        try:
            yield from consumer.apply(batch)
        except Transient:
            yield ON
        with suppress(Transient), consumer.begin() as tx:
            yield from inbox.advance(tx, {}, consumer.offsets(batch))
            yield from tx.commit()


class OutOfRangeLatest(Worker):
    """`auto_offset_reset="latest"`, where the position is not in the log."""

    def out_of_range(self, place: int) -> int:
        return len(self.world.log.partitions[place])


class ResetToLatest(OutOfRangeLatest):
    """And who has no offset begins at the end."""

    def seek_to_ours(self) -> Steps[None]:
        yield from super().seek_to_ours()
        for place in self.positions:
            if ("offset", place) not in self.world.store.rows:
                self.positions[place] = self.out_of_range(place)


class RetryTopic(Retries):
    """Takes from the retry topic."""

    def run(self) -> Steps[None]:
        consumer = self.world.protocol.consumer(self.world, self.process)
        while True:
            try:
                tried = yield from consumer.retry_parked()
            except Transient:
                tried = True
            yield ON if tried else IDLE
