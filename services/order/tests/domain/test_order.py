"""An order from placed to confirmed, with stock that comes, runs short, and is taken away again."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.ids import CustomerId, ItemId, LineId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import OrderConfirmed, PromiseDateChanged, ShipmentRequested, StockRequested
from contracts.values import Money, Quantity
from order.domain.line import LineProgress, NotThatMuch, State
from order.domain.order import Order
from order.domain.promise import LineNotFound, LinesInSeveralCurrencies, OrderHasNoLines, QuantityNotPositive, Status

TODAY = date(2026, 1, 5)
STATES: tuple[State, ...] = ("pending", "asked", "backordered", "reserved", "picking", "shipped", "cancelled")


def a_line(number: int = 10, price: str = "10.00", tax: str = "0", currency: str = "EUR") -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="A-1",
        quantity=Quantity.pieces(number),
        unit_price=Money(amount=Decimal(price), currency=currency),
        tax_percent=Decimal(tax),
    )


def an_order(*lines: OrderLine) -> Order:
    """An order of these lines; credit has not been checked."""
    return Order(
        number="SO-1",
        customer_id=CustomerId(new_id()),
        channel="phone",
        lines=[LineProgress.of(line) for line in lines],
        ordered_on=TODAY,
    )


def an_asked_order(*numbers: int) -> Order:
    """Credit is approved, inventory was asked for all of it."""
    order = an_order(*(a_line(number) for number in numbers or (10,)))
    _ = order.approve_credit()
    return order


def parts(order: Order, *numbers: int) -> list[LineQuantity]:
    """So many of the first line, of the second …; zeros are left out."""
    pairs = zip(order.lines, numbers, strict=True)
    return [line.as_quantity(Decimal(number)) for line, number in pairs if number]


def inside(order: Order, place: int = 0) -> dict[str, int]:
    """What of a line is in which state; empty states are left out."""
    line = order.lines[place]
    return {state: int(line.inside(state)) for state in STATES if line.inside(state)}


def kinds(events: tuple[object, ...]) -> list[type]:
    return [type(event) for event in events]


def test_the_total_is_gross_of_all_lines() -> None:
    order = an_order(a_line(2, "49.50", tax="19"), a_line(1, "1.00"))

    placed = order.place()

    assert placed.total == Money(amount=Decimal("118.81"), currency="EUR")
    assert placed.lines == tuple(line.line for line in order.lines)
    assert order.status is Status.PLACED


def test_the_tax_of_the_total_is_rounded_once_per_rate() -> None:
    order = an_order(a_line(1, "0.13", tax="19"), a_line(1, "0.13", tax="19"), a_line(1, "0.07", tax="7"))

    assert order.place().total == Money(amount=Decimal("0.38"), currency="EUR")


def test_an_order_needs_a_line() -> None:
    with pytest.raises(OrderHasNoLines):
        _ = an_order().place()


@pytest.mark.parametrize("number", [0, -1])
def test_a_line_promises_more_than_nothing(number: int) -> None:
    with pytest.raises(QuantityNotPositive):
        _ = an_order(a_line(1), a_line(number)).place()


def test_an_order_is_in_one_currency() -> None:
    with pytest.raises(LinesInSeveralCurrencies):
        _ = an_order(a_line(), a_line(currency="USD")).place()


def test_stock_is_asked_for_as_soon_as_credit_fits() -> None:
    order = an_order(a_line(10))

    events = order.approve_credit()

    assert events == (
        StockRequested(order_id=order.order_id, customer_id=order.customer_id, lines=tuple(parts(order, 10))),
    )
    assert inside(order) == {"asked": 10}


def test_stock_is_asked_for_once() -> None:
    assert an_asked_order().approve_credit() == ()


def test_an_order_is_confirmed_and_sent_on_when_all_is_reserved() -> None:
    order = an_asked_order(10)

    events = order.reserve(parts(order, 10))

    assert events == (
        OrderConfirmed(order_id=order.order_id, customer_id=order.customer_id, number="SO-1", total=order.total),
        ShipmentRequested(order_id=order.order_id, customer_id=order.customer_id, lines=tuple(parts(order, 10))),
    )
    assert (inside(order), order.status) == ({"picking": 10}, Status.IN_FULFILMENT)


def test_nothing_is_confirmed_while_a_part_is_unanswered() -> None:
    order = an_asked_order(10, 3)

    assert order.reserve(parts(order, 10, 1)) == ()

    assert (inside(order), inside(order, 1)) == ({"reserved": 10}, {"asked": 2, "reserved": 1})
    assert order.status is Status.PLACED


def test_what_is_there_leaves_and_the_confirmation_names_what_is_short() -> None:
    order = an_asked_order(10)
    _ = order.reserve(parts(order, 6))

    confirmed, requested = order.backorder(parts(order, 4))

    assert isinstance(confirmed, OrderConfirmed)
    assert confirmed.backordered == tuple(parts(order, 4))
    assert isinstance(requested, ShipmentRequested)
    assert requested.lines == tuple(parts(order, 6))
    assert inside(order) == {"backordered": 4, "picking": 6}


def test_an_order_of_which_nothing_is_there_is_confirmed_and_waits() -> None:
    order = an_asked_order(10)

    assert kinds(order.backorder(parts(order, 10))) == [OrderConfirmed]

    assert (inside(order), order.status) == ({"backordered": 10}, Status.CONFIRMED)


def test_back_ordered_goods_leave_when_they_come_and_the_order_is_confirmed_once() -> None:
    order = an_asked_order(10)
    _ = order.backorder(parts(order, 10))

    assert kinds(order.reserve(parts(order, 4))) == [ShipmentRequested]

    assert inside(order) == {"backordered": 6, "picking": 4}


def test_several_shortages_of_one_line_add_up() -> None:
    order = an_asked_order(10)

    _ = order.backorder([*parts(order, 4), *parts(order, 6)])

    assert inside(order) == {"backordered": 10}


def test_withdrawn_goods_wait_again() -> None:
    order = an_asked_order(10)
    _ = order.reserve(parts(order, 10))

    assert order.backorder([*parts(order, 1), *parts(order, 3)], withdrawn=parts(order, 4)) == ()

    assert inside(order) == {"backordered": 4, "picking": 6}


def test_what_is_not_yet_in_picking_is_withdrawn_first() -> None:
    order = an_asked_order(10)
    _ = order.backorder(parts(order, 4))
    _ = order.reserve(parts(order, 6))
    _ = order.apply_hold("manual", "wait")
    _ = order.reserve(parts(order, 4))

    _ = order.backorder(parts(order, 3), withdrawn=parts(order, 3))

    assert inside(order) == {"backordered": 3, "reserved": 1, "picking": 6}


def test_withdrawn_and_newly_short_goods_come_in_one_event() -> None:
    order = an_asked_order(10)
    _ = order.reserve(parts(order, 6))

    _ = order.backorder(parts(order, 7), withdrawn=parts(order, 3))

    assert inside(order) == {"backordered": 7, "picking": 3}


def test_goods_that_were_never_asked_for_are_refused() -> None:
    order = an_asked_order(10)

    with pytest.raises(NotThatMuch):
        _ = order.reserve(parts(order, 11))

    assert inside(order) == {"asked": 10}


def test_a_line_of_another_order_is_unknown() -> None:
    order = an_asked_order(10)

    with pytest.raises(LineNotFound):
        _ = order.reserve(parts(an_asked_order(10), 10))

    assert inside(order) == {"asked": 10}


def test_a_new_day_is_promised_once() -> None:
    order = an_asked_order(10)
    line_id = order.lines[0].line_id

    [first] = order.promise({line_id: date(2026, 2, 1)}, "StockBackordered")
    again = order.promise({line_id: date(2026, 2, 1)}, "StockBackordered")
    [lost] = order.promise({line_id: None}, "PurchaseOrderCancelled")

    assert first == PromiseDateChanged(
        order_id=order.order_id,
        customer_id=order.customer_id,
        line_id=line_id,
        before=None,
        after=date(2026, 2, 1),
        because="StockBackordered",
    )
    assert again == ()
    assert (lost.before, lost.after, order.lines[0].promised_on) == (date(2026, 2, 1), None, None)


def test_no_day_is_promised_for_a_line_of_which_nothing_is_to_come() -> None:
    order = an_order(a_line(10))
    _ = order.cancel("no more")

    assert order.promise({order.lines[0].line_id: date(2026, 2, 1)}, "PurchaseOrderDateChanged") == ()

    assert order.lines[0].promised_on is None
