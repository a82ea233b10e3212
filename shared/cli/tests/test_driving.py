"""Who waits for an event is told, past or to come; what a service has not heard of yet is tried again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from uuid import uuid4

import pytest

from contracts.order import OrderClosed, OrderPlaced
from orderloop.driving.company import until_true, when_known
from orderloop.driving.events import EventStream, NeverCame, Seen
from orderloop.driving.steps import packing
from orderloop.http import ServiceRefused


def a_seen(name: str, *, service: str = "order", sequence: int = 1, correlation: str = "c", **data: object) -> Seen:
    headers = {
        "ce_id": str(uuid4()),
        "ce_type": f"orderloop.{service}.{name}.v1",
        "ce_subject": str(uuid4()),
        "ce_sequence": str(sequence),
        "ce_correlationid": correlation,
        "ce_causationid": str(uuid4()),
        "ce_actor": "nora",
        "ce_time": f"2026-01-02T03:04:0{sequence}.5Z",
    }
    return Seen(headers, json.dumps(data).encode())


def a_refusal(status: int, name: str) -> ServiceRefused:
    return ServiceRefused(status, name, "", "no")


def refusing(*refusals: ServiceRefused) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    """What refuses so often, and then answers `done`; and how often it was asked."""
    left, asked = list(refusals), [0]

    async def send() -> str:
        asked[0] += 1
        if left:
            raise left.pop(0)
        return "done"

    return send, asked


async def test_an_event_that_came_before_is_found_at_once() -> None:
    stream = EventStream()
    closed = a_seen("OrderClosed", order_id="1", number="SO-1")
    stream.take(a_seen("OrderClosed", order_id="2"))
    stream.take(a_seen("OrderClosed", order_id="1", number="SO-2"))
    stream.take(closed)

    assert await stream.until(OrderClosed, order_id="1", number="SO-1") is closed


async def test_who_waits_is_told_of_the_event_that_fits_and_of_no_other() -> None:
    stream = EventStream()
    waiting = asyncio.create_task(stream.until(OrderClosed, order_id="1", number="SO-1"))
    await asyncio.sleep(0)
    stream.take(a_seen("OrderClosed", order_id="1", number="SO-2"))
    stream.take(a_seen("OrderPlaced", order_id="1", number="SO-1"))
    await asyncio.sleep(0)
    assert not waiting.done()

    stream.take(fits := a_seen("OrderClosed", order_id="1", number="SO-1"))

    assert await waiting is fits


async def test_what_never_comes_is_told_with_what_came_instead() -> None:
    stream = EventStream()
    stream.take(a_seen("OrderPlaced", order_id="1"))

    with pytest.raises(NeverCame, match=r"no OrderClosed with \{'order_id': '1'\}.*came: OrderPlaced"):
        await stream.until(OrderClosed, order_id="1", within=0.01)


async def test_the_second_event_of_a_kind_is_waited_for() -> None:
    stream = EventStream()
    stream.take(a_seen("OrderAmended", order_id="1"))
    waiting = asyncio.create_task(stream.until_count("OrderAmended", 2, order_id="1"))
    await asyncio.sleep(0)
    stream.take(second := a_seen("OrderAmended", order_id="1", sequence=2))

    assert await waiting is second


async def test_ids_are_compared_as_json_writes_them() -> None:
    stream, order_id = EventStream(), uuid4()
    stream.take(a_seen("OrderPlaced", order_id=str(order_id)))

    assert len(stream.named(OrderPlaced, order_id=order_id)) == 1
    assert stream.named(OrderPlaced, order_id=uuid4()) == []


async def test_an_event_whose_data_is_no_json_is_seen_and_stops_nobody() -> None:
    stream = EventStream()
    stream.take(Seen(a_seen("OrderPlaced").headers, b"\xff"))
    stream.take(a_seen("OrderClosed", order_id="1"))

    assert [seen.name for seen in stream.seen] == ["OrderPlaced", "OrderClosed"]
    assert (await stream.until(OrderClosed, order_id="1")).sequence == 1


async def test_a_thread_is_in_the_order_of_time() -> None:
    stream = EventStream()
    for sequence in (3, 1, 2):
        stream.take(a_seen("OrderPlaced", sequence=sequence, correlation="mine"))
    stream.take(a_seen("OrderPlaced", correlation="another"))

    assert [seen.sequence for seen in stream.thread("mine")] == [1, 2, 3]


async def test_what_is_not_known_yet_is_asked_for_again() -> None:
    send, asked = refusing(a_refusal(404, "customer-unknown"), a_refusal(409, "quarantine-not-confirmed"))

    answer = await when_known(send, "quarantine-not-confirmed")

    assert (answer, asked) == ("done", [3])


async def test_a_rule_that_says_no_is_not_asked_again() -> None:
    send, asked = refusing(a_refusal(409, "order-is-over"))

    with pytest.raises(ServiceRefused):
        await when_known(send)

    assert asked == [1]


async def test_asking_until_it_is_true_gives_up() -> None:
    async def never() -> str | None:
        return None

    with pytest.raises(NeverCame, match="the moon is square: not within 0 s"):
        await until_true(never, "the moon is square", within=0)


def test_packing_names_lines_and_pieces() -> None:
    assert packing({"line": Decimal(2)}) == {"lines": [{"line_id": "line", "quantity": {"value": "2", "unit": "C62"}}]}
