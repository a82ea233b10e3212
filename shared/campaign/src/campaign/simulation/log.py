"""The broker: partitions that are only appended to, idempotent producers, and a consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.simulation.steps import ON, KafkaError, Steps

if TYPE_CHECKING:
    from campaign.simulation.store import Row
    from campaign.simulation.world import World

Request = tuple["Producer", int, int, "list[Row]"]
"""Who sends, to which partition, the number of the first record, the batch."""


class Log:
    """One topic."""

    __slots__ = ("cluster", "ever", "expected", "late", "partitions", "world")

    def __init__(self, world: World, partitions: int) -> None:
        self.world = world
        self.cluster = 1
        """The id that a cluster gets with its storage."""
        self.partitions: list[list[Row]] = [[] for _ in range(partitions)]
        self.ever: list[Row] = []
        self.expected: dict[tuple[int, int], int] = {}
        self.late: list[Request] = []

    def accept(self, request: Request) -> None:
        """Append a batch whole, unless the producer's numbers have a hole. Raises KafkaError.

        A producer that the partition does not know may begin with any number.
        """
        producer, partition, first, rows = request
        place = (producer.number, partition)
        expected = self.expected.get(place, first)
        if first > expected:
            raise KafkaError("out of order sequence number")
        if first < expected:
            return  # a repeat of what is there: acknowledged, not appended
        self.expected[place] = first + len(rows)
        self.partitions[partition] += rows
        self.ever += rows

    def wipe(self) -> None:
        """The broker comes back with an empty disk: as another cluster."""
        self.cluster += 1
        self.partitions = [[] for _ in self.partitions]
        self.expected.clear()
        self.late.clear()


class Producer:
    """aiokafka's idempotent producer: it numbers batches when it sends them and never takes a number back."""

    __slots__ = ("log", "next", "number")

    def __init__(self, log: Log, number: int) -> None:
        self.log = log
        self.number = number
        self.next = [0] * len(log.partitions)

    def send(self, partition: int, rows: list[Row]) -> Request:
        first = self.next[partition]
        self.next[partition] = first + len(rows)
        return (self, partition, first, rows)

    def acknowledged(self, requests: list[Request]) -> Steps[None]:
        """Wait for all batches. Raises KafkaError at the first that fails; the others may arrive for all that."""
        for place, request in enumerate(requests):
            yield ON
            if self.log.world.mishap():
                self._fail(request, requests[place + 1 :])
            self.log.accept(request)

    def _fail(self, request: Request, others: list[Request]) -> None:
        fate = self.log.world.random()
        if fate < 0.4:
            self.log.accept(request)  # only the acknowledgement is lost
        elif fate < 0.7:
            self.log.late.append(request)
        self.log.late += others
        raise KafkaError("no acknowledgement")


class Group:
    """Who owns which partition. A worker learns with its next poll that this has changed."""

    __slots__ = ("generation", "owners")

    def __init__(self, partitions: int) -> None:
        self.generation = 0
        self.owners = [0] * partitions

    def share_out(self, owners: list[int]) -> None:
        self.owners = owners
        self.generation += 1
