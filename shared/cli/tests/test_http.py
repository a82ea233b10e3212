"""Commands are sent again under the same key while a service cannot answer, and a refusal is told as one."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from orderloop.http import ServiceRefused, Services, ServiceUnreachable, in_one_trace

Handle = Callable[[web.Request], web.Response]


def a_problem(status: int, name: str, detail: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"type": f"urn:orderloop:problem:{name}", "title": "A rule.", "status": status, "detail": detail}
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def a_service(handle: Handle, *, patience_seconds: float = 5) -> AsyncGenerator[Services]:
    async def answer(request: web.Request) -> web.Response:
        _ = await request.read()
        return handle(request)

    app = web.Application()
    _ = app.router.add_route("*", "/{path:.*}", answer)
    async with (
        TestServer(app) as server,
        Services(
            {"order": str(server.make_url("")).rstrip("/")}, lambda: "t", patience_seconds=patience_seconds
        ) as all,
    ):
        yield all


async def test_a_command_is_sent_again_with_the_same_key_after_a_fault() -> None:
    keys: list[str] = []

    def handle(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        return a_problem(503, "unavailable", "wait") if len(keys) < 3 else web.json_response({"order_id": "o1"})

    async with a_service(handle) as services:
        answer = await services.post("order", "/orders", {"a": 1})

    assert answer.body == {"order_id": "o1"}
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_request_that_still_runs_is_waited_for() -> None:
    asked: list[str] = []

    def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        refusal = a_problem(409, "still-running", "wait", {"Retry-After": "1"})
        return refusal if len(asked) == 1 else web.json_response({})

    async with a_service(handle) as services:
        answer = await services.post("order", "/orders", key="k")

    assert answer.status == 200
    assert len(asked) == 2


async def test_a_refusal_carries_its_problem_and_is_not_sent_again() -> None:
    asked: list[str] = []

    def handle(request: web.Request) -> web.Response:
        asked.append(request.path)
        return a_problem(409, "order-is-over", "place a new one")

    async with a_service(handle) as services:
        with pytest.raises(ServiceRefused, match="place a new one") as refused:
            _ = await services.post("order", "/orders/1/cancel", {"reason": "x"})

    assert (refused.value.status, refused.value.name, refused.value.title) == (409, "order-is-over", "A rule.")
    assert len(asked) == 1


async def test_a_service_that_never_answers_is_unreachable() -> None:
    async with a_service(lambda _: a_problem(500, "fault", "broken"), patience_seconds=0.1) as services:
        with pytest.raises(ServiceUnreachable, match="order: GET /orders: broken"):
            _ = await services.get("order", "/orders")


async def test_nobody_at_the_address_is_unreachable() -> None:
    async with Services({"order": "http://127.0.0.1:1"}, lambda: "t", patience_seconds=0.1) as services:
        with pytest.raises(ServiceUnreachable, match="make status"):
            _ = await services.get("order", "/orders")


async def test_an_expired_token_is_replaced() -> None:
    tokens = iter(["old", "new"])

    def handle(request: web.Request) -> web.Response:
        if request.headers["Authorization"] == "Bearer old":
            return a_problem(401, "token-expired", "get a new one")
        return web.json_response({"ok": True})

    async with a_service(handle) as services:
        renewed = Services({"order": services.url("order")}, lambda: next(tokens))
        async with renewed:
            answer = await renewed.get("order", "/orders")

    assert answer.body == {"ok": True}


async def test_a_list_is_read_to_its_end() -> None:
    pages = {None: {"items": [{"n": 1}], "next_cursor": "c"}, "c": {"items": [{"n": 2}], "next_cursor": None}}

    async with a_service(lambda request: web.json_response(pages[request.query.get("cursor")])) as services:
        items = [item async for item in services.every("order", "/orders")]

    assert items == [{"n": 1}, {"n": 2}]


async def test_what_was_read_is_changed_by_its_version() -> None:
    def handle(request: web.Request) -> web.Response:
        if request.method == "GET":
            return web.json_response({}, headers={"ETag": '"3"'})
        return web.json_response({"if_match": request.headers["If-Match"]})

    async with a_service(handle) as services:
        read = await services.get("order", "/orders/1")
        changed = await services.post("order", "/orders/1/amend", {}, if_match=read.version)

    assert changed.body == {"if_match": '"3"'}


async def test_requests_belong_to_a_trace_only_inside_of_it() -> None:
    sent: list[str | None] = []

    def handle(request: web.Request) -> web.Response:
        sent.append(request.headers.get("traceparent"))
        return web.json_response({})

    async with a_service(handle) as services:
        with in_one_trace() as trace_id:
            _ = await services.get("order", "/orders/o1")
            _ = await services.post("order", "/orders")
        _ = await services.get("order", "/orders/o1")

    first, second, third = sent
    assert first is not None
    assert second is not None
    assert [first[:36], second[:36], third] == [f"00-{trace_id}-", f"00-{trace_id}-", None]
    assert first != second
