"""Holds: what has to be settled before more of an order is confirmed or shipped."""

from datetime import date
from decimal import Decimal
from typing import Literal

import pytest

from contracts.ids import CustomerId, HoldId, ItemId, LineId, ShipmentId, new_id
from contracts.lines import OrderLine
from contracts.order import (
    OrderConfirmed,
    OrderHoldApplied,
    OrderHoldReleased,
    ShipmentRequested,
    StockRequested,
)
from contracts.values import Money, Quantity
from order.domain.hold import HoldAlreadyReleased, HoldIsAutomatic, HoldNotFound
from order.domain.line import LineProgress
from order.domain.order import Order
from order.domain.promise import OrderIsOver, Status


def an_order(number: int = 10) -> Order:
    line = OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="A-1",
        quantity=Quantity.pieces(number),
        unit_price=Money(amount=Decimal("10.00"), currency="EUR"),
    )
    return Order(
        number="SO-1",
        customer_id=CustomerId(new_id()),
        channel="phone",
        lines=[LineProgress.of(line)],
        ordered_on=date(2026, 1, 5),
    )


def kinds(events: tuple[object, ...]) -> list[type]:
    return [type(event) for event in events]


def test_an_order_over_the_limit_is_held_and_asks_for_nothing() -> None:
    order = an_order()

    [applied] = order.refuse_credit("too much")

    [hold] = order.standing_holds
    assert applied == OrderHoldApplied(
        order_id=order.order_id, customer_id=order.customer_id, hold_id=hold.hold_id, kind="credit", reason="too much"
    )
    assert order.lines[0].pending == 10


def test_credit_holds_an_order_once() -> None:
    order = an_order()
    _ = order.refuse_credit("too much")

    assert order.refuse_credit("still too much") == ()

    assert [hold.reason for hold in order.holds] == ["too much"]


def test_credit_that_fits_again_releases_the_credit_hold_and_asks_for_stock() -> None:
    order = an_order()
    _ = order.refuse_credit("too much")

    released, requested = order.approve_credit()

    assert released == OrderHoldReleased(
        order_id=order.order_id,
        customer_id=order.customer_id,
        hold_id=order.holds[0].hold_id,
        kind="credit",
        reason="credit fits again",
    )
    assert isinstance(requested, StockRequested)
    assert order.standing_holds == []


@pytest.mark.parametrize("kind", ["manual", "quality"])
def test_credit_does_not_release_other_holds(kind: Literal["manual", "quality"]) -> None:
    order = an_order()
    _ = order.apply_hold(kind, "wait")

    assert order.approve_credit() == ()

    assert (len(order.standing_holds), order.lines[0].pending) == (1, 10)


def test_a_held_order_is_neither_confirmed_nor_sent_on() -> None:
    order = an_order()
    _ = order.approve_credit()
    _ = order.apply_hold("quality", "check it")

    assert order.reserve([order.lines[0].as_quantity(Decimal(10))]) == ()

    assert (order.lines[0].reserved, order.status) == (Decimal(10), Status.PLACED)


def test_an_order_goes_on_when_the_last_hold_is_released() -> None:
    order = an_order()
    _ = order.approve_credit()
    first, last = order.apply_hold("quality", "check it"), order.apply_hold("manual", "ask me")
    _ = order.reserve([order.lines[0].as_quantity(Decimal(10))])

    assert kinds(order.release_hold(first.hold_id, "checked")) == [OrderHoldReleased]
    assert kinds(order.release_hold(last.hold_id, "asked")) == [OrderHoldReleased, OrderConfirmed, ShipmentRequested]

    assert [hold.released_because for hold in order.holds] == ["checked", "asked"]


def test_an_unknown_hold_cannot_be_released() -> None:
    order = an_order()
    _ = order.apply_hold("manual", "wait")

    with pytest.raises(HoldNotFound):
        _ = order.release_hold(HoldId(new_id()), "done")

    assert len(order.standing_holds) == 1


def test_a_credit_hold_cannot_be_released_by_hand() -> None:
    order = an_order()
    [applied] = order.refuse_credit("too much")

    with pytest.raises(HoldIsAutomatic):
        _ = order.release_hold(applied.hold_id, "I know them")

    assert len(order.standing_holds) == 1


def test_a_hold_is_released_once() -> None:
    order = an_order()
    applied = order.apply_hold("manual", "wait")
    _ = order.release_hold(applied.hold_id, "done")

    with pytest.raises(HoldAlreadyReleased):
        _ = order.release_hold(applied.hold_id, "done again")

    assert order.holds[0].released_because == "done"


def test_a_cancelled_order_is_not_held() -> None:
    order = an_order()
    _ = order.cancel("no more")

    with pytest.raises(OrderIsOver):
        _ = order.apply_hold("manual", "wait")

    assert order.holds == []


def test_what_is_not_open_needs_no_credit() -> None:
    order = an_order(1)
    _ = order.approve_credit()
    one = [order.lines[0].as_quantity(Decimal(1))]
    _ = order.reserve(one)
    _ = order.ship(ShipmentId(new_id()), one)

    assert order.refuse_credit("too much") == ()

    assert (order.holds, order.credit_approved) == ([], True)
