"""What is wrong with a set of events is found: a hole, a repeat, an orphan, a stray."""

from __future__ import annotations

import json

from orderloop.driving.events import Seen
from orderloop.driving.proofs import gaps, names, of_loop, once, roots, traces


def a_seen(id: str, *, sequence: int = 1, subject: str = "o1", cause: str = "request", **data: str) -> Seen:
    headers = {
        "ce_id": id,
        "ce_type": f"orderloop.order.{id.title()}.v1",
        "ce_subject": subject,
        "ce_sequence": str(sequence),
        "ce_causationid": cause,
        "ce_time": f"2026-11-22T06:00:0{sequence}Z",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-00",
    }
    return Seen(headers, json.dumps(data).encode())


def test_a_number_that_is_missing_or_came_twice_is_a_gap() -> None:
    whole = [a_seen("a", sequence=3), a_seen("b", sequence=4), a_seen("c", subject="o2")]

    assert gaps(whole) == []
    assert gaps([*whole, a_seen("d", sequence=6)]) == ["order o1: [3, 4, 6]"]
    assert gaps([*whole, a_seen("d", sequence=4)]) == ["order o1: [3, 4, 4]"]


def test_an_event_that_was_sent_again_counts_once() -> None:
    first = a_seen("a")

    assert once([first, a_seen("a"), a_seen("b")]) == [a_seen("a"), a_seen("b")]
    assert gaps([first, a_seen("a")]) == []


def test_a_root_has_no_event_as_its_cause() -> None:
    placed, shipped, elsewhere = a_seen("a"), a_seen("b", cause="a"), a_seen("c", cause="x")

    assert names(roots([placed, shipped, elsewhere], [placed, shipped, elsewhere])) == ["A", "C"]
    assert names(roots([placed, elsewhere], [placed, elsewhere, a_seen("x")])) == ["A"]


def test_a_loop_is_found_by_what_its_events_name() -> None:
    won = a_seen("a", sequence=1, opportunity_id="opp", order_id="o1")
    paid = a_seen("b", sequence=3, payment_id="p1", invoice_id="i1")
    billed = a_seen("c", sequence=2, invoice_id="i1", order_id="o1")
    stray = a_seen("d", sequence=2, order_id="o2", customer_id="opp")

    assert names(of_loop([paid, stray, billed, won], "opp")) == ["A", "C", "B"]


def test_events_without_a_trace_are_seen() -> None:
    untraced = Seen({"ce_id": "x"}, b"{}")

    assert traces([a_seen("a"), untraced]) == {"a" * 32, ""}
