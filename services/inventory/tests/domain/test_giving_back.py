from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from contracts.ids import CustomerId, ItemId, LineId, OrderId, ReleaseId, WarehouseId, new_id
from contracts.inventory import Backorder, ShipmentCancelled, StockBackordered, StockReleased
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.demand import AnswerDoesNotAddUp, Demand
from inventory.domain.giving_back import GivenBack, TooLittleToWithdraw, give_back, withdraw
from inventory.domain.quantities import QuantityNotPositive
from inventory.domain.shipment import Shipment, ShipmentStatus, shipments_for

ITEM, LINE = ItemId(new_id()), LineId(new_id())
MAIN, OUTLET = WarehouseId(new_id()), WarehouseId(new_id())
RELEASE = ReleaseId(new_id())
MONDAY = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def a_part(number: int, line_id: LineId = LINE) -> LineQuantity:
    return LineQuantity(line_id=line_id, item_id=ITEM, quantity=pieces(number))


def in_stock(number: int, warehouse_id: WarehouseId = MAIN, line_id: LineId = LINE) -> ReservedLine:
    return ReservedLine(line_id=line_id, item_id=ITEM, quantity=pieces(number), warehouse_id=warehouse_id)


def too_short(number: int, line_id: LineId = LINE) -> Backorder:
    return Backorder(line_id=line_id, item_id=ITEM, quantity=pieces(number))


def a_demand(
    reserved: int = 0,
    planned: int = 0,
    short: int = 0,
    *,
    requested_at: datetime = MONDAY,
    line_id: LineId = LINE,
    service: bool = False,
) -> tuple[Demand, list[Shipment]]:
    """A demand of one line, all in the main warehouse, with one planned shipment when something is planned."""
    demand = Demand(order_id=OrderId(new_id()), customer_id=CustomerId(new_id()), requested_at=requested_at)
    _ = demand.request(
        [a_part(reserved + planned + short, line_id)],
        [in_stock(reserved + planned, line_id=line_id)] if reserved + planned else [],
        [too_short(short, line_id)] if short else [],
        [ITEM] if service else [],
    )
    return demand, [plan(demand, planned, line_id)] if planned else []


def plan(demand: Demand, number: int, line_id: LineId = LINE) -> Shipment:
    parts = demand.plan([a_part(number, line_id)])
    [shipment] = shipments_for(demand.order_id, demand.customer_id, [(part, True, "none") for part in parts])
    return shipment


def figures(demand: Demand, line_id: LineId = LINE) -> dict[str, int]:
    line = demand.line(line_id)
    assert line.adds_up
    parts = {
        "reserved": line.reserved,
        "planned": line.planned,
        "backordered": line.backordered,
        "shipped": line.shipped,
        "released": line.released,
    }
    return {name: int(quantity.value) for name, quantity in parts.items() if quantity}


def quantities(shipments: list[Shipment]) -> list[int]:
    return [sum(int(line.quantity.value) for line in shipment.lines) for shipment in shipments]


def give(demand: Demand, shipments: list[Shipment], number: int) -> GivenBack:
    return give_back(demand, [a_part(number)], shipments, release_id=RELEASE, reason="order cancelled")


def test_back_orders_are_given_back_before_anything_else() -> None:
    demand, shipments = a_demand(reserved=3, planned=2, short=4)

    given = give(demand, shipments, 3)

    assert given.answer == StockReleased(order_id=demand.order_id, release_id=RELEASE, lines=(a_part(3),))
    assert (given.backorders, given.stock, given.cancelled) == ((a_part(3),), (), ())
    assert figures(demand) == {"reserved": 3, "planned": 2, "backordered": 1, "released": 3}


def test_reservations_are_given_back_before_shipments() -> None:
    demand, shipments = a_demand(reserved=3, planned=2, short=4)

    given = give(demand, shipments, 6)

    assert given.answer.lines == (a_part(6),)
    assert (given.backorders, given.stock) == ((a_part(4),), (in_stock(2),))
    assert figures(demand) == {"reserved": 1, "planned": 2, "released": 6}
    assert quantities(shipments) == [2]


def test_a_shipment_shrinks_when_nothing_else_is_left() -> None:
    demand, shipments = a_demand(reserved=3, planned=2, short=4)

    given = give(demand, shipments, 8)

    assert (given.backorders, given.stock, given.cancelled) == ((a_part(4),), (in_stock(3), in_stock(1)), ())
    assert figures(demand) == {"planned": 1, "released": 8}
    assert quantities(shipments) == [1]


def test_a_shipment_of_which_nothing_is_left_is_cancelled() -> None:
    demand, shipments = a_demand(reserved=3, planned=2, short=4)

    given = give(demand, shipments, 99)

    assert given.answer.lines == (a_part(9),)
    assert given.cancelled == (
        ShipmentCancelled(shipment_id=shipments[0].shipment_id, order_id=demand.order_id, reason="order cancelled"),
    )
    assert shipments[0].status == ShipmentStatus.CANCELLED
    assert figures(demand) == {"released": 9}


def test_what_left_the_house_is_not_given_back() -> None:
    demand, [shipment] = a_demand(planned=2)
    shipment.status = ShipmentStatus.DISPATCHED
    demand.ship([in_stock(2)])

    given = give(demand, [shipment], 2)

    assert given.answer == StockReleased(order_id=demand.order_id, release_id=RELEASE, lines=())
    assert (given.backorders, given.stock, given.cancelled) == ((), (), ())
    assert figures(demand) == {"shipped": 2}
    assert (shipment.status, quantities([shipment])) == (ShipmentStatus.DISPATCHED, [2])


