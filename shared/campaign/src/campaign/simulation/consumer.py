"""`kit.consumer`: a batch in one transaction, and what to do when one of its events cannot be applied."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from campaign.simulation import inbox, outbox, parking, shop
from campaign.simulation.inbox import Message, Standing
from campaign.simulation.steps import ON, Disconnected, OffsetsUncertain, Refusal, Steps, Transient

if TYPE_CHECKING:
    from campaign.simulation.shop import Told
    from campaign.simulation.store import Row, Transaction
    from campaign.simulation.world import Process, World

NEVER, ALWAYS = -1, 1 << 60
"""Before and after all steps."""

by_time = attrgetter("at")


class Consumer:
    """Applies events to the store."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process
        self.opened = NEVER
        self.offsets_known_at = ALWAYS
        """When the offsets were read that the batch follows on; on a younger connection it is not applied."""
        self.cluster: int | None = None
        self.together = 1

    def connected(self) -> int:
        """Since when the connection stands; a lost one is made anew. As long as it stands there was no crash."""
        store = self.world.store
        if self.opened <= store.crashed_at:
            self.opened = self.world.clock
        return self.opened

    def lost(self, fault: Transient) -> None:
        """What comes next makes a new connection."""
        if isinstance(fault, Disconnected):
            self.opened = NEVER

    def begin(self) -> Transaction:
        return self.world.store.begin(self.process)

    def begin_after(self) -> Transaction:
        """A transaction that moves offsets. Raises OffsetsUncertain."""
        if self.connected() > self.offsets_known_at:
            raise OffsetsUncertain
        return self.begin()

    def apply(self, batch: Sequence[Message]) -> Steps[None]:
        """`Consumer.apply`: what cannot be applied is parked. Raises only what passes by itself."""
        try:
            yield from self.apply_all(batch)
        except Refusal as refusal:
            yield ON
            if len(batch) == 1:
                yield from self.park(batch[0], refusal)
            else:
                middle = len(batch) // 2
                yield from self.apply(batch[:middle])
                yield ON
                yield from self.apply(batch[middle:])

    def apply_all(self, batch: Sequence[Message]) -> Steps[None]:
        """`Consumer._apply_all`: fence, positions, locks, effects, outbox, positions and offsets: one transaction.

        One that tells nobody anything does not wait for the disk: `outbox.append`.
        """
        with self.begin_after() as tx:
            due = yield from self.due(tx, batch)
            told = yield from self.effects(tx, due)
            yield ON
            if told:
                yield from outbox.append(tx, told)
            tx.flushed = bool(told)
            applied = {row.subject: row.sequence for row in due}
            yield from inbox.advance(tx, applied, following(batch), self.cluster)
            yield from tx.commit()

    def arrive(self, tx: Transaction, rows: Sequence[Row]) -> Steps[Standing]:
        ids = [row.event_id for row in rows if row.kind in shop.HANDLED]
        locks = sorted({each for row in rows for each in self.locks_of(row)})
        return inbox.arrive(tx, ids, {row.subject for row in rows}, locks)

    def locks_of(self, row: Row) -> tuple[str, ...]:
        return shop.locks_of(row)

    def due(self, tx: Transaction, batch: Sequence[Message]) -> Steps[list[Row]]:
        """`Consumer._due`: the events that are neither repeats nor behind a parked key nor after a gap, in order."""
        new, last, parked = yield from self.arrive(tx, [message.row for message in batch])
        yield ON
        due: list[Row] = []
        for message in batch:
            row, key = message.row, message.row.subject
            expected = last.get(key, 0) + 1
            if row.sequence > expected and key not in parked:
                expected = yield from self.look_again(tx, key, last, parked)
            if row.sequence < expected or (row.kind in shop.HANDLED and row.event_id not in new):
                self.world.counts.duplicates += 1
                continue
            if key in parked:
                yield from self.wait_behind(tx, row, parked[key], expected)
            elif row.sequence > expected:
                parked[key] = "gap"
                yield from self.stop_key(tx, row, "gap")
            else:
                last[key] = row.sequence
                due.append(row)
        return due

    def look_again(self, tx: Transaction, key: str, last: dict[str, int], parked: dict[str, str]) -> Steps[int]:
        """`Consumer._look_again`: what was applied while `arrive` waited is seen by a later statement only."""
        fresh, kind = yield from inbox.positions(tx, key)
        yield ON
        last[key] = max(last.get(key, 0), fresh)
        if kind is not None:
            parked[key] = kind
        return last[key] + 1

    def wait_behind(self, tx: Transaction, row: Row, kind: str, expected: int) -> Steps[None]:
        """`Consumer._wait_behind`."""
        yield from parking.put_behind(tx, row)
        if kind == "gap" and row.sequence == expected:
            yield from parking.wake_gap(tx, row.subject)

    def stop_key(self, tx: Transaction, row: Row, kind: str) -> Steps[None]:
        return parking.park(tx, row, kind)

    def effects(self, tx: Transaction, due: Sequence[Row]) -> Steps[list[Told]]:
        """`Consumer._effects`."""
        told: list[Told] = []
        for row in due:
            if row.kind in shop.HANDLED:
                told += yield from self.effect(tx, row)
            tx.applied.append(row)
        return told

    def effect(self, tx: Transaction, row: Row) -> Steps[list[Told]]:
        return shop.effect(tx, row)

    def park(self, message: Message, refusal: Refusal) -> Steps[None]:
        """`Consumer._park`: park one event, in a transaction of its own that also moves the offset past it."""
        row = message.row
        with self.begin_for_parking() as tx:
            last, _ = yield from inbox.positions(tx, row.subject)
            yield ON
            if last < row.sequence:
                yield from self.stop_key(tx, row, refusal.kind)
            yield from inbox.advance(tx, {}, following([message]), self.cluster)
            yield from tx.commit()

    def begin_for_parking(self) -> Transaction:
        """Parking moves offsets, too."""
        return self.begin_after()

    def retry_parked(self) -> Steps[bool]:
        """`Consumer.retry_parked`: parked keys that are due, the next event of each; after a failure half as many."""
        with self.begin() as tx:
            keys = parking.next_due(tx, self.together)
            if not keys:
                return False
            yield ON
            own, told, applied = dict(tx.own), len(tx.outbox), len(tx.applied)
            try:
                yield from self.retry(tx, keys)
                self.together = 2 * self.together
            except Refusal as refusal:  # back to the savepoint
                tx.own = own
                del tx.outbox[told:]
                del tx.applied[applied:]
                self.together = max(1, len(keys) // 2)
                if len(keys) == 1:
                    parking.postpone(tx, keys[0], refusal.kind)
            yield from tx.commit()
        return True

    def retry(self, tx: Transaction, keys: Sequence[str]) -> Steps[None]:
        """`Consumer._retry`."""
        first = [row for key in keys if (row := parking.first_message(tx, key)) is not None]
        expected = yield from self.expected(tx, first)
        yield ON
        done: list[Row] = []
        for row in first:
            if row.sequence > expected[row.subject]:
                parking.postpone(tx, row.subject, "gap")
            else:
                done.append(row)
        yield from self.make_up(tx, [row for row in done if row.sequence == expected[row.subject]])
        for row in done:
            yield from parking.go_on(tx, row)
        for key in keys:
            parking.free(tx, key)

    def expected(self, tx: Transaction, first: Sequence[Row]) -> Steps[dict[str, int]]:
        """The fence comes first: who has waited there for another owner's effect then sees how far that went."""
        _ = yield from inbox.fence(tx, [row.event_id for row in first])
        yield ON
        return (yield from self.following_numbers(tx, first))

    def following_numbers(self, tx: Transaction, first: Sequence[Row]) -> Steps[dict[str, int]]:
        found: dict[str, int] = {}
        for row in first:
            last, _ = yield from inbox.positions(tx, row.subject)
            found[row.subject] = last + 1
        return found

    def make_up(self, tx: Transaction, due: list[Row]) -> Steps[None]:
        """`Consumer._make_up`."""
        due.sort(key=by_time)
        for each in sorted({each for row in due for each in self.locks_of(row)}):
            yield from tx.lock(("advisory", each))
        told = yield from self.effects(tx, due)
        yield from outbox.append(tx, told)
        yield from inbox.advance(tx, {row.subject: row.sequence for row in due}, {})

    def discard_parked(self, key: str, named: Row) -> Steps[None]:
        """`Consumer.discard_parked`: give up, in its turn, the event that blocks a key; the rest of the key goes on."""
        with self.begin() as tx:
            yield from parking.retry(tx, key)
            row = parking.first_message(tx, key)
            if row is None or not self.may_discard(row, named):
                return
            if (yield from self.expected(tx, [row]))[key] != row.sequence:
                return
            tx.put(("discarded", row.event_id), row)
            yield from parking.remove(tx, row)
            yield ON
            yield from inbox.advance(tx, {key: row.sequence}, {})
            yield from tx.commit()

    def may_discard(self, row: Row, named: Row) -> bool:
        """It is still the event that the operator has looked at."""
        return row is named


def following(batch: Sequence[Message]) -> dict[int, int]:
    """`kit.consumer.following`: the offset of each partition that comes after the batch."""
    found: dict[int, int] = {}
    for partition, offset, _ in batch:
        found[partition] = max(found.get(partition, 0), offset + 1)
    return found
