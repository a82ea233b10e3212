"""The services over HTTP: commands that may be sent again, lists read to their end, refusals as exceptions."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import aiohttp

from contracts.errors import OrderloopError, Unavailable

Json = dict[str, Any]
"""An object as a service sends or takes it; what is in it is the business of whoever asks."""

PATIENCE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 3.0
CONNECTIONS_PER_SERVICE = 64
PAGE = 500

_trace: ContextVar[str | None] = ContextVar("trace", default=None)


@contextmanager
def in_one_trace() -> Generator[str]:
    """All that is asked inside belongs to one trace (W3C Trace Context), whose id is yielded."""
    trace_id = f"{random.getrandbits(128) or 1:032x}"
    token = _trace.set(trace_id)
    try:
        yield trace_id
    finally:
        _trace.reset(token)


class ServiceRefused(OrderloopError):
    """A service understood the request and says no; its problem details (RFC 9457) say why."""

    def __init__(self, status: int, name: str, title: str, detail: str) -> None:
        super().__init__(detail or title)
        self.status = status
        self.name = name
        """The last part of the problem's type, such as `order-already-shipped`."""
        self.title = title
        self.detail = detail


class ServiceUnreachable(Unavailable):
    """A service did not answer for a minute, or answered with its own faults only."""


@dataclass(frozen=True)
class Answer:
    """What a service answered; `body` is empty when there was nothing to say."""

    status: int
    body: Json
    version: str | None = None
    """Its ETag: send it as `if_match` to change what was read."""


@dataclass(frozen=True)
class Request:
    """What is sent, and sent again as it is until there is an answer."""

    method: str
    service: str
    path: str
    payload: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str | int] = field(default_factory=dict[str, "str | int"])


@dataclass(frozen=True)
class Reply:
    """What came back for one sending of a request, whatever it means."""

    status: int
    text: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ok(self) -> bool:
        return self.status < HTTPStatus.BAD_REQUEST

    def answer(self) -> Answer:
        return Answer(self.status, json.loads(self.text) if self.text else {}, self.headers.get("ETag"))

    def refusal(self) -> ServiceRefused:
        return _refusal(self.status, self.text)

    def passes(self) -> bool:
        """Whether it is a trouble that passes by itself: the same request may be answered another time."""
        return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Retry-After" in self.headers


class Services:
    """A session with all services of one platform. Subclasses may watch each sending (`_exchange`)."""

    longest_pause_seconds: ClassVar[float] = LONGEST_PAUSE_SECONDS
    request_seconds: ClassVar[float] = 60.0

    def __init__(
        self, urls: Mapping[str, str], token: Callable[[], str], *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._urls = dict(urls)
        self._new_token = token
        self._patience_seconds = patience_seconds
        self._authorization = f"Bearer {token()}"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # the services of one machine: no proxy from the environment has any business here
        connector = aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS_PER_SERVICE)
        timeout = aiohttp.ClientTimeout(total=self.request_seconds)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    def url(self, service: str) -> str:
        return self._urls[service]

    async def get(self, service: str, path: str, **query: str | int) -> Answer:
        """Read one thing."""
        return await self._patiently(Request("GET", service, path, query=query))

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
        """Send a command; `key` makes sending it again, now or in another run, the same command."""
        headers = {"Idempotency-Key": key or self._new_key()}
        if if_match is not None:
            headers["If-Match"] = if_match
        payload = None if body is None else json.dumps(body).encode()
        return await self._patiently(Request(method, service, path, payload, headers))

    async def every(self, service: str, path: str, *, page: int = PAGE, **query: str | int) -> AsyncGenerator[Json]:
        """All items of a list, page by page."""
        cursor: str | None = None
        while True:
            asked = query | {"limit": page} | ({"cursor": cursor} if cursor else {})
            answer = await self.get(service, path, **asked)
            for item in cast("list[Json]", answer.body["items"]):
                yield item
            cursor = answer.body.get("next_cursor")
            if cursor is None:
                return

    def _new_key(self) -> str:
        return str(uuid.uuid4())

    async def _patiently(self, request: Request) -> Answer:
        """Send until there is an answer that will not change by waiting."""
        until, pause = asyncio.get_running_loop().time() + self._patience_seconds, 0.05
        while True:
            trouble = await self._once(request)
            if isinstance(trouble, Answer):
                return trouble
            if asyncio.get_running_loop().time() > until:
                raise ServiceUnreachable(
                    f"{request.service}: {request.method} {request.path}: {trouble}; "
                    "look at `make status` and run it again"
                )
            await asyncio.sleep(random.uniform(0.5, 1) * pause)
            pause = min(pause * 2, self.longest_pause_seconds)

    async def _once(self, request: Request) -> Answer | str:
        """An answer, or in words why to try again; raises what the service refuses."""
        try:
            reply = await self._exchange(request)
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__} {error}".strip()
        if reply.ok:
            return reply.answer()
        refusal = reply.refusal()
        if refusal.status == HTTPStatus.UNAUTHORIZED and refusal.name == "token-expired":
            self._authorization = f"Bearer {self._new_token()}"
            return str(refusal)
        if reply.passes():
            return str(refusal)
        raise refusal

    async def _exchange(self, request: Request) -> Reply:
        """Send it once. Raises what the connection says, or TimeoutError."""
        if self._session is None:
            raise RuntimeError("enter the session first: `async with Services(…)`")
        sent = {"Authorization": self._authorization, **request.headers}
        if request.payload is not None:
            sent["Content-Type"] = "application/json"
        if (trace_id := _trace.get()) is not None:
            sent["traceparent"] = f"00-{trace_id}-{random.getrandbits(64) or 1:016x}-00"
        url = f"{self._urls[request.service]}{request.path}"
        async with self._session.request(
            request.method, url, data=request.payload, headers=sent, params=request.query
        ) as response:
            return Reply(response.status, await response.read(), response.headers)


def services_of_platform(
    name: str,
    *,
    roles: tuple[str, ...] = ("admin",),
    directory: Path | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Services:
    """The services of the platform that was started here; `name` is who acts. Raises NotRunning when none was."""
    from orderloop.platform import plan
    from orderloop.platform.issuer import Issuer

    running = plan.current(directory)
    issuer = Issuer(running.folder)
    urls = {service: running.url(service) for service in plan.SERVICES}
    return Services(urls, lambda: issuer.token(roles, name=name), patience_seconds=patience_seconds)


def _refusal(status: int, text: bytes) -> ServiceRefused:
    try:
        problem = cast("Json", json.loads(text))
        name = str(problem.get("type", "")).rpartition(":")[2]
        return ServiceRefused(status, name, str(problem.get("title", "")), str(problem.get("detail", "")))
    except (ValueError, AttributeError):
        return ServiceRefused(status, "not-a-problem", f"HTTP {status}", text[:200].decode(errors="replace"))
