"""Finance's copy of an order: what of it is open, what it charges, what it brought."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.finance import OrderMarginComputed
from contracts.ids import CustomerId, ItemId, LineId, OpportunityId, OrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import ShipmentDispatched
from contracts.lines import LineQuantity, OrderLine, ShippedLine
from contracts.order import LineChange, OrderAmended, OrderPlaced
from contracts.values import Money, Quantity, UnlikeUnits
from finance.domain.margin import CostInAnotherCurrency
from finance.domain.open_order import (
    AmendedBelowInvoiced,
    CancelledMoreThanOpen,
    OpenOrder,
    OrderLineUnknown,
    OrderStatus,
    ShippedMoreThanOrdered,
)


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_line(quantity: int = 10, price: str = "10.00", tax: str = "19") -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="CHAIR-1",
        quantity=Quantity.pieces(quantity),
        unit_price=euros(price),
        tax_percent=Decimal(tax),
    )


def an_order(*lines: OrderLine, prepaid: bool = False, opportunity_id: OpportunityId | None = None) -> OpenOrder:
    lines = lines or (a_line(),)
    return OpenOrder.of(
        OrderPlaced(
            order_id=OrderId(new_id()),
            customer_id=CustomerId(new_id()),
            number="SO-1",
            channel="shop",
            lines=lines,
            total=Money.total((line.gross for line in lines), "EUR"),
            prepaid=prepaid,
            opportunity_id=opportunity_id,
            ordered_on=date(2026, 3, 1),
        )
    )


def some_of(order: OpenOrder, quantity: int, line: int = 0) -> LineQuantity:
    its = order.lines[line]
    return LineQuantity(line_id=its.line_id, item_id=its.item_id, quantity=Quantity.pieces(quantity))


def a_dispatch(order: OpenOrder, *quantities: LineQuantity, cost: str = "4.00", currency: str = "EUR"):
    """Each line has cost `cost` in all."""
    price = Money(amount=Decimal(cost), currency=currency)
    lines = tuple(ShippedLine(**dict(each), cost=price) for each in quantities)
    return ShipmentDispatched(
        shipment_id=ShipmentId(new_id()),
        order_id=order.order_id,
        customer_id=order.customer_id,
        warehouse_id=WarehouseId(new_id()),
        lines=lines,
    )


def an_amendment(order: OpenOrder, lines: tuple[OrderLine, ...], *changes: LineChange) -> OrderAmended:
    return OrderAmended(
        order_id=order.order_id, customer_id=order.customer_id, lines=lines, changes=changes, total=euros("0")
    )


def a_change(line_id: LineId, before: int, after: int) -> LineChange:
    return LineChange(line_id=line_id, before=Quantity.pieces(before), after=Quantity.pieces(after))


def test_a_placed_order_is_open_in_full() -> None:
    order = an_order(a_line(10, "10.00"), a_line(1, "5.00", tax="0"))

    assert (order.open_gross, order.exposure) == (euros("124.00"), euros("124.00"))
    assert (order.status, order.is_invoiced) == (OrderStatus.OPEN, False)


def test_the_tax_of_what_is_open_is_rounded_as_an_invoice_would() -> None:
    order = an_order(a_line(1, "0.98"), a_line(1, "0.98"), a_line(1, "0.98"))

    assert order.open_gross == euros("3.50")


def test_a_prepaid_order_takes_no_credit() -> None:
    order = an_order(prepaid=True)

    assert (order.exposure, order.open_gross) == (euros("0"), euros("119.00"))


def test_a_shipment_is_charged_exactly_at_the_prices_of_the_order() -> None:
    order = an_order(a_line(10, "10.00"), a_line(4, "2.50", tax="7"))

    lines = order.invoice(a_dispatch(order, some_of(order, 3), some_of(order, 4, line=1)))

    assert [(each.quantity, each.net, each.tax) for each in lines] == [
        (Quantity.pieces(3), euros("30.00"), euros("5.70")),
        (Quantity.pieces(4), euros("10.00"), euros("0.70")),
    ]
    assert [line.open for line in order.lines] == [Quantity.pieces(7), Quantity.pieces(0)]
    assert order.exposure == euros("83.30")


def test_a_line_out_of_two_lots_is_charged_once() -> None:
    order = an_order()

    lines = order.invoice(a_dispatch(order, some_of(order, 3), some_of(order, 4)))

    assert [(each.quantity, each.net) for each in lines] == [(Quantity.pieces(7), euros("70.00"))]
    assert order.costs == (euros("8.00"),)


def test_a_line_without_a_description_is_charged_under_its_sku() -> None:
    order = an_order()

    assert order.invoice(a_dispatch(order, some_of(order, 1)))[0].description == "CHAIR-1"


def test_no_more_is_invoiced_than_was_ordered_less_what_was_cancelled() -> None:
    order = an_order(a_line(10))
    order.cancel([some_of(order, 4)])
    before = vars(order).copy()

    with pytest.raises(ShippedMoreThanOrdered, match="7 C62"):
        _ = order.invoice(a_dispatch(order, some_of(order, 7)))

    assert vars(order) == before


def test_a_shipment_of_an_unknown_line_waits_for_the_amendment() -> None:
    order = an_order()
    before = vars(order).copy()

    with pytest.raises(OrderLineUnknown, match="SO-1"):
        _ = order.invoice(a_dispatch(order, some_of(order, 1), some_of(an_order(), 1)))

    assert vars(order) == before


def test_pieces_are_not_invoiced_as_kilograms() -> None:
    order = an_order()
    before = vars(order).copy()
    kilograms = some_of(order, 1).model_copy(update={"quantity": Quantity(value=Decimal(1), unit="KGM")})

    with pytest.raises(UnlikeUnits):
        _ = order.invoice(a_dispatch(order, kilograms))

    assert vars(order) == before


def test_a_cancelled_quantity_is_no_longer_open() -> None:
    order = an_order(a_line(10))

    order.cancel([some_of(order, 4)])

    assert order.exposure == euros("71.40")


def test_what_is_invoiced_is_not_cancelled() -> None:
    order = an_order(a_line(10))
    _ = order.invoice(a_dispatch(order, some_of(order, 8)))
    before = vars(order).copy()

    with pytest.raises(CancelledMoreThanOpen, match="2 C62"):
        order.cancel([some_of(order, 3)])

    assert vars(order) == before


def test_nothing_is_left_to_invoice_when_the_rest_is_cancelled() -> None:
    order = an_order(a_line(10))
    _ = order.invoice(a_dispatch(order, some_of(order, 8)))

    order.cancel([some_of(order, 2)])

    assert (order.is_invoiced, order.exposure) == (True, euros("0"))


def test_an_amendment_changes_quantities_and_adds_lines() -> None:
    line, added = a_line(10, "10.00"), a_line(1, "100.00")
    order = an_order(line)
    smaller = line.model_copy(update={"quantity": Quantity.pieces(6)})

    order.amend(an_amendment(order, (smaller, added), a_change(line.line_id, 10, 6), a_change(added.line_id, 0, 1)))

    assert [each.open for each in order.lines] == [Quantity.pieces(6), Quantity.pieces(1)]
    assert order.exposure == euros("190.40")


def test_an_amendment_after_a_cancellation_counts_by_its_difference() -> None:
    line = a_line(10)
    order = an_order(line)
    order.cancel([some_of(order, 3)])

    order.amend(an_amendment(order, (line,), a_change(line.line_id, 7, 5)))

    assert order.lines[0].open == Quantity.pieces(5)


def test_an_amended_price_counts_for_what_is_not_invoiced() -> None:
    line = a_line(10, "10.00", tax="0")
    order = an_order(line)
    _ = order.invoice(a_dispatch(order, some_of(order, 4)))

    order.amend(an_amendment(order, (line.model_copy(update={"unit_price": euros("9.00")}),)))

    assert (order.revenue, order.exposure) == (euros("40.00"), euros("54.00"))


def test_a_line_is_not_amended_below_what_is_invoiced() -> None:
    line, other = a_line(10), a_line(2)
    order = an_order(line, other)
    _ = order.invoice(a_dispatch(order, some_of(order, 8)))
    before = vars(order).copy()
    changes = (a_change(other.line_id, 2, 1), a_change(line.line_id, 10, 7))

    with pytest.raises(AmendedBelowInvoiced, match="8 C62"):
        order.amend(an_amendment(order, (line, other), *changes))

    assert vars(order) == before


def test_the_margin_is_revenue_less_cost() -> None:
    opportunity_id = OpportunityId(new_id())
    order = an_order(a_line(3, "10.00"), opportunity_id=opportunity_id)
    _ = order.invoice(a_dispatch(order, some_of(order, 1), cost="6.50"))
    _ = order.invoice(a_dispatch(order, some_of(order, 2), cost="13.50"))

    margin = order.close()

    assert order.status is OrderStatus.CLOSED
    assert margin == OrderMarginComputed(
        order_id=order.order_id,
        customer_id=order.customer_id,
        opportunity_id=opportunity_id,
        revenue=euros("30.00"),
        cost=euros("20.00"),
        margin=euros("10.00"),
        margin_percent=Decimal("33.33"),
    )


def test_a_credit_note_takes_back_revenue() -> None:
    order = an_order(a_line(3, "10.00"))
    lines = order.invoice(a_dispatch(order, some_of(order, 3), cost="40.00"))

    assert order.credit([lines[0].model_copy(update={"net": euros("10.00")})]) is None

    margin = order.close()
    assert margin is not None
    assert (margin.revenue, margin.margin, margin.margin_percent) == (
        euros("20.00"),
        euros("-20.00"),
        Decimal("-100.00"),
    )


def test_a_credit_note_on_a_closed_order_computes_its_margin_again() -> None:
    order = an_order(a_line(3, "10.00"))
    lines = order.invoice(a_dispatch(order, some_of(order, 3), cost="12.00"))
    _ = order.close()

    margin = order.credit(lines)

    assert margin is not None
    assert (margin.revenue, margin.margin, margin.margin_percent) == (euros("0.00"), euros("-12.00"), None)


def test_an_order_is_closed_once() -> None:
    order = an_order()
    _ = order.close()
    before = vars(order).copy()

    assert order.close() is None
    assert vars(order) == before


def test_a_cost_in_another_currency_gives_no_margin() -> None:
    order = an_order()
    _ = order.invoice(a_dispatch(order, some_of(order, 1), currency="USD"))
    before = vars(order).copy()

    with pytest.raises(CostInAnotherCurrency, match=r"4\.00 USD"):
        _ = order.close()

    assert vars(order) == before


def test_a_cost_of_nothing_has_no_currency() -> None:
    order = an_order(a_line(1, "10.00"))
    _ = order.invoice(a_dispatch(order, some_of(order, 1), cost="0", currency="USD"))

    margin = order.close()

    assert margin is not None
    assert (margin.cost, margin.margin_percent) == (euros("0"), Decimal("100.00"))


steps = st.lists(st.tuples(st.sampled_from(["invoice", "cancel", "amend"]), st.integers(0, 7)), max_size=20)


@given(steps)
def test_invoiced_never_exceeds_ordered_less_cancelled(history: list[tuple[str, int]]) -> None:
    line = a_line(10, "0.37")
    order = an_order(line)

    for step, quantity in history:
        ordered = int(order.lines[0].ordered.value)
        try:
            if step == "invoice":
                _ = order.invoice(a_dispatch(order, some_of(order, quantity)))
            elif step == "cancel":
                order.cancel([some_of(order, quantity)])
            else:
                order.amend(an_amendment(order, (line,), a_change(line.line_id, ordered, quantity)))
        except (ShippedMoreThanOrdered, CancelledMoreThanOpen, AmendedBelowInvoiced):
            pass
        now = order.lines[0]
        assert now.invoiced <= now.ordered - now.cancelled
        assert not order.exposure.is_negative
