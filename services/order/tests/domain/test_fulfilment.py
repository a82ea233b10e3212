"""The fulfilment process: what an order waits for, since when and until when."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, ShipmentId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import FulfilmentStuck
from contracts.values import Money, Quantity
from order.domain.fulfilment import PATIENCE, Wait, Waiting, wait_of
from order.domain.line import LineProgress
from order.domain.order import Order

MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


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


def of(order: Order, number: int) -> list[LineQuantity]:
    return [order.lines[0].as_quantity(Decimal(number))]


def test_an_order_waits_for_one_thing_after_the_other() -> None:
    order, shipment, invoice = an_order(), ShipmentId(new_id()), InvoiceId(new_id())
    seen = [wait_of(order)]
    for step in (
        lambda: order.refuse_credit("too much"),
        lambda: order.approve_credit(),
        lambda: order.backorder(of(order, 10)),
        lambda: order.reserve(of(order, 10)),
        lambda: order.ship(shipment, of(order, 10)),
        lambda: order.deliver(shipment),
        lambda: order.invoice(shipment, invoice),
        lambda: order.pay(invoice),
    ):
        _ = step()
        seen.append(wait_of(order))

    assert seen == [
        Wait.CREDIT,
        Wait.HOLD,
        Wait.STOCK,
        Wait.GOODS,
        Wait.SHIPMENT,
        Wait.DELIVERY,
        Wait.INVOICE,
        Wait.PAYMENT,
        Wait.NOTHING,
    ]


def test_an_answer_to_a_change_is_waited_for_before_anything_else() -> None:
    order = an_order()
    _ = order.approve_credit()
    _ = order.cancel("no more")
    _ = order.apply_hold("manual", "wait")

    assert wait_of(order) is Wait.RELEASE


def test_a_cancelled_order_waits_for_nothing() -> None:
    order = an_order()
    _ = order.cancel("no more")

    assert wait_of(order) is Wait.NOTHING
    assert Waiting.begin(order, MONDAY) == Waiting(waiting_for=Wait.NOTHING, since=MONDAY, until=None)


def test_a_hold_does_not_hide_that_shipped_goods_are_not_paid() -> None:
    order, shipment = an_order(), ShipmentId(new_id())
    _ = order.approve_credit()
    _ = order.reserve(of(order, 10))
    _ = order.ship(shipment, of(order, 10))
    _ = order.deliver(shipment)
    _ = order.invoice(shipment, InvoiceId(new_id()))
    _ = order.apply_hold("manual", "wait")

    assert wait_of(order) is Wait.PAYMENT


def test_a_wait_ends_with_its_patience() -> None:
    waiting = Waiting.begin(an_order(), MONDAY)

    assert waiting == Waiting(waiting_for=Wait.CREDIT, since=MONDAY, until=MONDAY + timedelta(minutes=5))
    assert PATIENCE.keys() == set(Wait)


def test_a_change_that_does_not_end_the_wait_does_not_begin_it_anew() -> None:
    order = an_order()
    _ = order.approve_credit()
    _ = order.backorder(of(order, 10))
    waiting = Waiting.begin(order, MONDAY)

    _ = order.promise({order.lines[0].line_id: date(2026, 2, 1)}, "PurchaseOrderDateChanged")

    assert waiting.after(order, MONDAY + timedelta(days=1)) is waiting


def test_the_next_wait_begins_when_the_one_before_is_over() -> None:
    order = an_order()
    waiting = Waiting.begin(order, MONDAY)
    _ = order.refuse_credit("too much")
    tuesday = MONDAY + timedelta(days=1)

    assert waiting.after(order, tuesday) == Waiting(
        waiting_for=Wait.HOLD, since=tuesday, until=tuesday + timedelta(days=7)
    )


def test_a_stuck_order_names_what_it_waits_for() -> None:
    order = an_order()

    assert Waiting.begin(order, MONDAY).stuck(order) == FulfilmentStuck(
        order_id=order.order_id,
        customer_id=order.customer_id,
        waiting_for="credit_check",
        since=MONDAY,
        until=MONDAY + timedelta(minutes=5),
    )
