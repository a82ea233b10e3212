"""From an order line or a serial to the item and the lots that it came from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from contracts.errors import OrderloopError
from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import ShipmentDispatched
from contracts.lines import LotQuantity, ShippedLine
from contracts.values import Money, Quantity
from service.domain.shipped import ShippedUnit, shipped_units
from service.domain.tracing import (
    About,
    OrderLineOfAnotherCustomer,
    OrderLineOfAnotherItem,
    OrderLineOnAnotherOrder,
    SerialNotOnOrderLine,
    SerialNotUnique,
    traced,
)

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
ANNAS, BERTS = CustomerId(new_id()), CustomerId(new_id())
DRILL, SAW = ItemId(new_id()), ItemId(new_id())
ORDER, OTHER_ORDER = OrderId(new_id()), OrderId(new_id())
LINE, OTHER_LINE = LineId(new_id()), LineId(new_id())
LOT, OTHER_LOT = LotId(new_id()), LotId(new_id())


def a_unit(
    *,
    line_id: LineId = LINE,
    order_id: OrderId = ORDER,
    item_id: ItemId = DRILL,
    customer_id: CustomerId = ANNAS,
    lot_id: LotId | None = LOT,
    serials: tuple[str, ...] = (),
    shipped_at: datetime = NOW,
) -> ShippedUnit:
    return ShippedUnit(
        shipment_id=ShipmentId(new_id()),
        order_id=order_id,
        line_id=line_id,
        item_id=item_id,
        customer_id=customer_id,
        quantity=Quantity.pieces(max(len(serials), 1)),
        shipped_at=shipped_at,
        lot_id=lot_id,
        serials=serials,
    )


def a_dispatch(*lots: LotQuantity) -> ShipmentDispatched:
    return ShipmentDispatched(
        shipment_id=ShipmentId(new_id()),
        order_id=ORDER,
        customer_id=ANNAS,
        warehouse_id=WarehouseId(new_id()),
        lines=(
            ShippedLine(
                line_id=LINE,
                item_id=DRILL,
                quantity=Quantity.pieces(3),
                lots=lots,
                cost=Money(amount=Decimal(30), currency="EUR"),
            ),
        ),
    )


def test_a_dispatched_line_is_remembered_lot_by_lot_with_its_serials() -> None:
    dispatched = a_dispatch(
        LotQuantity(lot_id=LOT, lot_number="L-1", quantity=Quantity.pieces(2), serials=("S-1", "S-2")),
        LotQuantity(lot_id=OTHER_LOT, lot_number="L-2", quantity=Quantity.pieces(1)),
    )

    first, second = shipped_units(dispatched, shipped_at=NOW)

    assert first == ShippedUnit(
        shipment_id=dispatched.shipment_id,
        order_id=ORDER,
        line_id=LINE,
        item_id=DRILL,
        customer_id=ANNAS,
        quantity=Quantity.pieces(2),
        shipped_at=NOW,
        lot_id=LOT,
        lot_number="L-1",
        serials=("S-1", "S-2"),
    )
    assert second == replace(first, quantity=Quantity.pieces(1), lot_id=OTHER_LOT, lot_number="L-2", serials=())


def test_a_line_without_lots_is_remembered_all_the_same() -> None:
    [unit] = shipped_units(a_dispatch(), shipped_at=NOW)

    assert (unit.quantity, unit.lot_id, unit.serials) == (Quantity.pieces(3), None, ())


def test_an_order_line_leads_to_its_order_its_item_and_every_lot_once() -> None:
    shipped = [a_unit(), a_unit(lot_id=OTHER_LOT), a_unit(), a_unit(lot_id=None), a_unit(line_id=OTHER_LINE)]

    assert traced(About(line_id=LINE), ANNAS, shipped) == About(
        order_id=ORDER, line_id=LINE, item_id=DRILL, lot_ids=(LOT, OTHER_LOT)
    )


def test_a_serial_on_an_order_line_leads_to_its_own_lot_only() -> None:
    shipped = [a_unit(serials=("S-1",)), a_unit(lot_id=OTHER_LOT, serials=("S-2",))]

    assert traced(About(line_id=LINE, serial="S-2"), ANNAS, shipped).lot_ids == (OTHER_LOT,)


def test_a_serial_on_a_line_that_was_shipped_without_serials_is_taken_as_told() -> None:
    about = traced(About(line_id=LINE, serial="S-1"), ANNAS, [a_unit()])

    assert (about.serial, about.lot_ids) == ("S-1", (LOT,))


def test_a_serial_alone_leads_to_line_item_and_lot() -> None:
    shipped = [a_unit(serials=("S-1", "S-2")), a_unit(lot_id=OTHER_LOT, serials=("S-3",))]

    assert traced(About(serial="S-2"), ANNAS, shipped) == About(
        order_id=ORDER, line_id=LINE, item_id=DRILL, lot_ids=(LOT,), serial="S-2"
    )


def test_a_serial_that_the_customer_got_twice_means_the_last_time() -> None:
    shipped = [
        a_unit(serials=("S-1",), order_id=OTHER_ORDER, line_id=OTHER_LINE, shipped_at=NOW + timedelta(days=9)),
        a_unit(serials=("S-1",)),
    ]

    assert traced(About(serial="S-1"), ANNAS, shipped).order_id == OTHER_ORDER
    assert traced(About(serial="S-1", order_id=ORDER), ANNAS, shipped).line_id == LINE


def test_a_serial_sold_on_tells_item_and_lot_but_not_the_other_customers_order() -> None:
    about = traced(About(serial="S-1"), ANNAS, [a_unit(serials=("S-1",), customer_id=BERTS)])

    assert about == About(item_id=DRILL, lot_ids=(LOT,), serial="S-1")


@pytest.mark.parametrize("about", [About(line_id=LINE), About(serial="S-1"), About(order_id=ORDER), About()])
def test_what_was_never_shipped_stays_as_it_was_named(about: About) -> None:
    assert traced(about, ANNAS, [a_unit(line_id=OTHER_LINE, serials=("S-9",))]) == about


def test_two_items_with_one_serial_are_told_apart_by_the_item() -> None:
    shipped = [a_unit(serials=("1",)), a_unit(serials=("1",), item_id=SAW, line_id=OTHER_LINE)]

    assert traced(About(serial="1", item_id=SAW), ANNAS, shipped).line_id == OTHER_LINE


REFUSALS: dict[str, tuple[About, list[ShippedUnit], type[OrderloopError]]] = {
    "line of another": (About(line_id=LINE), [a_unit(customer_id=BERTS)], OrderLineOfAnotherCustomer),
    "line on another order": (About(line_id=LINE, order_id=OTHER_ORDER), [a_unit()], OrderLineOnAnotherOrder),
    "line of another item": (About(line_id=LINE, item_id=SAW), [a_unit()], OrderLineOfAnotherItem),
    "serial not on line": (About(line_id=LINE, serial="S-9"), [a_unit(serials=("S-1",))], SerialNotOnOrderLine),
    "two items": (About(serial="1"), [a_unit(serials=("1",)), a_unit(serials=("1",), item_id=SAW)], SerialNotUnique),
}


@pytest.mark.parametrize(("about", "shipped", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_what_contradicts_the_shipment_is_refused(
    about: About, shipped: list[ShippedUnit], refusal: type[OrderloopError]
) -> None:
    with pytest.raises(refusal):
        _ = traced(about, ANNAS, shipped)
