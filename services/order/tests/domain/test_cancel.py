"""Cancelling: at once where nobody was asked, else by inventory's answer."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, ReleaseId, ShipmentId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    OrderAmendmentRejected,
    OrderCancellationRequested,
    OrderCancelled,
    OrderClosed,
    StockReleaseRequested,
)
from contracts.values import Money, Quantity
from order.domain.change import (
    ChangeUnderWay,
    NothingLeftToCancel,
)
from order.domain.line import LineProgress, State
from order.domain.order import Order
from order.domain.promise import OrderIsOver, Status

SHIPMENT, INVOICE = ShipmentId(new_id()), InvoiceId(new_id())
STATES: tuple[State, ...] = ("pending", "asked", "backordered", "reserved", "picking", "shipped", "cancelled")


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_line(number: int = 10, price: str = "10.00", tax: str = "0") -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="A-1",
        quantity=Quantity.pieces(number),
        unit_price=euros(price),
        tax_percent=Decimal(tax),
    )


def an_order(number: int = 10, price: str = "10.00", tax: str = "0") -> Order:
    """Placed; credit has not been checked."""
    return Order(
        number="SO-1",
        customer_id=CustomerId(new_id()),
        channel="phone",
        lines=[LineProgress.of(a_line(number, price, tax))],
        ordered_on=date(2026, 1, 5),
    )


def an_order_with(picking: int = 0, short: int = 0, shipped: int = 0) -> Order:
    """Confirmed: so much is in the warehouse's hands, so much waits for goods, so much has left."""
    order = an_order(picking + short + shipped)
    _ = order.approve_credit()
    if picking + shipped:
        _ = order.reserve(of(order, picking + shipped))
    if short:
        _ = order.backorder(of(order, short))
    if shipped:
        _ = order.ship(SHIPMENT, of(order, shipped))
    return order


def settle(order: Order) -> None:
    """What has left arrives, is invoiced and paid."""
    _ = order.deliver(SHIPMENT)
    _ = order.invoice(SHIPMENT, INVOICE)
    _ = order.pay(INVOICE)


def of(order: Order, number: int) -> list[LineQuantity]:
    return [order.lines[0].as_quantity(Decimal(number))]


def to(order: Order, number: int) -> dict[LineId, Decimal]:
    return {order.lines[0].line_id: Decimal(number)}


def inside(order: Order) -> dict[str, int]:
    line = order.lines[0]
    return {state: int(line.inside(state)) for state in STATES if line.inside(state)}


def kinds(events: tuple[object, ...]) -> list[type]:
    return [type(event) for event in events]


def the_release(order: Order) -> ReleaseId:
    assert order.release is not None
    return order.release.release_id


def test_an_order_that_inventory_never_heard_of_is_cancelled_at_once() -> None:
    order = an_order(10)

    events = order.cancel("changed my mind")

    assert events == (
        OrderCancelled(
            order_id=order.order_id,
            customer_id=order.customer_id,
            lines=tuple(of(order, 10)),
            total=euros("0.00"),
            cancelled=euros("100.00"),
            reason="changed my mind",
            complete=True,
        ),
    )
    assert (order.status, order.release) == (Status.CANCELLED, None)


def test_goods_that_inventory_knows_of_are_called_back_first() -> None:
    order = an_order_with(picking=6, short=4)

    events = order.cancel("changed my mind")

    release = the_release(order)
    assert events == (
        OrderCancellationRequested(
            order_id=order.order_id, customer_id=order.customer_id, release_id=release, reason="changed my mind"
        ),
        StockReleaseRequested(order_id=order.order_id, release_id=release, lines=tuple(of(order, 10))),
    )
    assert inside(order) == {"backordered": 4, "picking": 6}


def test_what_was_given_back_and_what_was_pending_is_cancelled_together() -> None:
    order = an_order_with(short=10)
    _ = order.apply_hold("manual", "wait")
    _ = order.amend(to(order, 13))
    _ = order.cancel("changed my mind")

    [cancelled] = order.released(the_release(order), of(order, 10))

    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.lines, cancelled.cancelled) == (tuple(of(order, 13)), euros("130.00"))
    assert cancelled.complete


