"""The services under load: journaled before they are asked, asked again under the same key, some of it once more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from campaign.load.journal import Journal
from campaign.load.services import JournaledServices, Tally
from orderloop.http import ServiceRefused

ORDER = "0199f3a0-0000-7000-8000-000000000001"

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Desk:
    """What the driver holds in its hands."""

    path: Path
    journal: Journal
    tally: Tally
    services: JournaledServices
    keys: list[str] = field(default_factory=list[str])

    async def repeated(self) -> None:
        """All repetitions that are due are answered."""
        await asyncio.gather(*self.tally.repeating)


def placed() -> web.Response:
    return web.json_response({"order_id": ORDER, "number": "1"}, status=201)


def a_problem(status: int, name: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"type": f"urn:orderloop:problem:{name}", "title": "A rule.", "status": status, "detail": name}
    return web.json_response(body, status=status, headers=headers)


@asynccontextmanager
async def a_desk(
    tmp_path: Path, handle: Handle, *, repeated: float = 0, retry_without_key: bool = False
) -> AsyncGenerator[Desk]:
    keys: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        keys.append(request.headers.get("Idempotency-Key", ""))
        return await handle(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    tally, path = Tally(), tmp_path / "journal.jsonl"
    async with TestServer(app) as server, Journal(path) as journal:
        services = JournaledServices(
            {"order": str(server.make_url("")).rstrip("/")},
            lambda: "t",
            journal=journal,
            tally=tally,
            repeated=repeated,
            retry_without_key=retry_without_key,
        )
        async with services:
            yield Desk(path, journal, tally, services, keys)


def one_after_another(*answers: Callable[[], web.Response]) -> Handle:
    """Each request gets the next answer; the last one holds for all that follow."""
    left = list(answers)

    async def handle(request: web.Request) -> web.StreamResponse:
        await request.read()
        return (left.pop(0) if len(left) > 1 else left[0])()

    return handle


async def test_a_command_stands_in_the_journal_when_it_arrives(tmp_path: Path) -> None:
    found: list[list[str]] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        written = (tmp_path / "journal.jsonl").read_text().splitlines()
        found.append([f"{line['kind']} {line.get('key')}" for line in map(json.loads, written)])
        return placed()

    async with a_desk(tmp_path, handle) as desk:
        await desk.services.post("order", "/orders", {"a": 1}, key="k")

        answered = Journal.read(desk.path).commands["k"].answer

    assert found == [["sent k"]]
    assert answered is not None
    assert (answered.outcome, answered.status, answered.event) == ("ok", 201, ORDER)


async def test_the_unknown_is_sent_again_under_the_same_key_until_it_is_answered(tmp_path: Path) -> None:
    handle = one_after_another(
        lambda: a_problem(503, "unavailable", {"Retry-After": "1"}),
        lambda: a_problem(409, "still-running", {"Retry-After": "1"}),
        lambda: a_problem(401, "token-invalid"),
        lambda: a_problem(500, "internal"),
        placed,
    )
    async with a_desk(tmp_path, handle) as desk:
        await desk.services.post("order", "/orders", {"a": 1}, key="k")

        command = Journal.read(desk.path).commands["k"]

    assert desk.keys == ["k"] * 5
    assert command.outcome == "ok"
    assert [each.outcome for each in command.attempts] == ["unknown"] * 4 + ["ok"]
    assert desk.tally.retries == 4
    assert [(each.status, each.problem) for each in desk.tally.infrastructure] == [
        (503, "unavailable"),
        (409, "still-running"),
        (401, "token-invalid"),
        (500, "internal"),
    ]


async def test_a_connection_that_breaks_leaves_an_unknown_and_is_no_refusal(tmp_path: Path) -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        if len(seen) == 1:
            assert request.transport is not None
            request.transport.abort()
        return placed()

    async with a_desk(tmp_path, handle) as desk:
        await desk.services.post("order", "/orders", key="k")

        command = Journal.read(desk.path).commands["k"]

    first = command.attempts[0].answered
    assert first is not None
    assert (first.outcome, first.status, first.problem) == ("unknown", None, "ServerDisconnectedError")
    assert (command.outcome, desk.tally.unanswered, desk.tally.infrastructure) == ("ok", 1, [])


async def test_a_refusal_is_final(tmp_path: Path) -> None:
    async with a_desk(tmp_path, one_after_another(lambda: a_problem(409, "order-is-over"))) as desk:
        with pytest.raises(ServiceRefused):
            await desk.services.post("order", "/orders/1/cancel", key="k")

        command = Journal.read(desk.path).commands["k"]

    assert desk.keys == ["k"]
    assert command.outcome == "refused"
    assert command.answer is not None
    assert command.answer.problem == "order-is-over"


async def test_what_is_not_known_yet_is_another_command_a_little_later(tmp_path: Path) -> None:
    handle = one_after_another(lambda: a_problem(404, "order-of-payment-unknown"), placed)
    async with a_desk(tmp_path, handle) as desk:
        await desk.services.post("order", "/payments")

        outcomes = [command.outcome for command in Journal.read(desk.path).commands.values()]

    assert len(set(desk.keys)) == 2
    assert outcomes == ["refused", "ok"]


async def test_a_command_that_is_given_up_stays_unknown(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await asyncio.Event().wait()
        return placed()

    async with a_desk(tmp_path, handle) as desk:
        sending = asyncio.create_task(desk.services.post("order", "/orders", key="k"))
        await arrived.wait()
        sending.cancel()
        await asyncio.wait([sending])

    command = Journal.read(tmp_path / "journal.jsonl").commands["k"]
    assert command.outcome == "unknown"
    assert command.attempts[0].answered is not None
    assert command.attempts[0].answered.problem == "given-up"


async def test_what_was_done_is_sent_once_more_under_the_same_key(tmp_path: Path) -> None:
    async with a_desk(tmp_path, one_after_another(placed), repeated=1) as desk:
        await desk.services.post("order", "/orders", {"a": 1}, key="k")
        await desk.repeated()

        command = Journal.read(desk.path).commands["k"]

    assert desk.keys == ["k", "k"]
    assert len({each.sending.digest for each in command.attempts}) == 1
    assert len(command.answers) == 1
    assert (desk.tally.repeats, desk.tally.retries, desk.tally.differing) == (1, 0, [])


async def test_another_answer_to_the_same_command_is_noticed(tmp_path: Path) -> None:
    handle = one_after_another(placed, lambda: web.json_response({"order_id": ORDER, "number": "2"}, status=201))
    async with a_desk(tmp_path, handle, repeated=1) as desk:
        await desk.services.post("order", "/orders", key="k")
        await desk.repeated()

    assert desk.tally.differing == ["k"]
    assert len(Journal.read(desk.path).commands["k"].answers) == 2


async def test_the_planted_bug_sends_the_unknown_under_another_key(tmp_path: Path) -> None:
    handle = one_after_another(lambda: a_problem(503, "unavailable"), placed)
    async with a_desk(tmp_path, handle, retry_without_key=True) as desk:
        await desk.services.post("order", "/orders", key="k")

        command = Journal.read(desk.path).commands["k"]

    first, second = desk.keys
    assert first == "k" != second
    assert [each.sending.sent_as for each in command.attempts] == ["", second]
    assert command.outcome == "ok"


async def test_reading_is_not_journaled(tmp_path: Path) -> None:
    async with a_desk(tmp_path, one_after_another(placed)) as desk:
        await desk.services.get("order", "/orders/1")

    assert Journal.read(tmp_path / "journal.jsonl").lines == 0
