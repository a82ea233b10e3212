"""A full dump of the topics, read on from where it ended last time.

A topic that was lost and filled again (fault F8) begins at 0 anew. That is seen by the cluster's id, which a broker
with a new data folder has anew, or when the last record that was read is not there any more or another stands in its
place. The dump then keeps what it has and reads a new incarnation.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from campaign.invariants.place import Place
from contracts.errors import Unavailable

POLL_MS = 300
PATIENCE_POLLS = 30
"""So many empty polls in a row are waited for records that the broker says it has."""


class TopicUnreadable(Unavailable):
    """The broker says that a topic has records and does not give them."""


class Sent(NamedTuple):
    """A record. `event_id` is None when it is no CloudEvent of ours: nobody can have an effect of it."""

    incarnation: int
    partition: int
    offset: int
    event_id: UUID | None
    key: bytes
    headers: Sequence[tuple[str, bytes]]
    value: bytes


Ends = Mapping[TopicPartition, int]


class Topics:
    """All records of all services' topics, by service, partition after partition. `refresh` reads what is new."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.sent: dict[str, list[Sent]] = {service: [] for service in place.databases}
        self.incarnations: dict[str, int] = dict.fromkeys(place.databases, 0)
        self._cluster: str | None = None
        self._last: dict[TopicPartition, Sent] = {}
        self._readable: dict[TopicPartition, int] = {}

    async def refresh(self) -> None:
        """Raises TopicUnreadable."""
        cluster, places = await _described(self.place.kafka, {self.place.topic(each): each for each in self.sent})
        if self._cluster not in (None, cluster):
            for service in self.sent:
                self.wiped(service)
        self._cluster = cluster
        if not places:
            return
        async with _client(self.place.kafka) as client:
            ends: Ends = await client.end_offsets(list(places))
            starts: Ends = await client.beginning_offsets(list(places))
            for service in {places[each] for each in await self._torn(client, starts, ends)}:
                self.wiped(service)
            ahead = {place: self._next(place, starts[place]) for place in places}
            for record in await _records(client, ahead, ends):
                self._take(places[TopicPartition(record.topic, record.partition)], record)

    def wiped(self, service: str) -> None:
        """The topic is known to have lost its records: what is read next is a new incarnation."""
        self.incarnations[service] += 1
        topic = self.place.topic(service)
        for known in [self._last, self._readable]:
            for partition in [each for each in known if each.topic == topic]:
                del known[partition]

    def ends(self, service: str) -> dict[int, int]:
        """By partition, the offset after the last event: what its readers have to come to."""
        topic = self.place.topic(service)
        return {each.partition: offset for each, offset in self._readable.items() if each.topic == topic}

    def _next(self, place: TopicPartition, start: int) -> int:
        return self._last[place].offset + 1 if place in self._last else start

    async def _torn(self, client: AIOKafkaConsumer, starts: Ends, ends: Ends) -> list[TopicPartition]:
        """The partitions in which the record that was read last does not stand where it stood."""
        known = {place: last for place, last in self._last.items() if place in ends}
        there = {each for each, last in known.items() if starts[each] <= last.offset < ends[each]}
        first, after = {each: known[each].offset for each in there}, {each: known[each].offset + 1 for each in there}
        stands = {
            TopicPartition(record.topic, record.partition): (record.key or b"", record.value or b"")
            for record in await _records(client, first, after)
        }
        return [each for each, last in known.items() if stands.get(each) != (last.key, last.value)]

    def _take(self, service: str, record: ConsumerRecord[bytes, bytes]) -> None:
        sent, place = _sent(record, self.incarnations[service]), TopicPartition(record.topic, record.partition)
        self.sent[service].append(sent)
        self._last[place] = sent
        if sent.event_id is not None:
            self._readable[place] = sent.offset + 1


async def _records(client: AIOKafkaConsumer, ahead: Ends, ends: Ends) -> list[ConsumerRecord[bytes, bytes]]:
    """Everything from `ahead` to `ends`, partition after partition."""
    left = {place: ends[place] - offset for place, offset in ahead.items() if offset < ends[place]}
    client.assign(list(left))
    for place in left:
        client.seek(place, ahead[place])
    found: dict[TopicPartition, list[ConsumerRecord[bytes, bytes]]] = {place: [] for place in left}
    empty = 0
    while left:
        polled = await client.getmany(*left, timeout_ms=POLL_MS, max_records=5000)
        empty = 0 if polled else empty + 1
        if empty > PATIENCE_POLLS:
            raise TopicUnreadable(f"{left} records are there and do not come; is the broker well?")
        for place, records in polled.items():
            found[place] += [each for each in records if each.offset < ends[place]]
            if records and records[-1].offset >= ends[place] - 1:
                del left[place]
    return [record for records in found.values() for record in records]


async def _described(kafka: str, services: Mapping[str, str]) -> tuple[str, dict[TopicPartition, str]]:
    """The cluster's id, the partitions of these topics and whose each is; a topic that is not there has none."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, client_id="campaign-checker")
    await admin.start()
    try:
        cluster: dict[str, Any] = await admin.describe_cluster()  # Any: what the protocol has
        described: list[dict[str, Any]] = await admin.describe_topics(list(services))  # Any: as above
    finally:
        await admin.close()
    numbers = ((each["topic"], sorted(part["partition"] for part in each["partitions"])) for each in described)
    places = {TopicPartition(topic, number): services[topic] for topic, found in numbers for number in found}
    return str(cluster["cluster_id"]), places


@asynccontextmanager
async def _client(kafka: str) -> AsyncGenerator[AIOKafkaConsumer]:
    client = AIOKafkaConsumer(
        bootstrap_servers=kafka, enable_auto_commit=False, client_id="campaign-checker", fetch_max_wait_ms=100
    )
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


def _sent(record: ConsumerRecord[bytes, bytes], incarnation: int) -> Sent:
    headers: Sequence[tuple[str, bytes]] = record.headers
    return Sent(
        incarnation, record.partition, record.offset, _id(headers), record.key or b"", headers, record.value or b""
    )


def _id(headers: Sequence[tuple[str, bytes]]) -> UUID | None:
    said = next((value for name, value in headers if name == "ce_id"), None)
    try:
        return None if said is None else UUID(said.decode())
    except ValueError:
        return None
