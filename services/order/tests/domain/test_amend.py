"""Amending: more counts at once, less where nobody was asked, else by inventory's answer."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, ReleaseId, ShipmentId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    LineChange,
    OrderAmended,
    OrderAmendmentRejected,
    OrderAmendmentRequested,
    OrderClosed,
    ShipmentRequested,
    StockReleaseRequested,
    StockRequested,
)
from contracts.values import Money, Quantity
from order.domain.change import (
    BelowWhatIsShipped,
    NothingToAmend,
    NothingWouldRemain,
)
from order.domain.line import LineProgress, State
from order.domain.order import Order
from order.domain.promise import LineNotFound, LinesInSeveralCurrencies, OrderIsOver, QuantityNotPositive, Status

SHIPMENT, INVOICE = ShipmentId(new_id()), InvoiceId(new_id())
STATES: tuple[State, ...] = ("pending", "asked", "backordered", "reserved", "picking", "shipped", "cancelled")


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_line(number: int = 10, currency: str = "EUR") -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="A-1",
        quantity=Quantity.pieces(number),
        unit_price=Money(amount=Decimal("10.00"), currency=currency),
    )


def an_order(number: int = 10) -> Order:
    """Placed; credit has not been checked."""
    return Order(
        number="SO-1",
        customer_id=CustomerId(new_id()),
        channel="phone",
        lines=[LineProgress.of(a_line(number))],
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


def inside(order: Order, place: int = 0) -> dict[str, int]:
    line = order.lines[place]
    return {state: int(line.inside(state)) for state in STATES if line.inside(state)}


def kinds(events: tuple[object, ...]) -> list[type]:
    return [type(event) for event in events]


def the_release(order: Order) -> ReleaseId:
    assert order.release is not None
    return order.release.release_id


def test_more_counts_at_once_and_is_asked_of_inventory() -> None:
    order = an_order_with(picking=10)

    amended, requested = order.amend(to(order, 12))

    change = LineChange(line_id=order.lines[0].line_id, before=Quantity.pieces(10), after=Quantity.pieces(12))
    assert amended == OrderAmended(
        order_id=order.order_id,
        customer_id=order.customer_id,
        lines=(order.lines[0].line,),
        changes=(change,),
        total=euros("120.00"),
    )
    assert isinstance(requested, StockRequested)
    assert requested.lines == tuple(of(order, 2))
    assert inside(order) == {"asked": 2, "picking": 10}


def test_a_new_line_counts_from_nothing() -> None:
    order = an_order_with(picking=10)
    line = a_line(3)

    amended, requested = order.amend({}, [line])

    assert isinstance(amended, OrderAmended)
    assert amended.changes == (LineChange(line_id=line.line_id, before=Quantity.pieces(0), after=Quantity.pieces(3)),)
    assert amended.total == euros("130.00")
    assert isinstance(requested, StockRequested)
    assert inside(order, 1) == {"asked": 3}


def test_less_of_what_is_pending_counts_at_once() -> None:
    order = an_order(10)

    [amended] = order.amend(to(order, 4))

    assert isinstance(amended, OrderAmended)
    assert (amended.total, inside(order), order.release) == (euros("40.00"), {"pending": 4}, None)


def test_less_of_what_inventory_has_waits_for_its_answer() -> None:
    order = an_order_with(picking=6, short=4)

    events = order.amend(to(order, 3))

    release = the_release(order)
    assert events == (
        OrderAmendmentRequested(
            order_id=order.order_id, customer_id=order.customer_id, release_id=release, lines=tuple(of(order, 7))
        ),
        StockReleaseRequested(order_id=order.order_id, release_id=release, lines=tuple(of(order, 7))),
    )
    assert (inside(order), order.total) == ({"backordered": 4, "picking": 6}, euros("100.00"))


def test_the_order_shrinks_by_what_was_given_back() -> None:
    order = an_order_with(picking=6, short=4)
    _ = order.amend(to(order, 3))
    _ = order.ship(SHIPMENT, of(order, 5))

    [amended] = order.released(the_release(order), of(order, 5))

    assert isinstance(amended, OrderAmended)
    assert amended.changes == (
        LineChange(line_id=order.lines[0].line_id, before=Quantity.pieces(10), after=Quantity.pieces(5)),
    )
    assert (inside(order), order.total, order.status) == ({"shipped": 5}, euros("50.00"), Status.COMPLETED)


def test_an_amendment_that_came_too_late_is_rejected_and_forgets_nothing() -> None:
    order = an_order_with(short=4, shipped=6)
    _ = order.cancel("no more")
    _ = order.released(the_release(order), of(order, 4))
    _ = order.amend(to(order, 12))
    _ = order.reserve(of(order, 2))
    _ = order.amend(to(order, 10))
    _ = order.ship(ShipmentId(new_id()), of(order, 2))

    assert kinds(order.released(the_release(order), [])) == [OrderAmendmentRejected]

    assert (inside(order), order.lines[0].ordered) == ({"shipped": 8, "cancelled": 4}, Decimal(12))


def test_more_of_one_line_and_less_of_another_are_two_steps() -> None:
    order = an_order_with(short=10)
    _ = order.amend({}, [a_line(5)])
    _ = order.backorder([order.lines[1].as_quantity(Decimal(5))])

    events = order.amend({order.lines[0].line_id: Decimal(8), order.lines[1].line_id: Decimal(6)})

    assert kinds(events) == [OrderAmended, OrderAmendmentRequested, StockReleaseRequested]
    assert (inside(order), inside(order, 1)) == ({"backordered": 10}, {"pending": 1, "backordered": 5})
    assert kinds(order.released(the_release(order), of(order, 2))) == [OrderAmended, StockRequested]


def test_an_amendment_that_leaves_only_settled_goods_closes_the_order() -> None:
    order = an_order_with(short=4, shipped=6)
    settle(order)
    _ = order.amend(to(order, 6))

    assert kinds(order.released(the_release(order), of(order, 4))) == [OrderAmended, OrderClosed]


def test_what_was_reserved_meanwhile_is_sent_on_after_the_answer() -> None:
    order = an_order_with(short=10)
    _ = order.amend(to(order, 6))
    _ = order.reserve(of(order, 10))

    assert kinds(order.released(the_release(order), of(order, 4))) == [OrderAmended, ShipmentRequested]

    assert inside(order) == {"picking": 6}


def test_a_line_is_not_amended_below_what_has_left() -> None:
    order = an_order_with(picking=4, shipped=6)

    with pytest.raises(BelowWhatIsShipped):
        _ = order.amend(to(order, 5))

    assert (inside(order), order.lines[0].ordered) == ({"picking": 4, "shipped": 6}, Decimal(10))


@pytest.mark.parametrize("number", [0, -1])
def test_an_added_line_promises_more_than_nothing(number: int) -> None:
    order = an_order()

    with pytest.raises(QuantityNotPositive):
        _ = order.amend(to(order, 12), [a_line(number)])

    assert (inside(order), len(order.lines)) == ({"pending": 10}, 1)


def test_an_added_line_is_in_the_order_s_currency() -> None:
    order = an_order()

    with pytest.raises(LinesInSeveralCurrencies):
        _ = order.amend(to(order, 12), [a_line(currency="USD")])

    assert (inside(order), len(order.lines)) == ({"pending": 10}, 1)


def test_an_amendment_changes_something() -> None:
    order = an_order(10)

    with pytest.raises(NothingToAmend):
        _ = order.amend(to(order, 10))
    with pytest.raises(NothingToAmend):
        _ = order.amend({})

    assert inside(order) == {"pending": 10}


def test_an_order_is_not_amended_to_nothing() -> None:
    order = an_order(10)

    with pytest.raises(NothingWouldRemain):
        _ = order.amend(to(order, 0))

    assert inside(order) == {"pending": 10}


def test_a_line_may_be_amended_away_while_another_remains() -> None:
    order = an_order(10)
    _ = order.amend({}, [a_line(1)])

    _ = order.amend(to(order, 0))

    assert (inside(order), order.total, order.status) == ({}, euros("10.00"), Status.PLACED)


def test_an_unknown_line_is_not_amended() -> None:
    order = an_order(10)

    with pytest.raises(LineNotFound):
        _ = order.amend({LineId(new_id()): Decimal(3)})

    assert inside(order) == {"pending": 10}


def test_a_cancelled_order_is_not_amended() -> None:
    order = an_order(10)
    _ = order.cancel("no more")

    with pytest.raises(OrderIsOver):
        _ = order.amend(to(order, 12))

    assert inside(order) == {"cancelled": 10}
