from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import pytest

from contracts.ids import CustomerId, ItemId, LineId, OrderId, PurchaseOrderId, WarehouseId, new_id
from contracts.inventory import Backorder, StockBackordered, StockReserved
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.backlog import Waiting, oldest_first, share_out, waiting_of
from inventory.domain.demand import (
    AnswerDoesNotAddUp,
    Demand,
    LineIsForAnotherItem,
    LineNotDemanded,
    MoreThanBackordered,
    MoreThanPlanned,
)
from inventory.domain.quantities import QuantityNotPositive
from inventory.domain.stock import StockLevel

ITEM, LINE = ItemId(new_id()), LineId(new_id())
MAIN, OUTLET = WarehouseId(new_id()), WarehouseId(new_id())
MONDAY = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def a_wish(number: int = 10, line_id: LineId = LINE, item_id: ItemId = ITEM) -> LineQuantity:
    return LineQuantity(line_id=line_id, item_id=item_id, quantity=pieces(number))


def in_stock(number: int, warehouse_id: WarehouseId = MAIN, line_id: LineId = LINE) -> ReservedLine:
    return ReservedLine(line_id=line_id, item_id=ITEM, quantity=pieces(number), warehouse_id=warehouse_id)


def too_short(number: int, line_id: LineId = LINE) -> Backorder:
    return Backorder(line_id=line_id, item_id=ITEM, quantity=pieces(number))


def an_empty_demand(requested_at: datetime = MONDAY) -> Demand:
    return Demand(order_id=OrderId(new_id()), customer_id=CustomerId(new_id()), requested_at=requested_at)


def a_demand(reserved: int = 6, short: int = 4, requested_at: datetime = MONDAY, line_id: LineId = LINE) -> Demand:
    """Ten are wanted: six reserved in the main warehouse, four short."""
    demand = an_empty_demand(requested_at)
    _ = demand.request(
        [a_wish(reserved + short, line_id)],
        [in_stock(reserved, line_id=line_id)] if reserved else [],
        [too_short(short, line_id)] if short else [],
    )
    return demand


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


def test_what_is_there_is_reserved_and_the_rest_is_short() -> None:
    demand = an_empty_demand()
    bought = too_short(4).model_copy(
        update={"expected_on": date(2024, 1, 9), "purchase_order_id": PurchaseOrderId(new_id())}
    )

    answers = demand.request([a_wish(10)], [in_stock(5), in_stock(1, OUTLET)], [bought])

    assert answers == (
        StockReserved(order_id=demand.order_id, lines=(in_stock(5), in_stock(1, OUTLET))),
        StockBackordered(order_id=demand.order_id, lines=(bought,)),
    )
    assert figures(demand) == {"reserved": 6, "backordered": 4}


def test_nothing_is_said_of_a_shortage_that_is_none() -> None:
    demand = an_empty_demand()

    assert demand.request([a_wish(10)], [in_stock(10)]) == (
        StockReserved(order_id=demand.order_id, lines=(in_stock(10),)),
    )


def test_nothing_is_said_of_a_reservation_that_is_none() -> None:
    demand = an_empty_demand()

    assert demand.request([a_wish(3)], [], [too_short(3)]) == (
        StockBackordered(order_id=demand.order_id, lines=(too_short(3),)),
    )


def test_an_order_may_ask_for_more_of_a_line() -> None:
    demand = a_demand(reserved=6, short=4)

    answers = demand.request([a_wish(3)], [in_stock(1)], [too_short(2)])

    assert len(answers) == 2
    assert demand.line(LINE).requested == pieces(13)
    assert figures(demand) == {"reserved": 7, "backordered": 6}


def test_a_request_may_name_a_line_twice() -> None:
    demand = an_empty_demand()

    _ = demand.request([a_wish(3), a_wish(2)], [in_stock(4)], [too_short(1)])

    assert demand.line(LINE).requested == pieces(5)
    assert figures(demand) == {"reserved": 4, "backordered": 1}


def test_a_service_is_known_as_not_stocked() -> None:
    demand = an_empty_demand()

    _ = demand.request([a_wish(1)], [in_stock(1)], services=[ITEM])

    assert not demand.line(LINE).stocked
    assert a_demand().line(LINE).stocked


@pytest.mark.parametrize(
    ("wanted", "reserved", "short", "refusal"),
    [
        ([a_wish(3)], [in_stock(2)], [], AnswerDoesNotAddUp),
        ([a_wish(3)], [in_stock(2)], [too_short(2)], AnswerDoesNotAddUp),
        ([a_wish(3)], [in_stock(3), in_stock(1, line_id=LineId(new_id()))], [], AnswerDoesNotAddUp),
        ([a_wish(0)], [], [], QuantityNotPositive),
        ([a_wish(3, item_id=ItemId(new_id()))], [in_stock(3)], [], LineIsForAnotherItem),
    ],
)
def test_a_refused_request_changes_nothing(
    wanted: list[LineQuantity], reserved: list[ReservedLine], short: list[Backorder], refusal: type[Exception]
) -> None:
    demand = a_demand()
    before = asdict(demand)

    with pytest.raises(refusal):
        _ = demand.request(wanted, reserved, short)

    assert asdict(demand) == before


