"""What every trade of the company stands on: people who act over HTTP, and a stream that tells what happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

from orderloop.driving.events import DEADLINE_SECONDS, EventStream, NeverCame
from orderloop.driving.people import People
from orderloop.http import ServiceRefused

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.25


class Company:
    """People and what they hear. `today` is said nowhere: the services take their own day."""

    def __init__(self, people: People, stream: EventStream) -> None:
        self.people = people
        self.stream = stream


async def when_known(send: Callable[[], Awaitable[T]], *also: str) -> T:
    """Do it once the service has heard of what it names: until then it answers 404, or refuses with one of `also`.

    What one service has told may still be on its way to the next; people would try again, and so does this.
    """
    until, pause = time.monotonic() + DEADLINE_SECONDS, FIRST_PAUSE_SECONDS
    while True:
        try:
            return await send()
        except ServiceRefused as refusal:
            early = refusal.status == HTTPStatus.NOT_FOUND or refusal.name in also
            if not early or time.monotonic() > until:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


async def until_true(ask: Callable[[], Awaitable[T | None]], what: str, within: float = DEADLINE_SECONDS) -> T:
    """Ask again until there is an answer: for what is read over HTTP and follows by events. Raises NeverCame."""
    until, pause = time.monotonic() + within, FIRST_PAUSE_SECONDS
    while not (found := await ask()):
        if time.monotonic() > until:
            raise NeverCame(f"{what}: not within {within:.0f} s")
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
    return found
