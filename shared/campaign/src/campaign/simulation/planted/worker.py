"""Mistakes of who takes events from the log."""

from __future__ import annotations

from contextlib import suppress

from campaign.simulation import inbox
from campaign.simulation.consumer import ALWAYS, following
from campaign.simulation.inbox import Message
from campaign.simulation.steps import IDLE, ON, OffsetsUncertain, Steps, Transient
from campaign.simulation.worker import Retries, Worker


class OffsetInFinally(Worker):
    """The offset moves, whatever came of the batch."""

    def apply(self, batch: list[Message]) -> Steps[None]:
        consumer = self.consumer
        try:
            yield from consumer.apply(batch)
        except Transient:
            yield ON
        with suppress(Transient), consumer.begin() as tx:
            yield from inbox.advance(tx, {}, following(batch), consumer.cluster)
            yield from tx.commit()


class OutOfRangeLatest(Worker):
    """`auto_offset_reset="latest"`, where the position is not in the log."""

    def out_of_range(self, place: int) -> int:
        return len(self.world.log.partitions[place])


class ResetToLatest(OutOfRangeLatest):
    """And who has no offset begins at the end."""

    def seek_to_ours(self) -> Steps[None]:
        yield from super().seek_to_ours()
        known = inbox.offsets(self.world.store, self.consumer.cluster)
        for place in self.positions:
            if place not in known:
                self.positions[place] = self.out_of_range(place)


class NotCompared(Worker):
    """A connection is as good as another one: nobody asks whether there was a crash."""

    def attempt(self, batch: list[Message]) -> Steps[None]:
        self.consumer.offsets_known_at = ALWAYS
        return self.consumer.apply(batch)


class HeldApplied(Worker):
    """The batch is given up when the offsets went back; what is held behind it is applied until the client is new."""

    def check(self) -> None:
        if not self.held:
            super().check()

    def compared(self, asked: int, gone_back: bool) -> None:
        self.at_fault = self.at_fault or gone_back
        self.known_at = asked

    def apply(self, batch: list[Message]) -> Steps[None]:
        while True:
            try:
                yield from self.attempt(batch)
                self.next.update(following(batch))
                return
            except OffsetsUncertain:
                yield from self.compare_offsets()
                if self.at_fault:
                    return
            except Transient as fault:
                self.consumer.lost(fault)
                yield ON


class AppliedAfterRevocation(Worker):
    """A batch that waits for the database is applied although its partitions have been shared out anew meanwhile.

    The offsets that it follows on have been forgotten with the partitions; so it is compared with those after the
    crash.
    """

    def is_over(self, generation: int) -> bool:
        return False


class TrustsAnother(Worker):
    """A batch is halved; between the halves there is a crash, and the task of the parked keys compares the offsets.

    It compares them with those before the batch, and finds nothing wrong; the second half then trusts it.
    """

    def compared(self, asked: int, gone_back: bool) -> None:
        super().compared(asked, gone_back)
        self.consumer.offsets_known_at = self.known_at
        self.consumer.opened = asked  # the pool hands it the connection of the comparison


class ClusterNotRemembered(Worker):
    """An offset is an offset, whichever cluster gave it out."""

    def ask_cluster(self) -> int | None:
        return None

    def cluster(self) -> int | None:
        return None


class RetryTopic(Retries):
    """Takes from the retry topic."""

    def run(self) -> Steps[None]:
        while True:
            try:
                tried = yield from self.consumer.retry_parked()
            except Transient:
                tried = True
            yield ON if tried else IDLE
