"""Shipments of an order: dispatched, delivered, invoiced, paid, in whatever order this is heard of."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest

from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, OpportunityId, ShipmentId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import OrderClosed, OrderDelivered, OrderShipped
from contracts.values import Money, Quantity
from order.domain.delivery import Delivery, InvoiceNotHeardOf, ShipmentNotHeardOf, ShippedBeforePicking
from order.domain.line import LineProgress
from order.domain.order import Order
from order.domain.promise import Status

SHIPMENT, OTHER = ShipmentId(new_id()), ShipmentId(new_id())
INVOICE = InvoiceId(new_id())


def an_order_in_picking(number: int = 10) -> Order:
    line = OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="A-1",
        quantity=Quantity.pieces(number),
        unit_price=Money(amount=Decimal("10.00"), currency="EUR"),
    )
    order = Order(
        number="SO-1",
        customer_id=CustomerId(new_id()),
        channel="phone",
        lines=[LineProgress.of(line)],
        opportunity_id=OpportunityId(new_id()),
        ordered_on=date(2026, 1, 5),
    )
    _ = order.approve_credit()
    _ = order.reserve(of(order, number))
    return order


def of(order: Order, number: int) -> list[LineQuantity]:
    return [order.lines[0].as_quantity(Decimal(number))]


def test_a_shipment_in_part_leaves_the_order_open() -> None:
    order = an_order_in_picking(10)

    shipped = order.ship(SHIPMENT, of(order, 4))

    assert shipped == OrderShipped(
        order_id=order.order_id,
        customer_id=order.customer_id,
        shipment_id=SHIPMENT,
        lines=tuple(of(order, 4)),
        complete=False,
    )
    assert (order.lines[0].picking, order.lines[0].shipped, order.status) == (6, 4, Status.IN_FULFILMENT)


def test_the_last_shipment_completes_the_order() -> None:
    order = an_order_in_picking(10)
    _ = order.ship(SHIPMENT, of(order, 4))

    assert order.ship(OTHER, of(order, 6)).complete

    assert order.status is Status.COMPLETED


def test_more_than_is_in_picking_waits_for_the_event_that_explains_it() -> None:
    order = an_order_in_picking(10)

    with pytest.raises(ShippedBeforePicking):
        _ = order.ship(SHIPMENT, of(order, 11))

    assert (order.lines[0].picking, order.deliveries) == (10, [])


def test_a_delivery_is_complete_when_nothing_is_under_way_or_open() -> None:
    order = an_order_in_picking(10)
    _ = order.ship(SHIPMENT, of(order, 4))
    _ = order.ship(OTHER, of(order, 6))

    first, second = order.deliver(OTHER), order.deliver(SHIPMENT)

    assert first == (
        OrderDelivered(order_id=order.order_id, customer_id=order.customer_id, shipment_id=OTHER, complete=False),
    )
    assert second == (
        OrderDelivered(order_id=order.order_id, customer_id=order.customer_id, shipment_id=SHIPMENT, complete=True),
    )


def test_what_never_left_does_not_arrive() -> None:
    order = an_order_in_picking()

    with pytest.raises(ShipmentNotHeardOf):
        _ = order.deliver(SHIPMENT)

    assert order.deliveries == []


def test_an_invoice_alone_does_not_let_a_shipment_arrive() -> None:
    order = an_order_in_picking()
    _ = order.invoice(SHIPMENT, INVOICE)

    with pytest.raises(ShipmentNotHeardOf):
        _ = order.deliver(SHIPMENT)

    assert [vars(each) for each in order.deliveries] == [vars(Delivery(shipment_id=SHIPMENT, invoice_id=INVOICE))]


def test_an_unknown_invoice_is_not_paid() -> None:
    order = an_order_in_picking()
    _ = order.ship(SHIPMENT, of(order, 10))

    with pytest.raises(InvoiceNotHeardOf):
        _ = order.pay(INVOICE)

    assert [each.paid for each in order.deliveries] == [False]


IN_ANY_ORDER_THAT_CAN_BE = [
    names
    for names in permutations(("ship", "deliver", "invoice", "pay"))
    if names.index("ship") < names.index("deliver") and names.index("invoice") < names.index("pay")
]
"""Events of one shipment, and events of one invoice, are heard of in their order."""


@pytest.mark.parametrize("names", IN_ANY_ORDER_THAT_CAN_BE)
def test_an_order_closes_with_the_last_fact_whichever_it_is(names: tuple[str, ...]) -> None:
    order = an_order_in_picking(10)
    facts: dict[str, Callable[[], object]] = {
        "ship": lambda: order.ship(SHIPMENT, of(order, 10)),
        "deliver": lambda: order.deliver(SHIPMENT),
        "invoice": lambda: order.invoice(SHIPMENT, INVOICE),
        "pay": lambda: order.pay(INVOICE),
    }

    *before, last = [facts[name]() for name in names]

    assert not any(isinstance(each, tuple) and _closing(order) in each for each in before)
    assert isinstance(last, tuple)
    assert last[-1:] == (_closing(order),)
    assert order.status is Status.CLOSED


def _closing(order: Order) -> OrderClosed:
    return OrderClosed(
        order_id=order.order_id,
        customer_id=order.customer_id,
        number=order.number,
        opportunity_id=order.opportunity_id,
    )


def test_an_order_does_not_close_while_a_part_is_to_come() -> None:
    order = an_order_in_picking(10)
    _ = order.ship(SHIPMENT, of(order, 9))
    _ = order.deliver(SHIPMENT)
    _ = order.invoice(SHIPMENT, INVOICE)

    assert order.pay(INVOICE) == ()

    assert order.status is Status.IN_FULFILMENT


def test_an_order_does_not_close_while_another_shipment_is_unpaid() -> None:
    order = an_order_in_picking(10)
    for shipment in (SHIPMENT, OTHER):
        _ = order.ship(shipment, of(order, 5))
        _ = order.deliver(shipment)
    _ = order.invoice(OTHER, InvoiceId(new_id()))
    _ = order.invoice(SHIPMENT, INVOICE)

    assert order.pay(INVOICE) == ()

    assert order.status is Status.COMPLETED


def test_a_closed_order_does_not_close_again() -> None:
    order = an_order_in_picking(10)
    _ = order.ship(SHIPMENT, of(order, 10))
    _ = order.deliver(SHIPMENT)
    _ = order.invoice(SHIPMENT, INVOICE)
    _ = order.pay(INVOICE)

    assert order.pay(INVOICE) == ()
