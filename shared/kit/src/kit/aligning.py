"""Catching up in the order of time: which of the events that were read may be applied already.

Topics have no order among each other. A worker with a long backlog could meet the dispatch of an order that it does not
know yet, because the order lies in a topic that it has not read so far. So an event waits until every partition that
has more on the broker has been read up to its time. At the head of the log no partition has more, and nothing waits.

As Kafka Streams does it, with `max.task.idle.ms`:
https://cwiki.apache.org/confluence/display/KAFKA/KIP-353%3A+Improve+Kafka+Streams+Timestamp+Synchronization
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from aiokafka import TopicPartition

from kit.inbox import Message

PATIENCE = 1.5
"""Seconds of asking after which a partition that has more, but delivers nothing, is not waited for any longer."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_ALL = datetime.max.replace(tzinfo=UTC)


class Aligning:
    """What was read of each partition and is too early. It knows no clock and no client.

    The time of a partition never goes back: history that is sent again does not hold up what is new.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        """From so many messages on, only the partitions that the others wait for are read."""
        self.early = 0
        """How many messages wait."""
        self._read: dict[TopicPartition, deque[tuple[datetime, Message]]] = {}
        self._reached: dict[TopicPartition, datetime] = {}
        self._silent: dict[TopicPartition, float] = {}
        self._slowest: set[TopicPartition] = set()

    def clear(self) -> None:
        """Forget everything: what was read will be read again."""
        self.early, self._slowest = 0, set()
        self._read.clear()
        self._reached.clear()
        self._silent.clear()

    def asked(self) -> set[TopicPartition]:
        """The partitions to read next; none means all."""
        return self._slowest | set(self._silent) if self.early >= self.most else set()

    def due(
        self, polled: Mapping[TopicPartition, Sequence[Message]], behind: Collection[TopicPartition], seconds: float
    ) -> list[Message]:
        """What may be applied now, by time, after a poll that took so many seconds.

        `behind` are the partitions of which the broker has more than was read.
        """
        read = {place: self._timed(place, messages) for place, messages in polled.items() if messages}
        if not behind and not self.early:
            return _by_time(read.values())
        for place, messages in read.items():
            self._read.setdefault(place, deque()).extend(messages)
            self.early += len(messages)
        self._bear_silence(polled, behind, seconds)
        until = self._find_slowest(behind)
        found = _by_time([self._up_to(until, place) for place in self._read])
        self.early -= len(found)
        return found

    def _timed(self, place: TopicPartition, messages: Sequence[Message]) -> list[tuple[datetime, Message]]:
        reached, timed = self._reached.get(place, _NEVER), list[tuple[datetime, Message]]()
        for message in messages:
            reached = max(reached, message.recorded.time)
            timed.append((reached, message))
        self._reached[place] = reached
        return timed

    def _bear_silence(
        self, polled: Collection[TopicPartition], behind: Collection[TopicPartition], seconds: float
    ) -> None:
        """For how long each partition that the others waited for has now been asked in vain."""
        if self.early:
            for place in self._slowest:
                self._silent[place] = self._silent.get(place, 0.0) + seconds
        self._silent = {
            place: silent for place, silent in self._silent.items() if place in behind and place not in polled
        }

    def _find_slowest(self, behind: Collection[TopicPartition]) -> datetime:
        """How far all partitions with more have been read, and which of them are there."""
        awaited = {
            place: self._reached.get(place, _NEVER) for place in behind if self._silent.get(place, 0.0) < PATIENCE
        }
        until = min(awaited.values(), default=_ALL)
        self._slowest = {place for place, reached in awaited.items() if reached == until}
        return until

    def _up_to(self, until: datetime, place: TopicPartition) -> list[tuple[datetime, Message]]:
        read, found = self._read[place], list[tuple[datetime, Message]]()
        while read and read[0][0] <= until:
            found.append(read.popleft())
        return found


def _by_time(read: Iterable[Sequence[tuple[datetime, Message]]]) -> list[Message]:
    """One batch out of all partitions, by time; within a partition in its order."""
    return [message for _, message in heapq.merge(*read, key=lambda timed: timed[0])]
