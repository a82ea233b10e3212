"""`kit.relay`: windows between two snapshots, one batch a partition, a cursor that is kept now and then."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from campaign.simulation.log import Producer, Request
from campaign.simulation.steps import IDLE, ON, KafkaError, LostTheLead, Steps, Transient
from campaign.simulation.store import NOTHING_YET, Connection, Row, Snapshot, visible

if TYPE_CHECKING:
    from campaign.simulation.world import Process, World

PAGE = 4
KEEP_EVERY = 12
"""Steps after which the cursor is kept."""

by_id = attrgetter("id")


class Cursor(NamedTuple):
    """The one row of `relay_cursor`."""

    epoch: int
    snapshot: Snapshot


class Replay(NamedTuple):
    """A row of `replay`."""

    subject: str | None
    last_id: int
    done: bool


CURSOR = ("relay_cursor", True)


class Relay:
    """Sends the outbox to the topic. Several may run, one is active."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process
        self.epoch = 0
        self.seen: Snapshot = NOTHING_YET
        self.kept: Snapshot = NOTHING_YET
        self.kept_at = -KEEP_EVERY

    def run(self) -> Steps[None]:
        """`Relay.run`."""
        while True:
            try:
                yield from self.lead()
            except (Transient, KafkaError, LostTheLead):
                yield ON

    def lead(self) -> Steps[None]:
        """`Relay._lead` and `_lead_on`: the lock, a fresh producer, the next epoch; then cycle after cycle."""
        connection = self.world.store.connect()
        try:
            yield from self.wait_for_lock(connection)
            producer = self.producer()
            self.take_over(connection)
            yield ON
            try:
                while True:
                    yield from self.cycle(connection, producer)
            except (KafkaError, LostTheLead):
                self.keep(connection)
                raise
        finally:
            connection.close()

    def wait_for_lock(self, connection: Connection) -> Steps[None]:
        while not connection.try_lock():
            yield IDLE

    def producer(self) -> Producer:
        self.world.producers += 1
        return Producer(self.world.log, self.world.producers)

    def take_over(self, connection: Connection) -> None:
        """`Relay._take_over`: begin a new epoch where the last one kept its cursor."""
        connection.check()
        kept: Cursor = self.world.store.rows.get(CURSOR) or Cursor(0, NOTHING_YET)
        self.epoch = kept.epoch + 1
        self.seen = self.kept = kept.snapshot
        self.world.store.write(CURSOR, Cursor(self.epoch, kept.snapshot))

    def cycle(self, connection: Connection, producer: Producer) -> Steps[None]:
        """`Relay.cycle`: publish one window."""
        rows, now = self.look(connection)
        self.check_epoch()
        replaying = ("replay", 1) in self.world.store.rows
        if rows:
            yield from self.publish(producer, rows)
            self.seen = now
        if self.kept != self.seen and self.world.clock - self.kept_at > KEEP_EVERY:
            self.keep(connection)
            yield ON
        sent = (yield from self.replay(connection, producer)) if replaying else False
        yield ON if sent or rows else IDLE

    def look(self, connection: Connection) -> tuple[list[Row], Snapshot]:
        """`_LOOK`, and `_WINDOW` for a long one: what is visible now and was not in the snapshot before."""
        connection.check()
        store = self.world.store
        _, before, in_progress = self.seen
        rows = [row for row in store.outbox if row.xid >= before or row.xid in in_progress]
        rows.sort(key=by_id)
        return rows, store.snapshot()

    def check_epoch(self) -> None:
        cursor: Cursor = self.world.store.rows[CURSOR]
        if cursor.epoch != self.epoch:
            raise LostTheLead

    def publish(self, producer: Producer, rows: list[Row]) -> Steps[None]:
        """`Relay._publish_at_length`: page after page; the window's rows are those of its snapshot."""
        for start in range(0, len(rows), PAGE):
            yield ON
            yield from self.send(producer, rows[start : start + PAGE])

    def send(self, producer: Producer, rows: list[Row]) -> Steps[None]:
        """`Relay._send`: one record batch a partition, all awaited."""
        batches: dict[int, list[Row]] = {}
        for row in rows:
            batches.setdefault(partition_of(row.subject), []).append(row)
        requests: list[Request] = [producer.send(place, batch) for place, batch in batches.items()]
        yield from producer.acknowledged(requests)

    def keep(self, connection: Connection) -> None:
        """`Relay._keep`: move the cursor to what has been acknowledged."""
        connection.check()
        self.check_epoch()
        before: Cursor = self.world.store.rows[CURSOR]
        if before.snapshot[1] > self.seen[1] and before.snapshot != NOTHING_YET:
            self.world.went_back += 1
        self.world.store.write(CURSOR, Cursor(self.epoch, self.seen))
        self.kept, self.kept_at = self.seen, self.world.clock

    def replay(self, connection: Connection, producer: Producer) -> Steps[bool]:
        """`Relay._replay`: a page of the oldest open request; only what the kept cursor has passed."""
        connection.check()
        store = self.world.store
        number, request = 1, store.rows.get(("replay", 1))
        while request is not None and request.done:
            number += 1
            request = store.rows.get(("replay", number))
        if request is None:
            return False
        rows = self.replayed(request)
        if rows:
            yield from self.send(producer, rows)
            connection.check()
        last_id = rows[-1].id if rows else request.last_id
        store.write(("replay", number), Replay(request.subject, last_id, len(rows) < PAGE))
        return True

    def replayed(self, request: Replay) -> list[Row]:
        """`_REPLAYED`."""
        kept: Cursor = self.world.store.rows[CURSOR]
        rows = [
            row
            for row in self.world.store.outbox
            if row.id > request.last_id
            and (request.subject is None or row.subject == request.subject)
            and visible(row.xid, kept.snapshot)
        ]
        rows.sort(key=by_id)
        return rows[:PAGE]


def partition_of(subject: str) -> int:
    """The item has a partition with some of the orders, others are in the other one."""
    return ord(subject[-1]) & 1
