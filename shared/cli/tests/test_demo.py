"""The demonstration: names that do not repeat, words for events, true tables, totals that can disagree."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from rich.console import Console, RenderableType

import orderloop.demo.loops as loop_tables
from orderloop.demo import names as words
from orderloop.demo import thread, totals
from orderloop.demo.day import plan
from orderloop.demo.house import Customer, House
from orderloop.demo.names import Names
from orderloop.demo.onward import onward
from orderloop.demo.stories import Loop, Stories
from orderloop.demo.telling import money, told
from orderloop.demo.totals import Books, Total
from orderloop.driving.events import EventStream, Seen
from orderloop.driving.people import People
from orderloop.driving.steps import Goods, Steps
from orderloop.platform.plan import Plan

EUR = {"amount": "1234.5", "currency": "EUR"}


def a_seen(name: str, service: str, second: float, cause: str = "", /, **data: object) -> Seen:
    headers = {
        "ce_id": f"{name}-{second}",
        "ce_type": f"orderloop.{service}.{name}.v1",
        "ce_subject": str(uuid4()),
        "ce_sequence": "1",
        "ce_correlationid": "loop",
        "ce_causationid": cause,
        "ce_actor": "nora",
        "ce_time": f"2026-01-02T03:04:{second:09.6f}Z",
    }
    return Seen(headers, json.dumps(data).encode())


def a_thread() -> list[Seen]:
    opened = a_seen("OpportunityOpened", "sales", 1, name="Light for chess", amount=EUR)
    won = a_seen("OpportunityWon", "sales", 2, lines=[_line("2")], total=EUR)
    placed = a_seen("OrderPlaced", "order", 2.025, won.id, number="SO-1", lines=[_line("2")], total=EUR, order_id="o")
    requested = a_seen("StockRequested", "order", 2.5, placed.id, lines=[_line("2")])
    closed = a_seen("OrderClosed", "order", 3.5, "request", number="SO-1")
    return [opened, won, placed, requested, closed]


def a_stream() -> EventStream:
    stream = EventStream()
    for seen in a_thread():
        stream.take(seen)
    return stream


def a_loop() -> Loop:
    *_, placed, _, closed = a_thread()
    return Loop("in stock", Customer("c", "Hotel Seven Owls, Fogwick"), placed, closed)


def a_house() -> House:
    customers = [Customer(str(n), f"customer {n}") for n in range(12)]
    goods = [Goods(str(n), f"sku {n}", Decimal(9), Decimal(4)) for n in range(17)]
    return House(Names.new(1), customers[:9], customers[9:], goods[:9], goods[9:13], goods[13:16], goods[16])


def _line(quantity: str) -> dict[str, object]:
    return {"quantity": {"value": quantity, "unit": "C62"}}


def printed(what: RenderableType, width: int = 160) -> str:
    console = Console(width=width, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def test_each_run_has_names_of_its_own() -> None:
    one, other = Names.new(), Names.new()

    assert one.sku("OWL-EYE") != other.sku("OWL-EYE")
    assert len(set(one.customers(12))) == 12


def test_the_same_seed_tells_the_same_story() -> None:
    assert Names.new(7).customers(5) == Names.new(7).customers(5)


def test_every_thing_has_a_code_of_its_own() -> None:
    goods = [*words.IN_STOCK, *words.SHORT, *words.FLAWED, words.SERVICE]

    assert len({each[1] for each in goods}) == len(goods) == 17


def test_the_day_has_some_forty_loops_and_each_special_story() -> None:
    house = a_house()
    nobody = Steps(cast("People", None), EventStream())

    day = plan(house, Stories(nobody, house))

    assert (day.loops, len(day.stories)) == (41, 37)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("OrderPlaced", {"number": "SO-1", "lines": [_line("2")], "total": EUR}, "SO-1: 2 for 1,234.50 EUR"),
        ("StockReserved", {"lines": [_line("2"), _line("1.5")]}, "3.5 over 2 lines set aside"),
        (
            "StockBackordered",
            {"lines": [_line("2") | {"expected_on": "2026-01-09"}], "withdrawn": [_line("1")]},
            "2 short, 1 of them taken back, expected on 2026-01-09",
        ),
        (
            "PurchaseOrderAcknowledged",
            {"lines": [_line("5")], "expected_on": "2026-01-09", "lost": [_line("2")]},
            "the supplier promises 5 on 2026-01-09; 2 will not come",
        ),
        (
            "PromiseDateChanged",
            {"before": "2026-01-09", "after": None},
            "now promised for no day that we know, before 2026-01-09",
        ),
        ("OrderHoldApplied", {"kind": "credit", "reason": "too much"}, "credit hold: too much"),
        ("OrderClosed", {"number": "SO-1"}, "SO-1: nobody owes anybody anything"),
        (
            "CreditExposureChecked",
            {"reason": "prepaid", "exposure": EUR, "limit": None},
            "prepaid: would owe 1,234.50 EUR",
        ),
        (
            "OrderMarginComputed",
            {"margin": EUR, "margin_percent": "52.51", "revenue": EUR},
            "1,234.50 EUR, 52.5 % of 1,234.50 EUR",
        ),
        ("SomethingUnheardOf", {}, "something unheard of"),
    ],
)
def test_an_event_is_told_in_words(name: str, data: dict[str, object], words: str) -> None:
    assert told(name, data) == words


def test_money_below_zero_and_without_cents_is_told_right() -> None:
    assert money({"amount": "-1234567.5", "currency": "EUR"}) == "-1,234,567.50 EUR"
    assert money({"amount": "-0.50", "currency": "EUR"}) == "-0.50 EUR"
    assert money({"amount": "12", "currency": "EUR"}) == "12.00 EUR"


def test_the_thread_tells_who_did_it_or_what_caused_it_and_how_long_that_took() -> None:
    lines = printed(thread.table("The thread", a_thread(), a_thread(), 160)).splitlines()

    assert lines[2].split(maxsplit=5)[:5] == ["0.000", "s", "sales", "OpportunityOpened", "nora"]
    assert "OpportunityWon (sales)" in lines[4]
    assert "25 ms" in lines[4]
    assert "ms" not in lines[5], "the same service is no hop"


def test_the_thread_fits_a_narrow_terminal() -> None:
    lines = printed(thread.table("The thread", a_thread(), a_thread(), 80), 80).splitlines()

    assert "(OpportunityWon 25" in " ".join(lines)
    assert max(map(len, lines)) <= 80


def test_a_loop_is_shown_with_its_events_hops_and_end() -> None:
    row = printed(loop_tables.table([a_loop()], a_stream(), 160)).splitlines()[2]

    assert row.split() == [
        "SO-1", "Hotel", "Seven", "Owls,", "Fogwick", "in", "stock", "1,234.50", "EUR", "5", "1", "25", "25",
        "closed", "in", "2.50", "s",
    ]  # fmt: skip


def test_the_summary_counts_loops_and_hops() -> None:
    summary = loop_tables.summary([a_loop()], a_stream())

    assert summary.startswith("1 loops: 1 closed. 1 hops between services: half within 25 ms")


def test_a_total_agrees_only_when_all_say_the_same() -> None:
    assert Total("pieces", (("order", "5"), ("inventory", "5"))).agrees
    assert not Total("pieces", (("order", "5"), ("inventory", "5"), ("finance", "4"))).agrees


def some_books(**more: Any) -> Books:  # Any: whatever fields Books has
    order_line = {"ordered": "5", "cancelled": "1", "shipped": "4"}
    four = {"lines": [_line("4")]}
    books = Books(
        won=[{}],
        orders=[{"opportunity_id": "o", "lines": [order_line]}],
        shipments=[four | {"status": "delivered"}, {"lines": [_line("1")], "status": "cancelled"}],
        invoices=[four | {"gross": EUR}],
        payments=[{"amount": EUR, "allocations": [{"amount": EUR}]}],
        complaints=[],
        nonconformances=[],
        lots=[{"on_hand": {"value": "6"}}],
        movements=[{"quantity": {"value": "10"}}, {"quantity": {"value": "-4"}}],
        trial_balance={"accounts": [{"debit": "5", "credit": "0"}, {"debit": "0", "credit": "5"}]},
        stock_proof={"checked": 1, "places": []},
    )
    return replace(books, **more)


def test_the_totals_agree_when_the_services_do() -> None:
    assert [total.what for total in totals.compare(some_books()) if not total.agrees] == []


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ({"won": []}, "opportunities won"),
        ({"shipments": []}, "pieces shipped"),
        ({"payments": []}, "money of the day"),
        ({"complaints": [{}]}, "complaints"),
        ({"lots": []}, "pieces in stock"),
        ({"trial_balance": {"accounts": [{"debit": "5", "credit": "0"}]}}, "journal, all time"),
        ({"stock_proof": {"checked": 2, "places": [{}]}}, "stock proof, all time"),
    ],
)
def test_a_total_that_does_not_agree_is_seen(planted: dict[str, object], what: str) -> None:
    wrong = [total for total in totals.compare(some_books(**planted)) if not total.agrees]

    assert [total.what for total in wrong] == [what]
    assert "✗" in printed(totals.table(wrong))


def test_the_commands_for_what_is_next_name_this_platform(tmp_path: Path) -> None:
    here = Plan(str(tmp_path), "postgresql://", "127.0.0.1:1", True, True, base_port=9000)
    loop = a_loop()
    data = loop.placed.data | {"opportunity_id": "opp", "customer_id": "cus"}
    text = onward(here, replace(loop, placed=Seen(loop.placed.headers, json.dumps(data).encode())))

    assert f'token --role sales --directory {tmp_path})" http://127.0.0.1:9003/orders/o\n' in text
    assert "http://127.0.0.1:9002/opportunities/opp" in text
