"""The services as the load sees them: every command is journaled, the unknown is sent again under the same key."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import cast

import aiohttp

from campaign.load.journal import Journal
from campaign.load.sending import Answered, Sending, digest
from campaign.load.whose import telling
from orderloop.http import Answer, Reply, Request, ServiceRefused, Services

FOR_AS_LONG_AS_IT_TAKES = 24 * 3600.0
"""Nothing here gives up: the trial's deadline ends the tasks."""

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0
LONGEST_WAIT_BEFORE_REPEAT = 1.0

NEWS_UNDER_WAY = frozenset({"nothing-shipped-on-order-line", "quarantine-not-confirmed"})
"""Refusals that mean what 404 means here: the service has not heard yet of what is named."""
NEVER_COMES = frozenset({"hold-not-found", "item-not-purchased", "line-not-found", "line-not-in-shipment"})
"""The 404 that waiting does not change."""


@dataclass(frozen=True)
class Infrastructure:
    """A service answered that it cannot now (5xx, or Retry-After); `offset` is the journal's."""

    at: datetime
    offset: float
    service: str
    path: str
    status: int
    problem: str


@dataclass
class Tally:
    """What became of all sendings so far, over all people."""

    infrastructure: list[Infrastructure] = field(default_factory=list[Infrastructure])
    unanswered: int = 0
    retries: int = 0
    repeats: int = 0
    differing: list[str] = field(default_factory=list[str])
    """Keys whose repetition was answered otherwise."""
    repeating: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])


