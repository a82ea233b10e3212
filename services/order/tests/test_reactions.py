"""What the order service does when it hears of something: once, however often it hears of it, in whatever order."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from contracts.customer import CustomerProfileChanged, CustomersMerged
from contracts.finance import CreditLimitCleared
from contracts.ids import CustomerId, InvoiceId, PurchaseOrderId, ReleaseId, ShipmentId, WarehouseId, new_id
from contracts.inventory import (
    Peg,
    PurchaseOrderAcknowledged,
    PurchaseOrderCancelled,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    StockBackordered,
    SupplyRepegged,
)
from contracts.order import (
    OrderClosed,
    OrderConfirmed,
    OrderDelivered,
    OrderHoldApplied,
    OrderHoldReleased,
    OrderPlaced,
    OrderShipped,
    PromiseDateChanged,
    ShipmentRequested,
    StockRequested,
)
from contracts.values import Quantity
from testkit import Parked, ServiceUnderTest

if TYPE_CHECKING:
    from conftest import Desk

FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)


def a_peg(desk: Desk, placed: OrderPlaced, number: int = 10) -> Peg:
    return Peg(order_id=placed.order_id, **desk.part(placed, number).model_dump())


def a_new_date(desk: Desk, placed: OrderPlaced, after: date) -> PurchaseOrderDateChanged:
    return PurchaseOrderDateChanged(
        purchase_order_id=desk.purchase, before=FEBRUARY, after=after, pegs=(a_peg(desk, placed),)
    )


def a_purchase(*pegs: Peg) -> PurchaseOrderPlaced:
    """Of what these order lines wait for; it is to come in March."""
    return PurchaseOrderPlaced(
        purchase_order_id=PurchaseOrderId(new_id()),
        number="PO-1",
        supplier="Acme",
        warehouse_id=WarehouseId(new_id()),
        lines=(),
        pegs=pegs,
        expected_on=MARCH,
    )


def a_supply_for(desk: Desk, placed: OrderPlaced, expected_on: date | None = MARCH, number: int = 10) -> SupplyRepegged:
    """Goods that were bought for stock are now for the first line of the order."""
    return SupplyRepegged(
        purchase_order_id=PurchaseOrderId(new_id()),
        item_id=desk.item_id,
        quantity=Quantity.pieces(number),
        from_order_id=None,
        to_order_id=placed.order_id,
        to_line_id=placed.lines[0].line_id,
        expected_on=expected_on,
    )


def from_it_to_stock(desk: Desk, placed: OrderPlaced) -> SupplyRepegged:
    return SupplyRepegged(
        purchase_order_id=PurchaseOrderId(new_id()),
        item_id=desk.item_id,
        quantity=Quantity.pieces(10),
        from_order_id=placed.order_id,
        from_line_id=placed.lines[0].line_id,
        to_order_id=None,
    )


async def test_stock_is_asked_for_when_credit_fits(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)

    events = await order_service.receives(desk.credit_fits(placed), times=5)

    assert events == [
        StockRequested(order_id=placed.order_id, customer_id=placed.customer_id, lines=(desk.part(placed, 10),))
    ]


async def test_an_order_over_the_limit_waits_for_credit(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    cleared = CreditLimitCleared(
        order_id=placed.order_id, customer_id=placed.customer_id, exposure=placed.total, limit=None, reason="cash came"
    )

    held = await order_service.receives(desk.credit_exceeded(placed), times=5)
    goes_on = await order_service.receives(cleared, times=5)

    [applied] = held
    assert isinstance(applied, OrderHoldApplied)
    assert (applied.kind, applied.reason) == ("credit", "exposure 100.00 EUR exceeds the limit of 1.00 EUR")
    assert [type(event) for event in goes_on] == [OrderHoldReleased, StockRequested]


async def test_a_reserved_order_is_confirmed_and_sent_on(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10, 3)
    _ = await order_service.receives(desk.credit_fits(placed))

    events = await order_service.receives(desk.reserved(placed, 10, 3), times=5)

    assert [type(event) for event in events] == [OrderConfirmed, ShipmentRequested]
    assert (await desk.inside(placed), await desk.inside(placed, 1)) == ({"picking": "10"}, {"picking": "3"})


async def test_a_shortage_is_promised_for_the_day_on_which_its_last_part_comes(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    parts = (desk.backorder(placed, 4, MARCH), desk.backorder(placed, 6, FEBRUARY, PurchaseOrderId(new_id())))
    _ = await order_service.receives(desk.credit_fits(placed))

    events = await order_service.receives(StockBackordered(order_id=placed.order_id, lines=parts), times=5)

    assert [type(event) for event in events] == [OrderConfirmed, PromiseDateChanged]
    assert isinstance(events[1], PromiseDateChanged)
    assert (events[1].before, events[1].after, events[1].because) == (None, MARCH, "StockBackordered")
    assert await desk.inside(placed) == {"backordered": "10"}


async def test_a_shortage_without_a_known_day_is_not_promised(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    parts = (desk.backorder(placed, 4, MARCH), desk.backorder(placed, 6))
    _ = await order_service.receives(desk.credit_fits(placed))

    events = await order_service.receives(StockBackordered(order_id=placed.order_id, lines=parts))

    assert [type(event) for event in events] == [OrderConfirmed]


async def test_goods_that_come_later_are_sent_on(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_that_waits(10)

    [requested] = await order_service.receives(desk.reserved(placed, 4), times=5)

    assert isinstance(requested, ShipmentRequested)
    assert requested.lines == (desk.part(placed, 4),)
    assert await desk.inside(placed) == {"backordered": "6", "picking": "4"}


async def test_withdrawn_goods_wait_again(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    withdrawn = StockBackordered(
        order_id=placed.order_id, lines=(desk.backorder(placed, 4, MARCH),), withdrawn=(desk.part(placed, 4),)
    )

    [promise] = await order_service.receives(withdrawn, times=5)

    assert isinstance(promise, PromiseDateChanged)
    assert await desk.inside(placed) == {"backordered": "4", "picking": "6"}


async def test_a_later_supply_is_a_later_promise(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY))

    [later] = await order_service.receives(a_new_date(desk, placed, MARCH), times=5)
    same = await order_service.receives(a_new_date(desk, placed, MARCH))

    assert isinstance(later, PromiseDateChanged)
    assert (later.before, later.after, later.because) == (FEBRUARY, MARCH, "PurchaseOrderDateChanged")
    assert same == []


async def test_a_lost_supply_takes_the_promise_away(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY))
    lost = PurchaseOrderCancelled(purchase_order_id=desk.purchase, reason="too late", pegs=(a_peg(desk, placed),))

    [promise] = await order_service.receives(lost, times=5)

    assert isinstance(promise, PromiseDateChanged)
    assert (promise.before, promise.after, promise.because) == (FEBRUARY, None, "PurchaseOrderCancelled")


async def test_the_latest_of_several_supplies_is_the_promise_whichever_is_told_last(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY))
    less = PurchaseOrderAcknowledged(
        purchase_order_id=desk.purchase, lines=(), expected_on=APRIL, lost=(a_peg(desk, placed, 4),)
    )
    later = a_new_date(desk, placed, APRIL).model_copy(update={"pegs": (a_peg(desk, placed, 6),)})

    told = await order_service.receives(less, later, a_purchase(a_peg(desk, placed, 4)), times=5)

    [promise] = told
    assert isinstance(promise, PromiseDateChanged)
    assert (promise.before, promise.after, promise.because) == (FEBRUARY, APRIL, "PurchaseOrderDateChanged")
    assert (await desk.read(placed))["lines"][0]["promised_on"] == "2026-04-01"


async def test_a_purchase_of_a_part_of_what_has_no_day_promises_nothing_until_the_rest_is_bought(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order_that_waits(10)

    part = await order_service.receives(a_purchase(a_peg(desk, placed, 4)))
    [promise] = await order_service.receives(a_purchase(a_peg(desk, placed, 6)), times=5)

    assert part == []
    assert isinstance(promise, PromiseDateChanged)
    assert (promise.before, promise.after) == (None, MARCH)


async def test_the_day_of_the_other_supply_stands_when_the_latest_is_for_somebody_else(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    parts = (desk.backorder(placed, 4, APRIL), desk.backorder(placed, 6, FEBRUARY, PurchaseOrderId(new_id())))
    _ = await order_service.receives(desk.credit_fits(placed), StockBackordered(order_id=placed.order_id, lines=parts))
    gone = from_it_to_stock(desk, placed).model_copy(
        update={"purchase_order_id": desk.purchase, "quantity": Quantity.pieces(4)}
    )

    instead = await order_service.receives(a_supply_for(desk, placed, MARCH, 4), gone)

    assert [each.after for each in instead if isinstance(each, PromiseDateChanged)] == [MARCH]


async def test_a_supply_for_goods_that_have_come_changes_nothing(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(
        desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY), desk.reserved(placed, 10)
    )
    before = await desk.read(placed)

    assert await order_service.receives(a_new_date(desk, placed, MARCH), a_purchase(a_peg(desk, placed))) == []

    assert await desk.read(placed) == before


async def test_a_purchase_gives_the_lines_that_wait_for_it_their_day(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    first, second = await desk.an_order(10, 3), await desk.an_order_that_waits()
    line = first.lines[1]
    other = Peg(order_id=first.order_id, line_id=line.line_id, item_id=line.item_id, quantity=line.quantity)

    events = await order_service.receives(a_purchase(a_peg(desk, first), a_peg(desk, second), other), times=5)

    told = [event for event in events if isinstance(event, PromiseDateChanged)]
    assert {(each.line_id, each.before, each.after, each.because) for each in told} == {
        (line.line_id, None, MARCH, "PurchaseOrderPlaced") for line in (*first.lines, *second.lines)
    }
    assert len(events) == 3
    assert [line["promised_on"] for line in (await desk.read(first))["lines"]] == ["2026-03-01", "2026-03-01"]
    assert (await desk.read(first))["version"] == 2


async def test_a_supply_that_is_now_for_a_line_gives_it_its_day(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_that_waits()

    [promise] = await order_service.receives(a_supply_for(desk, placed), times=5)

    assert isinstance(promise, PromiseDateChanged)
    assert (promise.line_id, promise.before, promise.after) == (placed.lines[0].line_id, None, MARCH)
    assert promise.because == "SupplyRepegged"


async def test_a_supply_that_goes_elsewhere_or_comes_nobody_knows_when_changes_no_promise(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY))
    before = await desk.read(placed)

    events = await order_service.receives(from_it_to_stock(desk, placed), a_supply_for(desk, placed, None))

    assert events == []
    assert await desk.read(placed) == before


async def test_a_supplier_that_promises_too_little_takes_the_promise_away(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY))
    acknowledged = PurchaseOrderAcknowledged(
        purchase_order_id=desk.purchase, lines=(), expected_on=FEBRUARY, lost=(a_peg(desk, placed),)
    )

    [promise] = await order_service.receives(acknowledged, times=5)

    assert isinstance(promise, PromiseDateChanged)
    assert (promise.before, promise.after, promise.because) == (FEBRUARY, None, "PurchaseOrderAcknowledged")


async def test_a_supplier_that_promises_all_takes_nothing_away(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order(10)
    _ = await order_service.receives(desk.credit_fits(placed), desk.short(placed, 10, FEBRUARY))
    acknowledged = PurchaseOrderAcknowledged(
        purchase_order_id=PurchaseOrderId(new_id()), lines=(), expected_on=FEBRUARY
    )

    assert await order_service.receives(acknowledged) == []

    assert (await desk.read(placed))["lines"][0]["promised_on"] == "2026-02-01"


async def test_supplies_for_what_has_left_or_is_cancelled_change_nothing(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    shipped, cancelled = await desk.an_order_in_picking(10), await desk.an_order(10)
    _ = await order_service.receives(desk.dispatched(shipped, ShipmentId(new_id()), 10))
    _ = await order_service.post(f"/orders/{cancelled.order_id}/cancel", {"reason": "no more"})
    before = [await desk.read(shipped), await desk.read(cancelled)]

    for placed in (shipped, cancelled):
        events = await order_service.receives(
            a_purchase(a_peg(desk, placed)), a_supply_for(desk, placed), a_new_date(desk, placed, FEBRUARY)
        )
        assert events == []

    assert [await desk.read(shipped), await desk.read(cancelled)] == before


async def test_one_purchase_for_two_orders_changes_both_promises(order_service: ServiceUnderTest, desk: Desk) -> None:
    first, second = await desk.an_order_that_waits(), await desk.an_order_that_waits()
    changed = a_new_date(desk, first, MARCH)
    both = changed.model_copy(update={"pegs": (*changed.pegs, a_peg(desk, second))})

    events = await order_service.receives(both)

    assert [event.subject for event in events] == [first.order_id, second.order_id]


async def test_an_order_runs_from_dispatch_to_closed(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)
    shipment, invoice = ShipmentId(new_id()), InvoiceId(new_id())
    states: list[str] = []

    for event, told in (
        (desk.dispatched(placed, shipment, 10), [OrderShipped]),
        (desk.invoiced(placed, shipment, invoice), []),
        (desk.delivered(placed, shipment), [OrderDelivered]),
        (desk.paid(placed, invoice), [OrderClosed]),
    ):
        assert [type(each) for each in await order_service.receives(event, times=5)] == told
        states.append((await desk.read(placed))["status"])

    assert states == ["completed", "completed", "completed", "closed"]


async def test_an_invoice_and_its_payment_may_be_heard_of_before_the_dispatch(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order_in_picking(10)
    shipment, invoice = ShipmentId(new_id()), InvoiceId(new_id())

    early = await order_service.receives(desk.invoiced(placed, shipment, invoice), desk.paid(placed, invoice))
    late = await order_service.receives(desk.dispatched(placed, shipment, 10), desk.delivered(placed, shipment))

    assert early == []
    assert [type(event) for event in late] == [OrderShipped, OrderDelivered, OrderClosed]
    [delivery] = (await desk.read(placed))["deliveries"]
    assert (delivery["delivered"], delivery["invoice_id"], delivery["paid"]) == (True, str(invoice), True)


async def test_a_payment_of_an_unknown_invoice_waits(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)

    with pytest.raises(Parked, match="InvoiceNotHeardOf") as parked:
        _ = await order_service.receives(desk.paid(placed, InvoiceId(new_id())))

    assert parked.value.kind == "waiting"
    assert (await desk.read(placed))["deliveries"] == []


async def test_a_delivery_of_an_unknown_shipment_waits(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_in_picking(10)

    with pytest.raises(Parked, match="ShipmentNotHeardOf") as parked:
        _ = await order_service.receives(desk.delivered(placed, ShipmentId(new_id())))

    assert parked.value.kind == "waiting"
    assert (await desk.read(placed))["deliveries"] == []


async def test_a_dispatch_of_goods_that_were_withdrawn_waits_until_they_are_reserved_again(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    placed = await desk.an_order_in_picking(10)
    withdrawn = StockBackordered(
        order_id=placed.order_id, lines=(desk.backorder(placed, 4),), withdrawn=(desk.part(placed, 4),)
    )
    _ = await order_service.receives(withdrawn)
    with pytest.raises(Parked, match="ShippedBeforePicking"):
        _ = await order_service.receives(desk.dispatched(placed, ShipmentId(new_id()), 10))

    _ = await order_service.receives(desk.reserved(placed, 4))
    while await desk.inside(placed) == {"picking": "10"}:
        _ = await order_service.running.consumer.retry_parked()

    assert await desk.inside(placed) == {"shipped": "10"}


async def test_an_answer_that_nobody_waits_for_changes_nothing(order_service: ServiceUnderTest, desk: Desk) -> None:
    placed = await desk.an_order_that_waits(10)

    assert await order_service.receives(desk.given_back(placed, ReleaseId(new_id()), 10)) == []

    assert await desk.inside(placed) == {"backordered": "10"}


async def test_merged_customers_orders_move_to_the_survivor(order_service: ServiceUnderTest, desk: Desk) -> None:
    survivor = await desk.a_customer()
    own = await desk.an_order(customer_id=survivor, customer_reference="PO-1")
    placed = await desk.an_order(customer_reference="PO-1")

    told = await order_service.receives(CustomersMerged(customer_id=desk.customer_id, survivor_id=survivor), times=5)

    read = await desk.read(placed)
    assert told == []
    assert (read["customer_id"], read["customer_reference"], read["version"]) == (str(survivor), "PO-1", 2)
    assert (await desk.read(own))["version"] == 1
    [requested] = await order_service.receives(desk.credit_fits(placed))
    assert isinstance(requested, StockRequested)
    assert requested.customer_id == survivor


async def test_mergers_that_are_heard_of_in_the_wrong_order_end_with_the_last_survivor(
    order_service: ServiceUnderTest, desk: Desk
) -> None:
    first, second, last = desk.customer_id, await desk.a_customer(), await desk.a_customer()
    placed = await desk.an_order()

    _ = await order_service.receives(CustomersMerged(customer_id=second, survivor_id=last))
    _ = await order_service.receives(CustomersMerged(customer_id=first, survivor_id=second))

    assert (await desk.read(placed))["customer_id"] == str(last)
    assert (await desk.an_order()).customer_id == last


async def test_a_chain_of_mergers_ends_with_the_last_survivor(order_service: ServiceUnderTest, desk: Desk) -> None:
    first, second, last = desk.customer_id, await desk.a_customer(), await desk.a_customer()
    placed = await desk.an_order()

    _ = await order_service.receives(CustomersMerged(customer_id=first, survivor_id=second))
    _ = await order_service.receives(CustomersMerged(customer_id=second, survivor_id=last))

    assert (await desk.read(placed))["customer_id"] == str(last)
    assert (await desk.an_order()).customer_id == last


async def test_a_customer_that_changed_its_name_is_still_known(order_service: ServiceUnderTest, desk: Desk) -> None:
    customer_id = CustomerId(new_id())
    changed = CustomerProfileChanged(
        customer_id=customer_id, kind="organisation", name="Acme & Sons", country="DE", currency="EUR"
    )

    _ = await order_service.receives(changed, times=5)

    assert (await desk.an_order(customer_id=customer_id)).customer_id == customer_id
