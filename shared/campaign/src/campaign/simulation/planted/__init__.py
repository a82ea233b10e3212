"""The protocol with one mistake each: a simulation that does not find them proves nothing.

Some mistakes need so rare a schedule that a test leads them step by step; they are beside the others, and not in this
table.

Where the kit has a second fence that absorbs a mistake, the planted bug takes that away as well; `ABSORBED` holds the
mistake alone, which no oracle may see.
"""

from __future__ import annotations

from dataclasses import dataclass

from campaign.simulation.planted import client, consumer, relay, worker
from campaign.simulation.protocol import Protocol


@dataclass(frozen=True)
class Planted:
    """A mistake; `oracle` names what finds it, `within` so many schedules from seed 0."""

    protocol: Protocol
    oracle: str
    within: int
    also_without: str = ""


PLANTED = {
    "relay-cursor-on-id": Planted(Protocol(relay=relay.CursorOnId), "lost", 200),
    "relay-xmin-window": Planted(Protocol(relay=relay.XminWindow), "published in order", 2000),
    "relay-skip-locked": Planted(Protocol(relay=relay.SkipLocked), "published in order", 500, "the lock of the relay"),
    "relay-epoch-not-checked": Planted(
        Protocol(relay=relay.EpochNotChecked), "cursor", 500, "the advisory lock of the relay"
    ),
    "producer-reused": Planted(Protocol(relay=relay.ProducerReused), "stuck", 5000),
    "outbox-outside-transaction": Planted(Protocol(client=client.OutboxOutside), "answered", 500),
    "synchronous-commit-off": Planted(Protocol(client=client.NotFlushed), "ghost", 2000),
    "retry-without-key": Planted(Protocol(client=client.NewKeyEachTime), "answered", 500),
    "offset-before-commit": Planted(Protocol(consumer=consumer.OffsetFirst), "lost", 500),
    "offset-in-finally": Planted(Protocol(worker=worker.OffsetInFinally), "lost", 500),
    "offset-reset-latest": Planted(
        Protocol(worker=worker.ResetToLatest), "parked", 500, "the seek to 0 where the database has no offset"
    ),
    "inbox-without-key": Planted(Protocol(consumer=consumer.InboxWithoutKey), "doubled", 10_000),
    "inbox-by-received-day": Planted(Protocol(consumer=consumer.InboxByDay), "doubled", 10_000),
    "inbox-by-day-and-no-sequence": Planted(
        Protocol(consumer=consumer.InboxByDayWithoutSequence), "doubled", 500, "the sequence"
    ),
    "duplicate-key-swallowed": Planted(Protocol(consumer=consumer.DuplicateSwallowed), "parked", 500),
    "retry-topic": Planted(
        Protocol(consumer=consumer.RetryTopic, retries=worker.RetryTopic), "reordered", 500, "the sequence"
    ),
    "reservation-without-lock": Planted(
        Protocol(consumer=consumer.ReservationWithoutLock), "balanced", 2000, "the lock by id that reactions name"
    ),
    "cluster-not-remembered": Planted(Protocol(worker=worker.ClusterNotRemembered), "lost", 10_000),
    "held-applied-after-going-back": Planted(Protocol(worker=worker.HeldApplied), "lost", 2000),
    "offsets-never-compared": Planted(Protocol(worker=worker.NotCompared), "lost", 500),
    "parked-key-not-read": Planted(Protocol(consumer=consumer.ParkedNotRead), "parked", 500),
    "parked-key-not-locked": Planted(Protocol(consumer=consumer.ParkedNotLocked), "parked", 20_000),
}

ABSORBED = {
    "offset-reset-latest": Protocol(worker=worker.OutOfRangeLatest),
    "reservation-without-lock": Protocol(consumer=consumer.ReservationWithoutRowLock),
    "relay-epoch-not-checked": Protocol(relay=relay.EpochNotRead),
}
"""The mistake alone, and nothing is seen of it: the second fence holds."""
