"""Stopping and starting: nothing is lost, nobody is let in without a token, whoever ends finishes its work."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from http import HTTPStatus

import aiohttp
import pytest

from contracts.order import OrderClosed, OrderPlaced
from orderloop.driving.machine import Machine
from orderloop.driving.proofs import gaps, of_loop
from orderloop.driving.shop import Shop, at_work
from orderloop.driving.steps import Steps, Wish, until_true
from orderloop.driving.terminal import Terminal
from orderloop.http import Services
from orderloop.platform import down
from orderloop.platform.issuer import Issuer
from orderloop.platform.plan import SERVICES, Plan

OPEN = ("/healthz", "/readyz")
ID = "01a20000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("service", SERVICES)
async def test_nothing_but_health_and_docs_answers_without_a_token(platform: Plan, service: str) -> None:
    url = platform.url(service)
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/openapi.json") as answer:
            paths = (await answer.json())["paths"]
        asked = [(method, path) for path, methods in paths.items() if path not in OPEN for method in methods]
        answers = {each: await _status(session, each[0], url + _filled(each[1])) for each in asked}
        open_ones = [await _status(session, "get", url + path) for path in (*OPEN, "/docs", "/redoc")]

    assert len(asked) >= 10
    assert {each: status for each, status in answers.items() if status != HTTPStatus.UNAUTHORIZED} == {}
    assert open_ones == [HTTPStatus.OK] * 4


@pytest.mark.parametrize("service", SERVICES)
async def test_readiness_names_its_parts(platform: Plan, service: str) -> None:
    facts = Machine(platform).readiness(service)

    states = {name: facts[name] for name in ("status", "database", "broker", "migrations")}
    assert states == {"status": "ok", "database": "ok", "broker": "ok", "migrations": "ok"}
    assert str(facts["relay"]).startswith("active, epoch ")
    assert facts["parked_keys"] == 0
    assert facts["unpublished_seconds"] is not None


async def test_a_process_that_is_asked_to_end_finishes_what_it_has_begun(
    steps: Steps, shop: Shop, platform: Plan
) -> None:
    customer_id = await steps.register_customer("Last Minute Ltd")
    lamp = await shop.sells("lamp", stock=1000)
    await steps.place_order(customer_id, [Wish(lamp, Decimal(1))])
    token = Issuer(platform.folder).token(("sales",), name="nora")

    async with Machine(platform).second("order") as second:
        # who gets an answer has placed an order, who gets none has not
        urls = {"order": second.url}
        async with Services(urls, lambda: token, patience_seconds=0.5) as late:
            body = {"customer_id": customer_id, "lines": [_line(lamp.item_id)], "channel": "shop"}
            asked = [asyncio.create_task(late.post("order", "/orders", body)) for _ in range(50)]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            second.ask_to_end()
            answers = await asyncio.gather(*asked, return_exceptions=True)
        status = await asyncio.to_thread(second.end)
    placed = [each.body["order_id"] for each in answers if not isinstance(each, BaseException)]
    told = [await steps.stream.until(OrderPlaced, order_id=order_id) for order_id in placed]

    assert status == 0
    assert placed
    assert len({each.subject for each in told}) == len(placed)
    orders = [each async for each in steps.people.sales.every("order", "/orders", customer_id=customer_id)]
    assert len(orders) == 1 + len(placed)


async def test_starting_twice_says_so_and_changes_nothing(terminal: Terminal, platform: Plan) -> None:
    before = {name: Machine(platform).process(name).pid for name in down.parts(platform.folder)}

    said = await asyncio.to_thread(terminal.run, "up")

    assert "Orderloop was already up." in said
    assert {name: Machine(platform).process(name).pid for name in down.parts(platform.folder)} == before


async def test_what_was_begun_before_a_stop_goes_on_after_the_start(terminal: Terminal, platform: Plan) -> None:
    async with at_work(platform) as steps:
        customer_id = await steps.register_customer("Overnight Ltd")
        warehouse_id = await steps.open_warehouse(f"N{ID[:4]}{customer_id[-6:]}", "Night")
        lamp = await Shop(steps, warehouse_id).sells("lamp", stock=10)
        opportunity_id = await steps.win(customer_id, "A lamp", [Wish(lamp, Decimal(1))])
        order_id = (await steps.order_of(opportunity_id)).subject
        shipment_id = (await steps.shipment_of(order_id)).subject
        before = of_loop(steps.stream.seen, opportunity_id)

    stopped = await asyncio.to_thread(terminal.run, "down")
    nothing_left = down.running(terminal.directory)
    again = await asyncio.to_thread(terminal.run, "down")
    started = await asyncio.to_thread(terminal.run, "up")

    assert ("everything stopped" in stopped, nothing_left, "Nothing is running." in again) == (True, [], True)
    assert "Orderloop is up." in started
    async with at_work(platform) as steps:
        await steps.settle(shipment_id)
        closed = await steps.stream.until(OrderClosed, order_id=order_id)
        after = of_loop(steps.stream.seen, opportunity_id)
        assert await _parked_nothing(Shop(steps, warehouse_id))
    assert closed.correlation == before[0].correlation
    assert gaps([*before, *after]) == []


def _filled(path: str) -> str:
    """The path with something in each of its places."""
    parts = [ID if part.startswith("{") else part for part in path.split("/")]
    return "/".join(parts)


async def _status(session: aiohttp.ClientSession, method: str, url: str) -> int:
    async with session.request(method, url) as answer:
        return answer.status


def _line(item_id: str) -> dict[str, object]:
    quantity, price = {"value": "1", "unit": "C62"}, {"amount": "1.00", "currency": "EUR"}
    return {"item_id": item_id, "quantity": quantity, "unit_price": price}


async def _parked_nothing(shop: Shop) -> bool:
    async def nothing() -> bool:
        return await shop.parked() == {}

    return await until_true(nothing, "no key is parked")
