"""Supplies of a line: what each event about a purchase makes of them, in whatever order it is heard of."""

from datetime import date
from decimal import Decimal

from contracts.ids import ItemId, LineId, OrderId, PurchaseOrderId, new_id
from contracts.inventory import Backorder, Peg, PurchaseOrderAcknowledged, PurchaseOrderCancelled, SupplyRepegged
from contracts.values import Quantity
from order.domain.supply import Supply, after, with_shortage

FEBRUARY, MARCH = date(2026, 2, 1), date(2026, 3, 1)
ORDER, LINE, ITEM, PURCHASE = OrderId(new_id()), LineId(new_id()), ItemId(new_id()), PurchaseOrderId(new_id())


def a_supply(number: int, expected_on: date = MARCH, *, assumed: bool = False) -> dict[PurchaseOrderId, Supply]:
    return {PURCHASE: Supply(expected_on=expected_on, quantity=Decimal(number), assumed=assumed)}


def a_shortage(number: int, expected_on: date) -> Backorder:
    return Backorder(
        line_id=LINE,
        item_id=ITEM,
        quantity=Quantity.pieces(number),
        expected_on=expected_on,
        purchase_order_id=PURCHASE,
    )


def a_move(number: int, *, from_: LineId | None = None, to: LineId | None = None) -> SupplyRepegged:
    return SupplyRepegged(
        purchase_order_id=PURCHASE,
        item_id=ITEM,
        quantity=Quantity.pieces(number),
        from_order_id=ORDER if from_ else None,
        from_line_id=from_,
        to_order_id=ORDER if to else None,
        to_line_id=to,
        expected_on=MARCH if to else None,
    )


def test_a_shortage_does_not_overwrite_what_its_purchase_has_told() -> None:
    assert with_shortage(a_supply(4, MARCH), [a_shortage(4, FEBRUARY)]) == a_supply(4, MARCH)
    assert with_shortage({}, [a_shortage(4, FEBRUARY)]) == a_supply(4, FEBRUARY, assumed=True)


def test_a_supply_that_the_shortage_has_told_of_is_not_counted_twice() -> None:
    assert after(a_move(4, to=LINE), LINE, a_supply(4, FEBRUARY, assumed=True)) == a_supply(4)
    assert after(a_move(4, to=LINE), LINE, a_supply(6)) == a_supply(10)


def test_a_supply_that_moves_between_lines_counts_for_the_one_that_gets_it() -> None:
    other = LineId(new_id())

    assert after(a_move(4, from_=LINE, to=other), LINE, a_supply(10)) == a_supply(6)
    assert after(a_move(4, from_=LINE, to=other), other, {}) == a_supply(4)
    assert after(a_move(10, from_=LINE), LINE, a_supply(10)) == {}


def test_what_is_lost_is_taken_off_and_a_cancelled_purchase_altogether() -> None:
    pegs = (Peg(order_id=ORDER, line_id=LINE, item_id=ITEM, quantity=Quantity.pieces(4)),)
    lost = PurchaseOrderAcknowledged(purchase_order_id=PURCHASE, lines=(), expected_on=MARCH, lost=pegs)
    cancelled = PurchaseOrderCancelled(purchase_order_id=PURCHASE, reason="", pegs=pegs)

    assert after(lost, LINE, a_supply(10)) == a_supply(6)
    assert after(lost, LINE, a_supply(4)) == {}
    assert after(cancelled, LINE, a_supply(10)) == {}
    assert after(cancelled, LINE, {}) == {}
