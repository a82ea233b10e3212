"""How what many orders' services tell arrives: interleaved and delayed, in order per key and in no other."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from contracts.customer import CustomersMerged
from contracts.event import Event, Recorded
from contracts.ids import new_id
from contracts.inventory import AvailabilityChanged
from kit.inbox import Message

from .goods import Company
from .life import Life

Key = tuple[str, UUID]
Sequences = Counter[Key]


def recorded(event: Event, sequences: Sequences) -> Recorded:
    """As the event's own service would have recorded it, with the next number of its aggregate."""
    key = (event.topic(), event.subject)
    sequences[key] += 1
    return Recorded(
        id=new_id(),
        type=event.type_name(),
        source=f"/orderloop/{event.service()}",
        subject=event.subject,
        time=datetime.now(UTC),
        sequence=sequences[key],
        correlation_id=event.subject,
        causation_id=event.subject,
        actor="proof",
        traceparent=None,
        data=event.model_dump_json().encode(),
    )


def message(event: Recorded) -> Message:
    return Message(f"{event.source.rpartition('/')[2]}.events", 0, 0, event)


def shuffled(events: Sequence[Recorded], dice: Random) -> list[Message]:
    """Any order of arrival that keeps the order per key: Kafka promises no more."""
    keys: dict[Key, deque[Message]] = defaultdict(deque)
    turns: list[Key] = []
    for each in map(message, events):
        keys[each.key].append(each)
        turns.append(each.key)
    dice.shuffle(turns)
    return [keys[turn].popleft() for turn in turns]


class Rounds:
    """Many lives at once: in each round every one goes on by an episode, and all they tell arrives mixed."""

    def __init__(self, company: Company, at_once: int) -> None:
        self.company = company
        self.at_once = at_once
        self.orders = 0
        self._shared: Sequences = Counter()
        self._lives: list[tuple[Sequences, Iterator[list[Event]]]] = []

    def more(self, orders: int | None = None) -> list[Message]:
        """One round. New lives begin while there is room, at most `orders` of them in all."""
        while len(self._lives) < self.at_once and (orders is None or self.orders < orders):
            self.orders += 1
            self._lives.append((Counter(), Life(self.company).episodes()))
        told: list[Recorded] = []
        going_on: list[tuple[Sequences, Iterator[list[Event]]]] = []
        for sequences, life in self._lives:
            if (episode := next(life, None)) is not None:
                told += [recorded(event, self._of(event, sequences)) for event in episode]
                going_on.append((sequences, life))
        self._lives = going_on
        return shuffled(told, self.company.dice)

    def _of(self, event: Event, sequences: Sequences) -> Sequences:
        """Items and customers are told of by many lives."""
        return self._shared if isinstance(event, AvailabilityChanged | CustomersMerged) else sequences
