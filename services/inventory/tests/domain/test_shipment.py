from collections.abc import Callable
from dataclasses import asdict, replace

import pytest

from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId, WarehouseId, new_id
from contracts.inventory import (
    DeliveryConfirmed,
    PickReleased,
    ShipmentCancelled,
    ShipmentDispatched,
    ShipmentPacked,
    ShipmentPlanned,
)
from contracts.lines import LineQuantity, LotQuantity, ReservedLine, ShippedLine
from contracts.values import Money, Quantity
from inventory.domain.item import Tracking
from inventory.domain.quantities import QuantityNotPositive
from inventory.domain.shipment import (
    DispatchDoesNotMatch,
    LineNotInShipment,
    LotsDoNotAddUp,
    MoreThanInShipment,
    NothingPacked,
    PackedLine,
    SerialsNotScanned,
    Shipment,
    ShipmentHasLeft,
    ShipmentLine,
    ShipmentNotReady,
    ShipmentStatus,
    shipments_for,
)

ITEM, LINE = ItemId(new_id()), LineId(new_id())
MAIN, OUTLET = WarehouseId(new_id()), WarehouseId(new_id())


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def euros(amount: str) -> Money:
    return Money.rounded(Quantity.pieces(amount).value, "EUR")


def a_line(
    number: int = 5, line_id: LineId = LINE, tracked: Tracking = "none", *, stocked: bool = True
) -> ShipmentLine:
    return ShipmentLine(line_id=line_id, item_id=ITEM, quantity=pieces(number), tracked=tracked, stocked=stocked)


def a_shipment(status: ShipmentStatus = ShipmentStatus.PLANNED, *lines: ShipmentLine) -> Shipment:
    return Shipment(
        order_id=OrderId(new_id()),
        customer_id=CustomerId(new_id()),
        warehouse_id=MAIN,
        lines=lines or (a_line(),),
        status=status,
    )


def a_box(number: int, line_id: LineId = LINE, lots: tuple[LotQuantity, ...] = ()) -> PackedLine:
    return PackedLine(line_id=line_id, quantity=pieces(number), lots=lots)


def of_lot(number: int, *serials: str) -> LotQuantity:
    return LotQuantity(lot_id=LotId(new_id()), lot_number="L-1", quantity=pieces(number), serials=serials)


def told(number: int, line_id: LineId = LINE) -> LineQuantity:
    return LineQuantity(line_id=line_id, item_id=ITEM, quantity=pieces(number))


def shipped(number: int, line_id: LineId = LINE) -> ShippedLine:
    return ShippedLine(line_id=line_id, item_id=ITEM, quantity=pieces(number), cost=euros("20.00"))


def test_a_shipment_goes_from_planned_to_delivered() -> None:
    shipment = a_shipment()
    shipment_id, order_id = shipment.shipment_id, shipment.order_id

    planned, released = shipment.plan(), shipment.pick()
    packed, rest = shipment.pack()
    dispatched = shipment.dispatch([shipped(5)], carrier="DHL", tracking_number="JD01")
    delivered = shipment.deliver(received_by="gate 2")

    assert planned == ShipmentPlanned(shipment_id=shipment_id, order_id=order_id, warehouse_id=MAIN, lines=(told(5),))
    assert released == PickReleased(shipment_id=shipment_id, order_id=order_id)
    assert (packed, rest) == (ShipmentPacked(shipment_id=shipment_id, order_id=order_id, lines=(told(5),)), None)
    assert dispatched == ShipmentDispatched(
        shipment_id=shipment_id,
        order_id=order_id,
        customer_id=shipment.customer_id,
        warehouse_id=MAIN,
        lines=(shipped(5),),
        carrier="DHL",
        tracking_number="JD01",
    )
    assert delivered == DeliveryConfirmed(
        shipment_id=shipment_id, order_id=order_id, customer_id=shipment.customer_id, received_by="gate 2"
    )
    assert shipment.status == ShipmentStatus.DELIVERED