def test_a_cancelled_part_is_worth_what_the_total_falls_by() -> None:
    order = an_order(2, price="0.13", tax="19")
    _ = order.approve_credit()
    _ = order.reserve(of(order, 2))
    _ = order.ship(SHIPMENT, of(order, 1))
    before = order.total
    _ = order.cancel("changed my mind")

    [cancelled] = order.released(the_release(order), of(order, 1))

    assert isinstance(cancelled, OrderCancelled)
    assert (before, cancelled.total, cancelled.cancelled) == (euros("0.31"), euros("0.15"), euros("0.16"))


def test_what_left_before_it_was_called_back_stays_ordered() -> None:
    order = an_order_with(picking=10)
    _ = order.cancel("changed my mind")
    _ = order.ship(SHIPMENT, of(order, 6))

    [cancelled] = order.released(the_release(order), of(order, 4))

    assert isinstance(cancelled, OrderCancelled)
    assert (cancelled.complete, cancelled.total, cancelled.cancelled) == (False, euros("60.00"), euros("40.00"))
    assert (inside(order), order.status) == ({"shipped": 6, "cancelled": 4}, Status.COMPLETED)


def test_a_cancellation_that_came_too_late_is_rejected() -> None:
    order = an_order_with(picking=10)
    _ = order.cancel("changed my mind")
    release = the_release(order)
    _ = order.ship(SHIPMENT, of(order, 10))

    assert order.released(release, []) == (
        OrderAmendmentRejected(
            order_id=order.order_id,
            customer_id=order.customer_id,
            release_id=release,
            reason="the goods had already left the house",
        ),
    )
    assert (inside(order), order.release) == ({"shipped": 10}, None)


def test_an_answer_counts_once() -> None:
    order = an_order_with(short=10)
    _ = order.cancel("changed my mind")
    release = the_release(order)
    _ = order.released(release, of(order, 10))

    assert order.released(release, of(order, 10)) == ()

    assert inside(order) == {"cancelled": 10}


def test_an_answer_to_another_question_changes_nothing() -> None:
    order = an_order_with(short=10)
    _ = order.cancel("changed my mind")

    assert order.released(ReleaseId(new_id()), of(order, 10)) == ()

    assert inside(order) == {"backordered": 10}
    assert order.release is not None


def test_goods_that_come_while_they_are_called_back_are_not_sent_on() -> None:
    order = an_order_with(short=10)
    _ = order.cancel("changed my mind")

    assert order.reserve(of(order, 10)) == ()

    assert kinds(order.released(the_release(order), of(order, 10))) == [OrderCancelled]


def test_cancelling_the_rest_of_a_settled_order_closes_it_even_when_it_is_held() -> None:
    order = an_order_with(short=4, shipped=6)
    settle(order)
    _ = order.apply_hold("manual", "wait")
    _ = order.cancel("no more")

    assert kinds(order.released(the_release(order), of(order, 4))) == [OrderCancelled, OrderClosed]


def test_cancelling_pending_goods_of_a_settled_order_closes_it_at_once() -> None:
    order = an_order_with(short=4, shipped=6)
    _ = order.apply_hold("manual", "wait")
    _ = order.amend(to(order, 6))
    _ = order.released(the_release(order), of(order, 4))
    _ = order.amend(to(order, 8))
    settle(order)

    assert kinds(order.cancel("no more")) == [OrderCancelled, OrderClosed]

    assert (inside(order), order.status) == ({"shipped": 6, "cancelled": 2}, Status.CLOSED)


def test_a_cancelled_order_is_not_cancelled_again() -> None:
    order = an_order()
    _ = order.cancel("no more")

    with pytest.raises(OrderIsOver):
        _ = order.cancel("no more")

    assert inside(order) == {"cancelled": 10}


def test_a_shipped_order_cannot_be_cancelled() -> None:
    order = an_order_with(shipped=10)

    with pytest.raises(NothingLeftToCancel):
        _ = order.cancel("no more")

    assert (inside(order), order.release) == ({"shipped": 10}, None)


def test_one_change_waits_for_the_one_before() -> None:
    order = an_order_with(short=10)
    _ = order.cancel("no more")
    release = order.release

    with pytest.raises(ChangeUnderWay):
        _ = order.cancel("really no more")
    with pytest.raises(ChangeUnderWay):
        _ = order.amend(to(order, 12))

    assert (inside(order), order.release) == ({"backordered": 10}, release)