def test_the_shipment_with_the_least_work_in_it_is_called_back_first() -> None:
    demand, _ = a_demand(reserved=6)
    packed, picking, planned = (plan(demand, 2) for _ in range(3))
    packed.status, picking.status = ShipmentStatus.PACKED, ShipmentStatus.PICKING

    _ = give(demand, [packed, picking, planned], 3)

    assert quantities([packed, picking, planned]) == [2, 1, 0]


def test_a_line_that_nobody_asked_for_has_nothing_to_give_back() -> None:
    demand, shipments = a_demand(reserved=3)

    given = give_back(demand, [a_part(3, LineId(new_id()))], shipments, release_id=RELEASE)

    assert given.answer.lines == ()
    assert figures(demand) == {"reserved": 3}


def test_a_service_that_is_given_back_does_not_go_to_the_shelves() -> None:
    demand, shipments = a_demand(reserved=3, service=True)

    given = give(demand, shipments, 3)

    assert (given.answer.lines, given.stock) == ((a_part(3),), ())


def test_a_negative_release_changes_nothing() -> None:
    demand, shipments = a_demand(reserved=3, planned=2, short=4)
    before = asdict(demand)

    with pytest.raises(QuantityNotPositive):
        _ = give_back(demand, [a_part(1), a_part(-1)], shipments, release_id=RELEASE)

    assert asdict(demand) == before


def test_the_newest_order_is_withdrawn_first() -> None:
    lines = [LineId(new_id()) for _ in range(3)]
    old, new, middle = (
        a_demand(reserved=4, requested_at=MONDAY + timedelta(days=days), line_id=line)
        for days, line in zip((0, 2, 1), lines, strict=True)
    )

    withdrawn = withdraw([old, new, middle], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(5), reason="cracks")

    assert [(part.order_id, part.stock) for part in withdrawn] == [
        (new[0].order_id, (in_stock(4, line_id=lines[1]),)),
        (middle[0].order_id, (in_stock(1, line_id=lines[2]),)),
    ]
    assert figures(old[0], lines[0]) == {"reserved": 4}
    assert figures(new[0], lines[1]) == {"backordered": 4}
    assert figures(middle[0], lines[2]) == {"reserved": 3, "backordered": 1}


def test_what_is_in_a_shipment_is_withdrawn_after_what_is_not() -> None:
    demand, shipments = a_demand(reserved=3, planned=2)

    [withdrawn] = withdraw([(demand, shipments)], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(5), reason="cracks")

    assert withdrawn.stock == (in_stock(3), in_stock(2))
    assert withdrawn.lines == (a_part(5),)
    assert withdrawn.cancelled == (
        ShipmentCancelled(shipment_id=shipments[0].shipment_id, order_id=demand.order_id, reason="cracks"),
    )
    assert figures(demand) == {"backordered": 5}


def test_stock_of_another_warehouse_is_not_withdrawn() -> None:
    demand, _ = a_demand(reserved=3, short=2)
    _ = demand.fill([in_stock(2, OUTLET)])

    [withdrawn] = withdraw([(demand, [])], item_id=ITEM, warehouse_id=OUTLET, quantity=pieces(2), reason="cracks")

    assert withdrawn.stock == (in_stock(2, OUTLET),)
    assert figures(demand) == {"reserved": 3, "backordered": 2}


def test_a_shipment_from_another_warehouse_is_not_withdrawn() -> None:
    demand, shipments = a_demand(planned=3, short=2)
    _ = demand.fill([in_stock(2, OUTLET)])
    shipments.append(plan(demand, 2))

    [withdrawn] = withdraw([(demand, shipments)], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(2), reason="cracks")

    assert withdrawn.stock == (in_stock(2),)
    assert quantities(shipments) == [1, 2]
    assert figures(demand) == {"planned": 3, "backordered": 2}


def test_nothing_is_withdrawn_when_the_quarantine_finds_enough_that_is_free() -> None:
    demand, shipments = a_demand(reserved=3)

    assert withdraw([(demand, shipments)], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(0), reason="cracks") == ()
    assert figures(demand) == {"reserved": 3}


@pytest.mark.parametrize(("number", "refusal"), [(6, TooLittleToWithdraw), (-1, QuantityNotPositive)])
def test_a_refused_withdrawal_changes_nothing(number: int, refusal: type[Exception]) -> None:
    demand, shipments = a_demand(reserved=3, planned=2)
    before = asdict(demand)

    with pytest.raises(refusal):
        _ = withdraw([(demand, shipments)], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(number), reason="cracks")

    assert asdict(demand) == before
    assert quantities(shipments) == [2]


def test_a_withdrawal_tells_what_is_short_again() -> None:
    demand, shipments = a_demand(reserved=3, planned=2)
    [withdrawn] = withdraw([(demand, shipments)], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(4), reason="cracks")

    told = withdrawn.tell([too_short(1), too_short(3)])

    assert told == StockBackordered(
        order_id=demand.order_id, lines=(too_short(1), too_short(3)), withdrawn=(a_part(4),)
    )


def test_a_withdrawal_tells_all_of_what_is_short() -> None:
    demand, shipments = a_demand(reserved=3)
    [withdrawn] = withdraw([(demand, shipments)], item_id=ITEM, warehouse_id=MAIN, quantity=pieces(3), reason="cracks")

    with pytest.raises(AnswerDoesNotAddUp):
        _ = withdrawn.tell([too_short(2)])
