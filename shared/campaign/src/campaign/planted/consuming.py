"""Workers that go on although something is not done."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from campaign.planted.bug import bug, instead
from campaign.planted.fencing import by_the_inbox_alone
from kit import inbox, outbox, parking, worker
from kit.consumer import Consumer, following
from kit.database import Transaction, is_transient
from kit.inbox import Key, Message
from kit.locks import lock

# pyright: reportPrivateUsage=false

log = logging.getLogger(__name__)


@bug("offset-before-commit", "offsets are committed before the effects", fault="F3", shows="I4 I7 I13")
def offset_before_commit(_service: str, _roles: Sequence[str]) -> None:
    """Who dies in between leaves the events out: what `enable.auto.commit` does with slow handlers."""
    apply_all = Consumer._apply_all

    async def offsets_first(self: Consumer, batch: Sequence[Message]) -> None:
        await _keep_offsets(self, batch)
        await apply_all(self, batch)

    instead(Consumer, "_apply_all", offsets_first)


@bug("offset-in-finally", "offsets are committed in `finally`, whether or not it worked", fault="F9", shows="I4 I7 I13")
def offset_in_finally(_service: str, _roles: Sequence[str]) -> None:
    """A fault that would have passed by itself is logged, and its events are left out."""
    apply_all = Consumer._apply_all

    async def offsets_at_last(self: Consumer, batch: Sequence[Message]) -> None:
        try:
            await apply_all(self, batch)
        except Exception as fault:
            if not is_transient(fault):
                raise
            log.warning("a batch is left out: %s", fault)
        finally:
            await _keep_offsets(self, batch)

    instead(Consumer, "_apply_all", offsets_at_last)


@bug(
    "offset-reset-latest",
    "auto_offset_reset=latest (and the worker goes on where Kafka remembers, not where its database says)",
    fault="F8",
    shows="I4 I7 I13",
)
def offset_reset_latest(_service: str, _roles: Sequence[str]) -> None:
    """The client's default: a topic whose offsets are gone is read from its end on."""
    instead(worker, "AIOKafkaConsumer", _FromTheEnd)


class _FromTheEnd(AIOKafkaConsumer):
    def __init__(self, **given: Any) -> None:  # Any: the client's options
        options: dict[str, Any] = {**given, "auto_offset_reset": "latest"}
        super().__init__(**options)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """The database's word is not taken."""


@bug(
    "retry-topic",
    "what fails is set aside to be tried later, and later events of its key go on (nor does their sequence count)",
    fault="F9",
    shows="I7",
)
def retry_topic(_service: str, _roles: Sequence[str]) -> None:
    """Non-blocking retries, as Uber and Spring have made them popular: they give up the order of a key."""

    async def apply(self: Consumer, batch: Sequence[Message]) -> None:
        try:
            await self._apply_all(batch)
        except Exception as fault:
            await _set_aside(self, batch, fault)

    async def retry(self: Consumer, tx: Transaction, key: Key) -> int:
        event = await parking.first_message(tx, key)
        if event is None:
            await parking.free(tx, key)
            return 0
        await lock(tx, self._locks([event]))
        told = await self._effects(tx, [event] if await inbox.fence(tx, [event.id]) else [])
        _ = await outbox.append(tx, told)
        await inbox.advance(tx, {key: event}, {})
        await parking.go_on(tx, key, event.sequence)
        return len(told)

    instead(Consumer, "apply", apply)
    instead(Consumer, "_retry", retry)
    _the_inbox_as_it_is()


async def _set_aside(self: Consumer, batch: Sequence[Message], fault: Exception) -> None:
    async with self.database.begin() as tx:
        for message in batch:
            await parking.park(tx, message.topic, message.recorded, "fault", parking.reason_of(fault))
        await inbox.advance(tx, {}, following(batch))


def _the_inbox_as_it_is() -> None:
    """Its own word is taken for what is new, and nothing else is asked."""
    arrive, new = inbox.arrive, set[UUID]()

    async def noted(*given: Any) -> inbox.Standing:  # Any: what `arrive` is given
        standing = await arrive(*given)
        new.clear()
        new.update(standing.new)
        return standing

    instead(inbox, "arrive", noted)
    instead(Consumer, "_due", by_the_inbox_alone(lambda _: set(new)))


async def _keep_offsets(self: Consumer, batch: Sequence[Message]) -> None:
    async with self.database.begin() as tx:
        await inbox.advance(tx, {}, following(batch))
