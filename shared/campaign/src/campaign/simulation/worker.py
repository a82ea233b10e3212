"""`kit.worker`: takes events from the log, has them applied; another task tries parked keys again.

A worker knows in memory what comes next in each partition. A crash of the database may forget its last commits, with
the offsets that they moved; so nothing is applied on a connection that is younger than the last reading of the offsets
before they have been compared. Where they went back, nothing at all is applied until the client has begun anew.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from campaign.simulation import inbox
from campaign.simulation.consumer import ALWAYS, NEVER, following
from campaign.simulation.inbox import Message
from campaign.simulation.steps import IDLE, ON, OffsetsUncertain, Stalled, Steps, Transient

if TYPE_CHECKING:
    from campaign.simulation.store import Row
    from campaign.simulation.world import Process, World

by_time = itemgetter(0)


class Worker:
    """One member of the group. Offsets live in the store, in the transaction of the effects."""

    def __init__(self, world: World, process: Process, number: int) -> None:
        self.world = world
        self.process = process
        self.number = number
        self.consumer = world.protocol.consumer(world, process)
        self.generation = -1
        self.positions: dict[int, int] = {}
        """Of the client: what it fetches next."""
        self.next: dict[int, int] = {}
        """What comes next in each partition, as far as we know."""
        self.held: list[Message] = []
        self.most = 2 + world.below(3)
        """Messages of a batch: `Worker.max_records`. What was read beyond them is held."""
        self.known_at = ALWAYS
        self.at_fault = False
        world.workers[number] = self

    def run(self) -> Steps[None]:
        """`Worker._consume`."""
        while True:
            try:
                self.begin_anew()
                while True:
                    yield from self.turn()
            except Stalled:
                yield ON

    def begin_anew(self) -> None:
        """A new client. Raises Stalled."""
        self.consumer.cluster = self.cluster()
        self.at_fault = False
        self.next, self.positions, self.held = {}, {}, []
        self.generation = -1

    def cluster(self) -> int | None:
        """Offsets mean something only to who knows the cluster: it is asked until it answers. Raises Stalled."""
        asked = self.ask_cluster()
        if asked is None:
            raise Stalled
        return asked

    def ask_cluster(self) -> int | None:
        """None when the broker does not answer, which does not make it another one."""
        return None if self.world.mishap() else self.world.log.cluster

    def turn(self) -> Steps[None]:
        """`Worker._poll` and `_read`: read, hold, apply."""
        world = self.world
        if self.generation != world.group.generation:
            yield from self.seek_to_ours()
        self.check()
        if len(self.held) < self.most:
            self.held += self.poll()
        batch, self.held = self.held[: self.most], self.held[self.most :]
        if not batch or not world.below(4):
            self.look()
        if not batch:
            yield IDLE
            return
        yield ON
        yield from self.apply(batch)

    def check(self) -> None:
        """Raises Stalled once the offsets do not hold."""
        if self.at_fault:
            raise Stalled

    def look(self) -> None:
        """Each `LOOK_EVERY`: is it still the cluster whose offsets these are? Raises Stalled."""
        asked = self.ask_cluster()
        if asked is not None and asked != self.consumer.cluster:
            raise Stalled

    def seek_to_ours(self) -> Steps[None]:
        """`_SeekToOurs`: whoever gets a partition goes on where the database says."""
        group = self.world.group
        self.generation = group.generation
        self.next, self.positions, self.held = {}, {}, []
        yield ON
        owned = [place for place, owner in enumerate(group.owners) if owner == self.number]
        asked, known = self.world.clock, inbox.offsets(self.world.store, self.consumer.cluster)
        yield ON
        self.positions = {place: known.get(place, 0) for place in owned}
        self.next = dict(self.positions)
        self.known_at = asked

    def poll(self) -> list[Message]:
        """`getmany` of all assigned partitions, merged by time; within a partition in its order: `kit.aligning`."""
        found: list[tuple[int, Message]] = []
        for place, position in self.positions.items():
            records = self.world.log.partitions[place]
            if position == len(records):
                continue
            if position > len(records):
                self.positions[place] = position = self.out_of_range(place)
            records = records[position : position + 1 + self.world.below(4)]
            self.positions[place] = position + len(records)
            found += self.timed(place, position, records)
        found.sort(key=by_time)
        return [message for _, message in found]

    def timed(self, place: int, position: int, records: list[Row]) -> list[tuple[int, Message]]:
        """The time of a partition never goes back."""
        reached, found = 0, list[tuple[int, Message]]()
        for row in records:
            reached = max(reached, row.at)
            found.append((reached, Message(place, position, row)))
            position += 1
        return found

    def out_of_range(self, place: int) -> int:
        """`auto_offset_reset="earliest"`."""
        return 0

    def apply(self, batch: list[Message]) -> Steps[None]:
        """`Worker.apply`: again and again while the database does not answer.

        A batch whose partitions were shared out anew comes again: what it followed on is not compared any more.
        """
        generation = self.generation
        while True:
            self.check()
            if self.is_over(generation):
                return
            try:
                yield from self.attempt(batch)
                self.next.update(following(batch))
                return
            except OffsetsUncertain:
                yield from self.compare_offsets()
            except Transient as fault:
                self.consumer.lost(fault)
                yield ON
            if self.generation != self.world.group.generation and self.world.random() < 0.5:
                yield from self.seek_to_ours()  # the client's own task does not wait for the batch

    def is_over(self, generation: int) -> bool:
        return self.generation != generation

    def attempt(self, batch: list[Message]) -> Steps[None]:
        """What somebody else finds out meanwhile is no reason to trust for who has begun before."""
        self.consumer.offsets_known_at = self.known_at
        return self.consumer.apply(batch)

    def compare_offsets(self) -> Steps[None]:
        """`Worker._compare_offsets`: is the database as far as we know?"""
        asked, known = self.world.clock, inbox.offsets(self.world.store, self.consumer.cluster)
        yield ON
        self.compared(asked, any(known.get(place, 0) < next for place, next in self.next.items()))

    def compared(self, asked: int, gone_back: bool) -> None:
        self.at_fault = self.at_fault or gone_back
        self.known_at = NEVER if gone_back else asked


class Retries:
    """`Worker._retry_parked`."""

    def __init__(self, world: World, process: Process, number: int) -> None:
        self.world = world
        self.process = process
        self.number = number
        self.consumer = world.protocol.consumer(world, process)

    def run(self) -> Steps[None]:
        while True:
            tried = True
            try:
                tried = self.any_parked() and (yield from self.consumer.retry_parked())
                worker = self.world.workers[self.number]
                if not tried and self.consumer.connected() > worker.known_at:
                    yield from worker.compare_offsets()
            except Transient as fault:
                self.consumer.lost(fault)
            yield ON if tried else IDLE

    def any_parked(self) -> bool:
        """Spares a transaction that would find nothing."""
        rows, clock = self.world.store.rows, self.world.clock
        for key in self.world.keys:
            parked = rows.get(("parked_key", key))
            if parked is not None and parked.next_at is not None and parked.next_at <= clock:
                return True
        return False