def test_a_line_that_waits_is_filled_when_goods_come() -> None:
    demand = a_demand(reserved=6, short=4)

    told = demand.fill([in_stock(2), in_stock(1, OUTLET)])

    assert told == StockReserved(order_id=demand.order_id, lines=(in_stock(2), in_stock(1, OUTLET)))
    assert figures(demand) == {"reserved": 9, "backordered": 1}


@pytest.mark.parametrize(
    ("granted", "refusal"),
    [
        ([in_stock(3), in_stock(2, OUTLET)], MoreThanBackordered),
        ([in_stock(0)], QuantityNotPositive),
        ([in_stock(1), in_stock(1, line_id=LineId(new_id()))], LineNotDemanded),
    ],
)
def test_a_refused_filling_changes_nothing(granted: list[ReservedLine], refusal: type[Exception]) -> None:
    demand = a_demand(reserved=6, short=4)
    before = asdict(demand)

    with pytest.raises(refusal):
        _ = demand.fill(granted)

    assert asdict(demand) == before


def test_what_is_reserved_goes_into_shipments() -> None:
    demand = a_demand(reserved=6, short=4)
    _ = demand.fill([in_stock(4, OUTLET)])

    planned = demand.plan([a_wish(8)])

    assert planned == (in_stock(6), in_stock(2, OUTLET))
    assert figures(demand) == {"reserved": 2, "planned": 8}


def test_what_was_withdrawn_meanwhile_is_left_out_of_the_shipment() -> None:
    demand = a_demand(reserved=6, short=4)

    assert demand.plan([a_wish(10)]) == (in_stock(6),)
    assert demand.plan([a_wish(10)]) == ()
    assert figures(demand) == {"planned": 6, "backordered": 4}


@pytest.mark.parametrize(
    ("wish", "refusal"), [(a_wish(0), QuantityNotPositive), (a_wish(1, LineId(new_id())), LineNotDemanded)]
)
def test_a_refused_plan_changes_nothing(wish: LineQuantity, refusal: type[Exception]) -> None:
    demand = a_demand()
    before = asdict(demand)

    with pytest.raises(refusal):
        _ = demand.plan([a_wish(1), wish])

    assert asdict(demand) == before


def test_what_was_planned_leaves_the_house() -> None:
    demand = a_demand(reserved=6, short=4)
    _ = demand.plan([a_wish(6)])

    demand.ship([in_stock(5)])

    assert figures(demand) == {"planned": 1, "shipped": 5, "backordered": 4}


@pytest.mark.parametrize("parts", [[in_stock(4)], [in_stock(2), in_stock(2)], [in_stock(1), in_stock(1, OUTLET)]])
def test_no_more_leaves_than_was_planned_in_the_warehouse(parts: list[ReservedLine]) -> None:
    demand = a_demand(reserved=6, short=4)
    _ = demand.plan([a_wish(3)])
    before = figures(demand)

    with pytest.raises(MoreThanPlanned):
        demand.ship(parts)

    assert figures(demand) == before


def test_only_lines_with_a_shortage_wait() -> None:
    short, filled = a_demand(reserved=6, short=4), a_demand(reserved=6, short=0)

    assert waiting_of(filled) == ()
    assert waiting_of(short) == (
        Waiting(order_id=short.order_id, line_id=LINE, item_id=ITEM, quantity=pieces(4), since=MONDAY),
    )


def a_level(available: int, warehouse_id: WarehouseId = MAIN) -> StockLevel:
    return StockLevel(
        item_id=ITEM,
        warehouse_id=warehouse_id,
        on_hand=pieces(available),
        reserved=pieces(0),
        quarantined=pieces(0),
    )


def test_the_oldest_order_gets_the_goods_first() -> None:
    lines = [LineId(new_id()) for _ in range(3)]
    young, old, middle = (
        a_demand(0, 4, MONDAY + timedelta(days=days), line) for days, line in zip((2, 0, 1), lines, strict=True)
    )
    backlog = [waiting for demand in (young, old, middle) for waiting in waiting_of(demand)]

    shares = share_out(backlog, [a_level(3), a_level(3, OUTLET)])

    assert [waiting.order_id for waiting in oldest_first(backlog)] == [old.order_id, middle.order_id, young.order_id]
    assert shares == (
        (old.order_id, (in_stock(3, line_id=lines[1]), in_stock(1, OUTLET, lines[1]))),
        (middle.order_id, (in_stock(2, OUTLET, lines[2]),)),
    )


def test_what_is_shared_out_fills_exactly_what_waits() -> None:
    demand = a_demand(reserved=6, short=4)

    [(order_id, share)] = share_out(waiting_of(demand), [a_level(100)])
    _ = demand.fill(share)

    assert order_id == demand.order_id
    assert figures(demand) == {"reserved": 10}
