"""Workers that go on although something is not done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from campaign.planted.bug import bug, instead
from campaign.planted.fencing import by_the_inbox_alone
from kit import inbox, outbox, worker
from kit.consumer import Consumer, following
from kit.database import is_transient
from kit.inbox import Message

# pyright: reportPrivateUsage=false

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


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
    later = set[asyncio.Task[None]]()

    async def apply(self: Consumer, batch: Sequence[Message]) -> None:
        try:
            await self._apply_all(batch)
        except Exception as fault:
            log.warning("a batch is set aside: %s", fault)
            await _keep_offsets(self, batch)
            task = asyncio.create_task(_try_later(self, batch))
            later.add(task)
            task.add_done_callback(later.discard)

    instead(Consumer, "apply", apply)
    _the_inbox_as_it_is()


async def _try_later(self: Consumer, batch: Sequence[Message]) -> None:
    """One after the other, again and again, as a worker of the retry topic does."""
    for message in batch:
        done = False
        while not done:
            await asyncio.sleep(RETRY_SECONDS)
            with suppress(Exception):
                await _apply_one(self, message)
                done = True


async def _apply_one(self: Consumer, message: Message) -> None:
    """Its offset has been moved past already."""
    async with self.database.begin() as tx:
        due = await self._due(tx, [message])
        told = await self._effects(tx, [each.recorded for each in due])
        await inbox.advance(tx, {message.key: message.recorded}, {})
        _ = await outbox.append(tx, told)


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
