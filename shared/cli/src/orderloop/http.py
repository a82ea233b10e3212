"""The seven services over HTTP: commands that may be sent again, lists read to their end, refusals as exceptions."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, cast

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


class Services:
    """A session with all services of one platform."""

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
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    def url(self, service: str) -> str:
        return self._urls[service]

    async def get(self, service: str, path: str, **query: str | int) -> Answer:
        """Read one thing."""
        return await self._patiently("GET", service, path, query=query)

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
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        if if_match is not None:
            headers["If-Match"] = if_match
        return await self._patiently(method, service, path, body=body, headers=headers)

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

    async def _patiently(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
    ) -> Answer:
        """Send until there is an answer that will not change by waiting."""
        url, until, pause = (
            f"{self._urls[service]}{path}",
            asyncio.get_running_loop().time() + self._patience_seconds,
            0.05,
        )
        payload = None if body is None else json.dumps(body).encode()
        while True:
            trouble = await self._once(method, url, payload, headers or {}, query or {})
            if isinstance(trouble, Answer):
                return trouble
            if asyncio.get_running_loop().time() > until:
                raise ServiceUnreachable(
                    f"{service}: {method} {path}: {trouble}; look at `make status` and run it again"
                )
            await asyncio.sleep(random.uniform(0.5, 1) * pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _once(
        self, method: str, url: str, payload: bytes | None, headers: Mapping[str, str], query: Mapping[str, str | int]
    ) -> Answer | str:
        """An answer, or in words why to try again; raises what the service refuses."""
        try:
            async with self._request(method, url, payload, headers, query) as response:
                text = await response.read()
                if response.status < HTTPStatus.BAD_REQUEST:
                    return Answer(response.status, _object(text), response.headers.get("ETag"))
                refusal = _refusal(response.status, text)
                if response.status == HTTPStatus.UNAUTHORIZED and refusal.name == "token-expired":
                    self._authorization = f"Bearer {self._new_token()}"
                    return str(refusal)
                if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Retry-After" in response.headers:
                    return str(refusal)
                raise refusal
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"{type(error).__name__} {error}".strip()

    @asynccontextmanager
    async def _request(
        self, method: str, url: str, payload: bytes | None, headers: Mapping[str, str], query: Mapping[str, str | int]
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        if self._session is None:
            raise RuntimeError("enter the session first: `async with Services(…)`")
        sent = {"Authorization": self._authorization, **headers}
        if payload is not None:
            sent["Content-Type"] = "application/json"
        if (trace_id := _trace.get()) is not None:
            sent["traceparent"] = f"00-{trace_id}-{random.getrandbits(64) or 1:016x}-00"
        async with self._session.request(method, url, data=payload, headers=sent, params=query) as response:
            yield response


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


def _object(text: bytes) -> Json:
    return json.loads(text) if text else {}


def _refusal(status: int, text: bytes) -> ServiceRefused:
    try:
        problem = cast("Json", json.loads(text))
        name = str(problem.get("type", "")).rpartition(":")[2]
        return ServiceRefused(status, name, str(problem.get("title", "")), str(problem.get("detail", "")))
    except (ValueError, AttributeError):
        return ServiceRefused(status, "not-a-problem", f"HTTP {status}", text[:200].decode(errors="replace"))
