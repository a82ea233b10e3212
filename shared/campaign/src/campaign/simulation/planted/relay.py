"""Mistakes of a relay."""

from __future__ import annotations

from campaign.simulation.log import Producer
from campaign.simulation.relay import CURSOR, PAGE, Cursor, Relay, Replay, by_id
from campaign.simulation.steps import IDLE, ON, KafkaError, LostTheLead, Steps
from campaign.simulation.store import NOTHING_YET, Connection, Row, Snapshot


class CursorOnId(Relay):
    """`WHERE id > last`: ids are drawn before they commit, so a late commit is never seen."""

    def look(self, connection: Connection) -> tuple[list[Row], Snapshot]:
        connection.check()
        last = self.seen[0] if self.seen != NOTHING_YET else 0
        rows = sorted((row for row in self.world.store.outbox if row.id > last), key=by_id)
        return rows, (rows[-1].id, rows[-1].id, frozenset()) if rows else self.seen

    def replayed(self, request: Replay) -> list[Row]:
        kept: Cursor = self.world.store.rows[CURSOR]
        last = kept.snapshot[0] if kept.snapshot != NOTHING_YET else 0
        return sorted((row for row in self.world.store.outbox if request.last_id < row.id <= last), key=by_id)[:PAGE]


class XminWindow(Relay):
    """Transactions below `pg_snapshot_xmin`: nothing is lost, but xids are taken before the aggregate is locked."""

    def look(self, connection: Connection) -> tuple[list[Row], Snapshot]:
        connection.check()
        before, now = self.seen[0], self.world.store.snapshot()[0]
        rows = sorted((row for row in self.world.store.outbox if before <= row.xid < now), key=by_id)
        return rows, (now, now, frozenset())


class WithoutLock(Relay):
    """Every relay is active."""

    def wait_for_lock(self, connection: Connection) -> Steps[None]:
        connection.check()
        yield ON


class SkipLocked(WithoutLock):
    """Each relay takes the oldest unsent rows that no other one holds, and marks them as sent."""

    def check_epoch(self) -> None:
        """There is none."""

    def cycle(self, connection: Connection, producer: Producer) -> Steps[None]:
        connection.check()
        with self.world.store.begin(self.process) as tx:
            unsent = [row for row in self.world.store.outbox if tx.get(("sent", row.id)) is None]
            rows = [row for row in sorted(unsent, key=by_id) if tx.take(("sent", row.id))][:2]
            for row in rows:
                tx.put(("sent", row.id), True)
            if rows:
                yield from self.send(producer, rows)
                yield from tx.commit()
        yield ON if rows else IDLE

    def keep(self, connection: Connection) -> None:
        """The rows say it."""


class EpochNotRead(Relay):
    """Who lost the lead does not look; its connection is gone all the same, and with it the lock."""

    def check_epoch(self) -> None:
        """Whoever leads now."""


class EpochNotChecked(WithoutLock, EpochNotRead):
    """Nothing stops a relay that another one has followed."""


class ProducerReused(Relay):
    """A send failed, and the same producer is used again: its numbers have a hole."""

    def lead(self) -> Steps[None]:
        connection = self.world.store.connect()
        try:
            yield from self.wait_for_lock(connection)
            producer = self.producer()
            self.take_over(connection)
            while True:
                try:
                    yield from self.cycle(connection, producer)
                except KafkaError:
                    yield ON
                except LostTheLead:
                    return
        finally:
            connection.close()