STEPS: dict[str, Callable[[Shipment], object]] = {
    "pick": lambda shipment: shipment.pick(),
    "pack": lambda shipment: shipment.pack(),
    "dispatch": lambda shipment: shipment.dispatch([shipped(5)]),
    "deliver": lambda shipment: shipment.deliver(),
}
ALLOWED = {
    "pick": {ShipmentStatus.PLANNED},
    "pack": {ShipmentStatus.PICKING, ShipmentStatus.PACKED},
    "dispatch": {ShipmentStatus.PACKED},
    "deliver": {ShipmentStatus.DISPATCHED},
}


@pytest.mark.parametrize(
    ("step", "status"),
    [(step, status) for step in STEPS for status in ShipmentStatus if status not in ALLOWED[step]],
)
def test_no_step_is_left_out_or_done_twice(step: str, status: ShipmentStatus) -> None:
    shipment = a_shipment(status)
    before = asdict(shipment)

    with pytest.raises(ShipmentNotReady):
        _ = STEPS[step](shipment)

    assert asdict(shipment) == before


def test_what_is_not_packed_becomes_a_new_planned_shipment() -> None:
    other = LineId(new_id())
    shipment = a_shipment(ShipmentStatus.PICKING, a_line(5), a_line(3, other))

    packed, rest = shipment.pack([a_box(2)])

    assert packed.lines == (told(2),)
    assert rest is not None
    assert rest.plan() == ShipmentPlanned(
        shipment_id=rest.shipment_id,
        order_id=shipment.order_id,
        warehouse_id=MAIN,
        lines=(told(3), told(3, other)),
        split_from=shipment.shipment_id,
    )
    assert (rest.status, rest.customer_id) == (ShipmentStatus.PLANNED, shipment.customer_id)


def test_a_packed_shipment_may_be_packed_anew_with_other_lots() -> None:
    shipment = a_shipment(ShipmentStatus.PICKING)
    _ = shipment.pack([a_box(5, lots=(of_lot(5),))])
    other = (of_lot(2), of_lot(3))

    _, rest = shipment.pack([a_box(5, lots=other)])

    assert (shipment.lines[0].lots, rest) == (other, None)


@pytest.mark.parametrize(
    ("boxes", "refusal"),
    [
        ([a_box(6)], MoreThanInShipment),
        ([a_box(-1)], QuantityNotPositive),
        ([a_box(0)], NothingPacked),
        ([], NothingPacked),
        ([a_box(1), a_box(1)], LotsDoNotAddUp),
        ([a_box(1, LineId(new_id()))], LineNotInShipment),
        ([a_box(5, lots=(of_lot(2), of_lot(2)))], LotsDoNotAddUp),
    ],
)
def test_a_refused_packing_changes_nothing(boxes: list[PackedLine], refusal: type[Exception]) -> None:
    shipment = a_shipment(ShipmentStatus.PICKING)
    before = asdict(shipment)

    with pytest.raises(refusal):
        _ = shipment.pack(boxes)

    assert asdict(shipment) == before


@pytest.mark.parametrize("lots", [(), (of_lot(2),), (of_lot(2, "A"),)])
def test_what_is_tracked_by_serial_is_packed_with_its_serials(lots: tuple[LotQuantity, ...]) -> None:
    shipment = a_shipment(ShipmentStatus.PICKING, a_line(2, tracked="serial"))
    before = asdict(shipment)

    with pytest.raises(SerialsNotScanned):
        _ = shipment.pack([a_box(2, lots=lots)])

    assert asdict(shipment) == before
    _ = shipment.pack([a_box(2, lots=(of_lot(1, "A"), of_lot(1, "B")))])


def test_a_service_comes_from_no_lot() -> None:
    shipment = a_shipment(ShipmentStatus.PICKING, a_line(1, stocked=False))

    with pytest.raises(LotsDoNotAddUp):
        _ = shipment.pack([a_box(1, lots=(of_lot(1),))])

    assert shipment.status == ShipmentStatus.PICKING


