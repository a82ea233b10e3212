"""`kit.worker`: takes events from the log, has them applied; another task tries parked keys again."""

from __future__ import annotations

from contextlib import suppress
from operator import attrgetter
from typing import TYPE_CHECKING

from campaign.simulation.inbox import Message
from campaign.simulation.steps import IDLE, ON, Steps, Transient

if TYPE_CHECKING:
    from campaign.simulation.consumer import Consumer
    from campaign.simulation.world import Process, World

by_time = attrgetter("row.at")


class Worker:
    """One member of the group. Offsets live in the store, in the transaction of the effects."""

    def __init__(self, world: World, process: Process, number: int) -> None:
        self.world = world
        self.process = process
        self.number = number
        self.generation = -1
        self.positions: dict[int, int] = {}

    def run(self) -> Steps[None]:
        """`Worker._consume`, `_poll` and `_read`: offsets from the store, then poll after poll."""
        consumer = self.world.protocol.consumer(self.world, self.process)
        while True:
            if self.generation != self.world.group.generation:
                yield from self.seek_to_ours()
            batch = self.poll()
            yield ON if batch else IDLE
            if batch:
                yield from self.apply(consumer, batch)

    def seek_to_ours(self) -> Steps[None]:
        """`_SeekToOurs`: whoever gets a partition goes on where the database says."""
        group = self.world.group
        self.generation = group.generation
        self.positions = {}
        yield ON
        rows = self.world.store.rows
        owned = [place for place, owner in enumerate(group.owners) if owner == self.number]
        self.positions = {place: rows.get(("offset", place)) or 0 for place in owned}

    def poll(self) -> list[Message]:
        """`getmany` of all assigned partitions, merged by time."""
        found: list[Message] = []
        for place in self.positions:
            records = self.world.log.partitions[place]
            position = self.positions[place]
            if position > len(records):
                position = self.out_of_range(place)
            records = records[position : position + 1 + self.world.below(4)]
            found += [Message(place, position + number, row) for number, row in enumerate(records)]
            self.positions[place] = position + len(records)
        found.sort(key=by_time)
        return found

    def out_of_range(self, place: int) -> int:
        """`auto_offset_reset="earliest"`."""
        return 0

    def apply(self, consumer: Consumer, batch: list[Message]) -> Steps[None]:
        """`Worker._apply`: again and again while the database does not answer."""
        while True:
            try:
                return (yield from consumer.apply(batch))
            except Transient:
                yield ON


class Retries:
    """`Worker._retry_parked`."""

    def __init__(self, world: World, process: Process) -> None:
        self.world = world
        self.process = process

    def run(self) -> Steps[None]:
        consumer = self.world.protocol.consumer(self.world, self.process)
        while True:
            tried = True
            with suppress(Transient):
                tried = self.any_parked() and (yield from consumer.retry_parked())
            yield ON if tried else IDLE

    def any_parked(self) -> bool:
        """Spares a transaction that would find nothing."""
        rows, clock = self.world.store.rows, self.world.clock
        for key in self.world.keys:
            parked = rows.get(("parked_key", key))
            if parked is not None and parked.next_at is not None and parked.next_at <= clock:
                return True
        return False