class JournaledServices(Services):
    """Sends nothing before it stands in the journal. GETs are not journaled."""

    longest_pause_seconds = LONGEST_PAUSE_SECONDS
    request_seconds = 3.0

    def __init__(
        self,
        urls: Mapping[str, str],
        token: Callable[[], str],
        *,
        journal: Journal,
        tally: Tally,
        seed: int = 0,
        repeated: float = 0.05,
        retry_without_key: bool = False,
    ) -> None:
        """`repeated` is the share of ok commands that are sent once more; `seed` says which.

        `retry_without_key` is a planted bug.
        """
        super().__init__(urls, token, patience_seconds=FOR_AS_LONG_AS_IT_TAKES)
        self._journal = journal
        self._tally = tally
        self._seed = seed
        self._repeated = repeated
        self._retry_without_key = retry_without_key
        self._attempts: dict[str, int] = {}
        self._key_instead: dict[str, str] = {}

    def _new_key(self) -> str:
        told = telling.get()
        return str(uuid.uuid4()) if told is None else told.next_key()

    async def post(
        self,
        service: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        if_match: str | None = None,
        method: str = "POST",
    ) -> Answer:
        """As ever, and again when what it names is not known yet: all that the load names does exist."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await super().post(service, path, body, key=key, if_match=if_match, method=method)
            except ServiceRefused as refusal:
                if not _early(refusal):
                    raise
            await asyncio.sleep(random.uniform(0.5, 1) * pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _once(self, request: Request) -> Answer | str:
        """A token that is refused may be so by a wrong clock, and passes like other faults of machines."""
        try:
            return await super()._once(request)
        except ServiceRefused as refusal:
            if refusal.status != HTTPStatus.UNAUTHORIZED:
                raise
            self._authorization = f"Bearer {self._new_token()}"
            return str(refusal)

    async def _exchange(self, request: Request) -> Reply:
        if (told := telling.get()) is not None and request.method != "GET":
            told.begins(f"{request.method} {request.service} {request.path}")
        if request.method == "GET":
            return await super()._exchange(request)
        sending, dressed = self._next_sending(request)
        await self._journal.sent(sending)
        try:
            reply = await super()._exchange(dressed)
        except asyncio.CancelledError:
            self._journal.given_up(sending)
            raise
        except (aiohttp.ClientError, TimeoutError) as trouble:
            await self._unanswered(sending, type(trouble).__name__)
            raise
        await self._answered(sending, request, reply)
        return reply

    def _next_sending(self, request: Request) -> tuple[Sending, Request]:
        """The next attempt at this command, under the same key; the planted bug takes a new one after an unknown."""
        key = request.headers["Idempotency-Key"]
        sent_as = self._key_instead.get(key, key)
        attempt = self._attempts[key] = self._attempts.get(key, 0) + 1
        self._tally.retries += attempt > 1
        told = telling.get()
        sending = Sending(
            key=key,
            attempt=attempt,
            service=request.service,
            method=request.method,
            path=request.path,
            digest=digest(request.payload),
            story="" if told is None else f"{told.name} {told.number}",
            sent_as="" if sent_as == key else sent_as,
        )
        return sending, replace(request, headers={**request.headers, "Idempotency-Key": sent_as})

    async def _unanswered(self, sending: Sending, trouble: str) -> None:
        self._tally.unanswered += 1
        self._forget_key(sending)
        await self._journal.answered(sending, Answered("unknown", problem=trouble))

    def _forget_key(self, sending: Sending) -> None:
        if self._retry_without_key:
            self._key_instead[sending.key] = f"{sending.key}-{uuid.uuid4().hex[:8]}"

    async def _answered(self, sending: Sending, request: Request, reply: Reply) -> None:
        answer = digest(reply.text)
        if reply.ok:
            event = _subject(reply)
            await self._journal.answered(sending, Answered("ok", reply.status, None, answer, event))
            self._perhaps_again(sending, request, answer)
            return
        problem = reply.refusal().name
        passes = reply.passes() or reply.status == HTTPStatus.UNAUTHORIZED
        if passes:
            self._forget_key(sending)
            self._note(sending, reply.status, problem)
        outcome = "unknown" if passes else "refused"
        await self._journal.answered(sending, Answered(outcome, reply.status, problem, answer))

    def _note(self, sending: Sending, status: int, problem: str) -> None:
        told = Infrastructure(datetime.now(UTC), self._journal.offset(), sending.service, sending.path, status, problem)
        self._tally.infrastructure.append(told)

    def _perhaps_again(self, sending: Sending, request: Request, answer: str) -> None:
        """Send some of what was done once more, a little later: it has to be answered the same."""
        dice = random.Random(f"{self._seed}/{_place(sending)}")
        if sending.attempt > 1 or dice.random() >= self._repeated:
            return
        task = asyncio.create_task(self._again(request, answer, dice.uniform(0, LONGEST_WAIT_BEFORE_REPEAT)))
        self._tally.repeating.add(task)
        task.add_done_callback(self._tally.repeating.discard)

    async def _again(self, request: Request, answer: str, after: float) -> None:
        telling.set(None)  # the story goes on without it
        await asyncio.sleep(after)
        self._tally.repeats += 1
        self._tally.retries -= 1
        said: Reply | None = None
        while said is None or said.passes() or said.status == HTTPStatus.UNAUTHORIZED:
            try:
                said = await self._exchange(request)
            except (aiohttp.ClientError, TimeoutError):
                said = None
            await asyncio.sleep(0 if said is not None and said.ok else LONGEST_PAUSE_SECONDS)
        if digest(said.text) != answer:
            self._tally.differing.append(request.headers["Idempotency-Key"])


def _early(refusal: ServiceRefused) -> bool:
    unknown_yet = refusal.status == HTTPStatus.NOT_FOUND and refusal.name not in NEVER_COMES
    return unknown_yet or refusal.name in NEWS_UNDER_WAY


def _place(sending: Sending) -> str:
    """What names the command in every run with the same seed: its key without the run."""
    return sending.key.partition("-")[2] if sending.story else sending.key


def _subject(reply: Reply) -> str | None:
    """A command is answered with the first event that it caused; the first field of an event is its subject."""
    try:
        body = cast("dict[str, object]", json.loads(reply.text or b"{}"))
        return str(uuid.UUID(str(next(iter(body.values()), ""))))
    except (ValueError, AttributeError):
        return None
