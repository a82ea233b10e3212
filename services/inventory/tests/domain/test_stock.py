from collections.abc import Callable
from dataclasses import asdict

import pytest

from contracts.ids import ItemId, LineId, WarehouseId, new_id
from contracts.inventory import AvailabilityChanged
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.quantities import QuantityNotPositive
from inventory.domain.stock import (
    StockLevel,
    StockNotAvailable,
    StockNotQuarantined,
    StockNotReserved,
    availability_of,
    empty_level,
    plan_reservation,
    serve,
)

ITEM = ItemId(new_id())
MAIN, OUTLET = WarehouseId(new_id()), WarehouseId(new_id())


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def a_level(
    on_hand: int = 10, reserved: int = 0, quarantined: int = 0, warehouse_id: WarehouseId = MAIN, item_id: ItemId = ITEM
) -> StockLevel:
    return StockLevel(
        item_id=item_id,
        warehouse_id=warehouse_id,
        on_hand=pieces(on_hand),
        reserved=pieces(reserved),
        quarantined=pieces(quarantined),
    )


def a_wish(number: int = 1, item_id: ItemId = ITEM) -> LineQuantity:
    return LineQuantity(line_id=LineId(new_id()), item_id=item_id, quantity=pieces(number))


def set_aside(wish: LineQuantity, number: int, warehouse_id: WarehouseId) -> ReservedLine:
    return ReservedLine(line_id=wish.line_id, item_id=wish.item_id, quantity=pieces(number), warehouse_id=warehouse_id)


def figures(level: StockLevel) -> tuple[int, int, int, int]:
    parts = (level.on_hand, level.reserved, level.quarantined, level.available)
    return int(parts[0].value), int(parts[1].value), int(parts[2].value), int(parts[3].value)


def test_available_is_what_is_neither_reserved_nor_quarantined() -> None:
    assert a_level(10, reserved=3, quarantined=2).available == pieces(5)


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (StockLevel.receive, (24, 5, 4, 15)),
        (StockLevel.reserve, (20, 9, 4, 7)),
        (StockLevel.release, (20, 1, 4, 15)),
        (StockLevel.issue, (16, 1, 4, 11)),
        (StockLevel.lose, (16, 5, 4, 7)),
        (StockLevel.quarantine, (20, 5, 8, 7)),
        (StockLevel.clear, (20, 5, 0, 15)),
        (StockLevel.scrap, (16, 5, 0, 11)),
    ],
)
def test_each_change_moves_its_own_figures(
    change: Callable[[StockLevel, Quantity], None], after: tuple[int, int, int, int]
) -> None:
    level = a_level(20, reserved=5, quarantined=4)

    change(level, pieces(4))

    assert figures(level) == after


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (StockLevel.reserve, StockNotAvailable),
        (StockLevel.lose, StockNotAvailable),
        (StockLevel.quarantine, StockNotAvailable),
        (StockLevel.release, StockNotReserved),
        (StockLevel.issue, StockNotReserved),
        (StockLevel.clear, StockNotQuarantined),
        (StockLevel.scrap, StockNotQuarantined),
    ],
)
def test_one_piece_too_many_is_refused_and_changes_nothing(
    change: Callable[[StockLevel, Quantity], None], refusal: type[Exception]
) -> None:
    level = a_level(9, reserved=3, quarantined=3)
    before = asdict(level)

    with pytest.raises(refusal):
        change(level, pieces(4))

    assert asdict(level) == before
    change(level, pieces(3))


@pytest.mark.parametrize(
    "change",
    [
        StockLevel.receive,
        StockLevel.reserve,
        StockLevel.release,
        StockLevel.issue,
        StockLevel.lose,
        StockLevel.quarantine,
        StockLevel.clear,
        StockLevel.scrap,
    ],
)
def test_stock_never_moves_backwards(change: Callable[[StockLevel, Quantity], None]) -> None:
    level = a_level(10, reserved=3, quarantined=3)
    before = asdict(level)

    for number in (0, -1):
        with pytest.raises(QuantityNotPositive):
            change(level, pieces(number))

    assert asdict(level) == before


def test_a_shortfall_is_what_reservations_have_to_give_up() -> None:
    level = a_level(10, reserved=7)

    assert level.shortfall(pieces(8)) == pieces(5)
    assert level.shortfall(pieces(3)) == pieces(0)


def test_an_empty_level_has_nothing_in_its_unit() -> None:
    assert empty_level(ITEM, MAIN, "KGM").available == Quantity.zero("KGM")


def test_a_line_is_filled_from_the_first_warehouse_then_from_the_next() -> None:
    wish = a_wish(12)
    levels = [a_level(10), a_level(10, warehouse_id=OUTLET)]

    plan = plan_reservation([wish], levels)

    assert plan == (set_aside(wish, 10, MAIN), set_aside(wish, 2, OUTLET))
    assert [figures(level) for level in levels] == [(10, 0, 0, 10), (10, 0, 0, 10)]


def test_a_line_is_filled_in_part_when_there_is_too_little() -> None:
    wish = a_wish(12)

    assert plan_reservation([wish], [a_level(10, reserved=3)]) == (set_aside(wish, 7, MAIN),)


def test_two_lines_never_get_the_same_piece() -> None:
    first, second = a_wish(6), a_wish(6)

    plan = plan_reservation([first, second], [a_level(10)])

    assert plan == (set_aside(first, 6, MAIN), set_aside(second, 4, MAIN))


def test_stock_of_another_item_fills_nothing() -> None:
    assert plan_reservation([a_wish(1)], [a_level(10, item_id=ItemId(new_id()))]) == ()


def test_a_service_is_always_there() -> None:
    wish = a_wish(3)

    assert serve([wish], MAIN) == (set_aside(wish, 3, MAIN),)


def test_availability_adds_up_all_warehouses_of_the_item() -> None:
    levels = [a_level(10, 3, 2), a_level(5, 1, 0, OUTLET), a_level(99, item_id=ItemId(new_id()))]

    assert availability_of(ITEM, levels) == AvailabilityChanged(
        item_id=ITEM, on_hand=pieces(15), reserved=pieces(4), quarantined=pieces(2), available=pieces(9)
    )