@pytest.mark.parametrize("leaving", [[], [shipped(4)], [shipped(5), shipped(1)], [shipped(5, LineId(new_id()))]])
def test_exactly_what_was_packed_leaves(leaving: list[ShippedLine]) -> None:
    shipment = a_shipment(ShipmentStatus.PACKED)
    before = asdict(shipment)

    with pytest.raises(DispatchDoesNotMatch):
        _ = shipment.dispatch(leaving, carrier="DHL")

    assert asdict(shipment) == before


def test_a_line_may_leave_in_two_parts() -> None:
    shipment = a_shipment(ShipmentStatus.PACKED)

    assert shipment.dispatch([shipped(3), shipped(2)]).lines == (shipped(3), shipped(2))


@pytest.mark.parametrize("status", [ShipmentStatus.PLANNED, ShipmentStatus.PICKING])
def test_a_shipment_shrinks_when_a_part_is_called_back(status: ShipmentStatus) -> None:
    shipment = a_shipment(status)

    assert shipment.call_back(LINE, pieces(2)) == pieces(2)

    assert (shipment.lines, shipment.status) == ((a_line(3),), status)
    assert shipment.cancel_if_empty("too late") is None


def test_a_packed_shipment_is_packed_anew_after_a_part_is_called_back() -> None:
    shipment = a_shipment(ShipmentStatus.PACKED, replace(a_line(5), lots=(of_lot(5),)))

    _ = shipment.call_back(LINE, pieces(2))

    assert (shipment.lines, shipment.status) == ((a_line(3),), ShipmentStatus.PICKING)


def test_no_more_is_called_back_than_is_in_it() -> None:
    shipment = a_shipment()

    assert shipment.call_back(LineId(new_id()), pieces(1)) == pieces(0)
    assert shipment.call_back(LINE, pieces(0)) == pieces(0)
    assert shipment.call_back(LINE, pieces(99)) == pieces(5)
    assert shipment.lines == ()


def test_an_empty_shipment_is_cancelled_once() -> None:
    shipment = a_shipment()
    _ = shipment.call_back(LINE, pieces(5))

    assert shipment.cancel_if_empty("order cancelled") == ShipmentCancelled(
        shipment_id=shipment.shipment_id, order_id=shipment.order_id, reason="order cancelled"
    )
    assert shipment.cancel_if_empty("order cancelled") is None
    assert shipment.status == ShipmentStatus.CANCELLED


@pytest.mark.parametrize("status", [ShipmentStatus.DISPATCHED, ShipmentStatus.DELIVERED, ShipmentStatus.CANCELLED])
def test_what_left_is_not_called_back(status: ShipmentStatus) -> None:
    shipment = a_shipment(status)
    before = asdict(shipment)

    with pytest.raises(ShipmentHasLeft):
        _ = shipment.call_back(LINE, pieces(1))

    assert asdict(shipment) == before


def test_there_is_one_shipment_a_warehouse() -> None:
    order_id, customer_id, freight = OrderId(new_id()), CustomerId(new_id()), LineId(new_id())
    parts = (
        ReservedLine(line_id=LINE, item_id=ITEM, quantity=pieces(4), warehouse_id=MAIN),
        ReservedLine(line_id=LINE, item_id=ITEM, quantity=pieces(1), warehouse_id=OUTLET),
        ReservedLine(line_id=freight, item_id=ITEM, quantity=pieces(1), warehouse_id=MAIN),
        ReservedLine(line_id=LINE, item_id=ITEM, quantity=pieces(1), warehouse_id=MAIN),
    )

    main, outlet = shipments_for(order_id, customer_id, [(part, part.line_id == LINE, "lot") for part in parts])

    assert main.lines == (a_line(5, tracked="lot"), a_line(1, freight, tracked="lot", stocked=False))
    assert outlet.lines == (a_line(1, tracked="lot"),)
    assert (outlet.order_id, outlet.customer_id, outlet.warehouse_id) == (order_id, customer_id, OUTLET)
    assert outlet.reserved_lines() == (parts[1],)
