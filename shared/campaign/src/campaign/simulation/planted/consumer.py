"""Mistakes of who applies events."""

from __future__ import annotations

from collections.abc import Sequence

from campaign.simulation import inbox, outbox, parking, shop
from campaign.simulation.consumer import Consumer, following
from campaign.simulation.inbox import Message, Standing
from campaign.simulation.parking import ParkedKey
from campaign.simulation.shop import ITEM, Ordered, Told
from campaign.simulation.steps import ON, Refusal, Steps
from campaign.simulation.store import Row, Transaction


def handled(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.kind in shop.HANDLED]


class OffsetFirst(Consumer):
    """The offset commits before the effects do."""

    def apply(self, batch: Sequence[Message]) -> Steps[None]:
        with self.begin() as tx:
            yield from inbox.advance(tx, {}, following(batch), self.cluster)
            yield from tx.commit()
        yield from super().apply(batch)


class InboxWithoutKey(Consumer):
    """Look whether the id is there, then insert it; nothing makes a second owner wait."""

    def arrive(self, tx: Transaction, rows: Sequence[Row]) -> Steps[Standing]:
        ids = [row.event_id for row in handled(rows)]
        new = {id for id in ids if tx.get(("inbox", id)) is None}
        for id in new:
            tx.put(("inbox", id), True)
        standing = yield from self.stand(tx, rows)
        return standing._replace(new=new)

    def stand(self, tx: Transaction, rows: Sequence[Row]) -> Steps[Standing]:
        """`arrive` without its fence."""
        return inbox.arrive(
            tx, [], {row.subject for row in rows}, {each for row in rows for each in self.locks_of(row)}
        )


DAY = 25
"""Steps."""


class InboxByDay(Consumer):
    """The inbox is partitioned by when an event was received: over midnight its key is not unique."""

    def arrive(self, tx: Transaction, rows: Sequence[Row]) -> Steps[Standing]:
        today = self.world.clock // DAY
        new: set[tuple[int, int]] = set()
        for row in sorted(handled(rows), key=lambda row: row.event_id):
            if (yield from tx.insert(("inbox", (row.event_id, today)), True)):
                new.add(row.event_id)
        locks = {each for row in rows for each in self.locks_of(row)}
        standing = yield from inbox.arrive(tx, [], {row.subject for row in rows}, locks)
        return standing._replace(new=new)


class WithoutSequence(Consumer):
    """Only the inbox tells a repeat."""

    def due(self, tx: Transaction, batch: Sequence[Message]) -> Steps[list[Row]]:
        new, _, parked = yield from self.arrive(tx, [message.row for message in batch])
        due: list[Row] = []
        for _, _, row in batch:
            if row.kind in shop.HANDLED and row.event_id not in new:
                continue
            if row.subject in parked:
                yield from parking.put_behind(tx, row)
            else:
                due.append(row)
        return due


class InboxByDayWithoutSequence(InboxByDay, WithoutSequence):
    """And the sequence is not looked at."""


class DuplicateSwallowed(Consumer):
    """A plain INSERT; its violation is caught, and the aborted transaction goes on to a COMMIT that does nothing."""

    def apply_all(self, batch: Sequence[Message]) -> Steps[None]:
        rows = self.world.store.rows
        yield ON
        if any(rows.get(("inbox", row.event_id)) for _, _, row in batch):
            return
        yield from super().apply_all(batch)


class RetryTopic(WithoutSequence):
    """An event that cannot be applied goes to another topic, and its key goes on."""

    def stop_key(self, tx: Transaction, row: Row, kind: str) -> Steps[None]:
        _ = yield from tx.insert(("retry_topic", row.event_id), row)

    def park(self, message: Message, refusal: Refusal) -> Steps[None]:
        with self.begin() as tx:
            yield from self.stop_key(tx, message.row, refusal.kind)
            yield from inbox.advance(
                tx, {message.row.subject: message.row.sequence}, following([message]), self.cluster
            )
            yield from tx.commit()

    def retry_parked(self) -> Steps[bool]:
        waiting = [
            row for (table, _), row in self.world.store.rows.items() if table == "retry_topic" and row is not None
        ]
        waiting = [row for row in waiting if not row.about.poison]
        if not waiting:
            return False
        row = waiting[0]
        try:
            with self.begin() as tx:
                if (yield from inbox.fence(tx, [row.event_id])):
                    told = yield from self.effects(tx, [row])
                    yield from outbox.append(tx, told)
                yield from tx.lock(("retry_topic", row.event_id))
                tx.put(("retry_topic", row.event_id), None)
                yield from tx.commit()
        except Refusal:
            return False
        return True


class ReservationWithoutRowLock(Consumer):
    """The stock is read without FOR UPDATE; the lock by id, which the reaction names, is still taken."""

    def effect(self, tx: Transaction, row: Row) -> Steps[list[Told]]:
        if row.kind != "ordered":
            return []
        ordered: Ordered = row.about
        shop.may_reserve(tx, ordered)
        free: int = tx.get(("stock", ITEM))
        yield ON
        if free < ordered.pieces:
            return [Told(ITEM, "backordered", ordered.pieces)]
        tx.put(("stock", ITEM), free - ordered.pieces)
        return [Told(ITEM, "reserved", ordered.pieces)]


class ReservationWithoutLock(ReservationWithoutRowLock):
    """Neither."""

    def locks_of(self, row: Row) -> tuple[str, ...]:
        return ()


class ParkedNotLocked(Consumer):
    """`parked_key` is read without FOR SHARE: an event slips behind a key that is let go at the same time."""

    def arrive(self, tx: Transaction, rows: Sequence[Row]) -> Steps[Standing]:
        keys = {row.subject for row in rows}
        parked = {key: row.kind for key in keys if (row := tx.get(("parked_key", key))) is not None}
        ids = [row.event_id for row in handled(rows)]
        locks = {each for row in rows for each in self.locks_of(row)}
        standing = yield from inbox.arrive(tx, ids, (), locks)
        yield ON
        last = {key: last for key in keys if (last := tx.get(("applied", key))) is not None}
        return Standing(standing.new, last, parked)


class ParkedNotRead(Consumer):
    """Nobody looks whether a key is parked: its later events come after a gap, and are put behind it all the same."""

    def arrive(self, tx: Transaction, rows: Sequence[Row]) -> Steps[Standing]:
        standing = yield from super().arrive(tx, rows)
        return standing._replace(parked={})


class FencedTooLate(Consumer):
    """A retry looks how far its key is, then waits at the fence, and does not look again."""

    def expected(self, tx: Transaction, first: Sequence[Row]) -> Steps[dict[str, int]]:
        found = yield from self.following_numbers(tx, first)
        yield ON
        _ = yield from inbox.fence(tx, [row.event_id for row in first])
        return found


class ParkedUncompared(Consumer):
    """An event is parked, and the offset moved past it, on whatever connection there is."""

    def begin_for_parking(self) -> Transaction:
        _ = self.connected()
        return self.begin()


class GapLeftAlone(Consumer):
    """A gap waits for the missing event to come, which another owner is applying just now."""

    def stop_key(self, tx: Transaction, row: Row, kind: str) -> Steps[None]:
        yield from super().stop_key(tx, row, kind)
        standing: ParkedKey = tx.get(("parked_key", row.subject))
        if standing.kind == "gap":
            tx.put(("parked_key", row.subject), standing._replace(next_at=None))
