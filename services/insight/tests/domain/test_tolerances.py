"""What looks wrong and is right: each check knows what the business allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from contracts.event import Event
from contracts.ids import new_id
from contracts.inventory import Backorder, StockBackordered
from insight.domain.comparing import compare_order
from insight.domain.kinds import Kind
from insight.domain.order_story import Survivors
from insight.domain.statement import Statement

from ..a_loop import Loop, but, euros, without

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def kinds(it: Loop, events: Sequence[Event], survivors: Survivors | None = None) -> list[Kind]:
    said = [
        Statement(event, new_id(), place, NOW + timedelta(seconds=place), NOW)
        for place, event in enumerate(events, start=1)
    ]
    return [finding.kind for finding in compare_order(it.order_id, said, survivors or {}).findings]


def test_a_loop_is_right() -> None:
    it = Loop()

    assert kinds(it, it.events) == []


def test_what_has_left_meanwhile_is_not_given_back() -> None:
    it = Loop()
    asked, nothing = it.asks_back(5), but(it.gives_back(5), lines=())
    without_dispatch = [*it.until(it.packed), asked, nothing, it.amends(5)]

    assert kinds(it, [*it.until(it.invoice), asked, nothing, it.amends(5)]) == []
    assert kinds(it, without_dispatch) == [Kind.RELEASED_LESS_THAN_ASKED]


def test_what_was_withdrawn_before_it_was_planned_is_not_planned() -> None:
    it = Loop()
    withdrawn = StockBackordered(order_id=it.order_id, lines=(Backorder(**dict(it.of(5)[0])),), withdrawn=it.of(5))

    assert kinds(it, [*it.until(it.to_ship), withdrawn]) == []
    assert kinds(it, it.until(it.to_ship)) == [Kind.REQUESTED_NOT_PLANNED]


def test_what_was_withdrawn_is_reserved_once_more() -> None:
    it = Loop()
    withdrawn = StockBackordered(order_id=it.order_id, lines=(Backorder(**dict(it.of(5)[0])),), withdrawn=it.of(5))

    assert kinds(it, [*it.until(it.confirmed), withdrawn, it.reserved]) == []
    assert kinds(it, [*it.until(it.confirmed), it.reserved]) == [Kind.RESERVED_MORE_THAN_REQUESTED]


@pytest.mark.parametrize(("prepaid", "settled", "found"), [
    (True, "59.45", []), (True, "59.44", [Kind.PAID_NOT_SETTLED]), (False, "59.49", [Kind.PAID_NOT_SETTLED]),
])  # fmt: skip
def test_five_cents_of_a_prepaid_order_are_waived(prepaid: bool, settled: str, found: list[Kind]) -> None:
    it = Loop()
    events = [but(it.placed, prepaid=prepaid), *without(it.events, it.placed, it.allocated), it.allocates(settled)]

    assert kinds(it, events) == found


def test_a_credit_note_on_a_paid_invoice_leaves_it_paid() -> None:
    it = Loop()
    margin = but(it.margin, revenue=euros("50"))

    assert kinds(it, [*it.until(it.closed), it.credits("10"), margin]) == []


def test_an_order_that_was_cancelled_meanwhile_is_not_held() -> None:
    it = Loop()

    assert kinds(it, [it.placed, it.cancels(5), it.over_limit()]) == []


def test_the_survivor_of_a_merger_is_the_same_customer() -> None:
    it = Loop()
    survivor = Loop().customer_id
    events = [but(each, customer_id=survivor) if each is it.invoice else each for each in it.events]

    assert kinds(it, events, {it.customer_id: survivor}) == []
    assert kinds(it, events) == [Kind.CUSTOMER_DIFFERS]


def test_goods_for_nothing_are_paid_by_themselves() -> None:
    it = Loop()
    free = but(it.placed, lines=(it.placed.lines[0].model_copy(update={"unit_price": euros("0")}),))
    zero = it.asks(5, euros("0").amount)
    paid = but(it.paid, gross=euros("0"))
    ends = [it.arrived, it.delivered, it.closed, but(it.margin, revenue=euros("0"))]

    assert kinds(it, [free, *without(it.until(it.shipped), it.placed), zero, paid, *ends]) == []
