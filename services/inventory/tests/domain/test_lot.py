from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ids import ItemId, NonconformanceId, WarehouseId, new_id
from contracts.inventory import LotQuarantined, LotReleased, StockAdjusted
from contracts.quality import Disposition
from contracts.values import Money, Quantity
from inventory.domain.lot import (
    Lot,
    LotIsQuarantined,
    LotNotReleased,
    LotStatus,
    MoreThanQuarantined,
    SerialNotInLot,
    SerialsNotNamed,
)
from inventory.domain.quantities import QuantityNotPositive

NCR = NonconformanceId(new_id())


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def euros(amount: str) -> Money:
    return Money.rounded(Quantity.pieces(amount).value, "EUR")


def a_lot(on_hand: int = 10, quarantined: int = 0, cost: str = "4.00", serials: tuple[str, ...] = ()) -> Lot:
    return Lot(
        item_id=ItemId(new_id()),
        warehouse_id=WarehouseId(new_id()),
        number="L-1",
        received_on=date(2024, 1, 1),
        on_hand=pieces(on_hand),
        unit_cost=Money(amount=Quantity.pieces(cost).value, currency="EUR"),
        value=Money(amount=Quantity.pieces(cost).value, currency="EUR").times(on_hand),
        quarantined=pieces(quarantined),
        serials=serials,
    )


def adjusted(lot: Lot, number: int, cost: str, reason: str, ncr: NonconformanceId | None = None) -> StockAdjusted:
    return StockAdjusted(
        item_id=lot.item_id,
        warehouse_id=lot.warehouse_id,
        lot_id=lot.lot_id,
        quantity=pieces(number),
        cost=euros(cost),
        reason=reason,
        nonconformance_id=ncr,
    )


@pytest.mark.parametrize(
    ("on_hand", "quarantined", "status"),
    [
        (10, 0, LotStatus.RELEASED),
        (10, 4, LotStatus.RELEASED),
        (10, 10, LotStatus.QUARANTINED),
        (0, 0, LotStatus.DEPLETED),
    ],
)
def test_the_status_follows_from_what_is_there(on_hand: int, quarantined: int, status: LotStatus) -> None:
    assert a_lot(on_hand, quarantined).status == status


def test_goods_leave_at_what_they_had_cost() -> None:
    lot = a_lot(10)

    taken = lot.take(pieces(3))

    assert (taken.quantity, taken.cost) == (pieces(3), euros("12.00"))
    assert (lot.on_hand, lot.value) == (pieces(7), euros("28.00"))
    assert (taken.told.lot_id, taken.told.lot_number) == (lot.lot_id, "L-1")


@given(st.lists(st.integers(min_value=1, max_value=5), min_size=1), st.integers(min_value=0, max_value=99999))
def test_the_costs_of_all_that_leaves_add_up_to_what_came_in(parts: list[int], millis: int) -> None:
    lot = a_lot(sum(parts), cost=f"{millis / 1000:.3f}")
    value = lot.value

    costs = [lot.take(pieces(part)).cost for part in parts]

    assert Money.total(costs, "EUR") == value
    assert (lot.value.amount, lot.status) == (0, LotStatus.DEPLETED)
    assert not any(cost.is_negative for cost in costs)


def test_rounding_never_takes_more_than_the_lot_had_cost() -> None:
    lot = a_lot(4, cost="0.005")

    assert [lot.take(pieces(1)).cost for _ in range(4)] == [euros(cost) for cost in ("0.01", "0.01", "0.00", "0.00")]


@pytest.mark.parametrize(
    ("number", "serials", "refusal"),
    [
        (7, (), LotNotReleased),
        (0, (), QuantityNotPositive),
        (1, ("X",), SerialNotInLot),
    ],
)
def test_a_refused_picking_changes_nothing(number: int, serials: tuple[str, ...], refusal: type[Exception]) -> None:
    lot = a_lot(10, quarantined=4)
    before = asdict(lot)

    with pytest.raises(refusal):
        _ = lot.take(pieces(number), serials)

    assert asdict(lot) == before


@pytest.mark.parametrize(
    ("serials", "refusal"),
    [((), SerialsNotNamed), (("A",), SerialsNotNamed), (("A", "X"), SerialNotInLot), (("A", "A"), SerialNotInLot)],
)
def test_serials_that_leave_are_named_once_each(serials: tuple[str, ...], refusal: type[Exception]) -> None:
    lot = a_lot(3, serials=("A", "B", "C"))
    before = asdict(lot)

    with pytest.raises(refusal):
        _ = lot.take(pieces(2), serials)

    assert asdict(lot) == before


def test_a_serial_leaves_once() -> None:
    lot = a_lot(3, serials=("A", "B", "C"))

    assert lot.take(pieces(2), ("C", "A")).serials == ("C", "A")

    assert lot.serials == ("B",)
    with pytest.raises(SerialNotInLot):
        _ = lot.take(pieces(1), ("A",))


def test_a_quarantine_sets_aside_all_that_is_there() -> None:
    lot = a_lot(10)

    told = lot.quarantine("cracks", NCR)

    assert told == LotQuarantined(
        lot_id=lot.lot_id,
        item_id=lot.item_id,
        lot_number="L-1",
        quantity=pieces(10),
        nonconformance_id=NCR,
        reason="cracks",
    )
    assert (lot.usable, lot.status) == (pieces(0), LotStatus.QUARANTINED)


def test_a_second_quarantine_sets_aside_nothing_but_answers() -> None:
    lot = a_lot(10)
    _ = lot.quarantine("cracks", NCR)

    assert lot.quarantine("cracks again").quantity == pieces(0)
    assert lot.quarantined == pieces(10)


def test_a_quarantined_lot_is_not_picked() -> None:
    lot = a_lot(10)
    _ = lot.quarantine("cracks")

    with pytest.raises(LotNotReleased):
        _ = lot.take(pieces(1))


@pytest.mark.parametrize("disposition", ["use_as_is", "rework", "repair"])
def test_what_is_good_again_may_be_picked(disposition: Disposition) -> None:
    lot = a_lot(10, quarantined=10)

    told = lot.dispose(disposition, pieces(4), "polished", NCR)

    assert told == LotReleased(
        lot_id=lot.lot_id,
        item_id=lot.item_id,
        lot_number="L-1",
        quantity=pieces(4),
        nonconformance_id=NCR,
        reason="polished",
    )
    assert (lot.on_hand, lot.usable, lot.status) == (pieces(10), pieces(4), LotStatus.RELEASED)


@pytest.mark.parametrize("disposition", ["scrap", "return_to_supplier"])
def test_what_is_scrapped_or_returned_is_gone(disposition: Disposition) -> None:
    lot = a_lot(10, quarantined=10)

    told = lot.dispose(disposition, pieces(4), "beyond repair", NCR)

    assert told == adjusted(lot, -4, "-16.00", "beyond repair", NCR)
    assert (lot.on_hand, lot.quarantined, lot.value) == (pieces(6), pieces(6), euros("24.00"))


@pytest.mark.parametrize("disposition", ["use_as_is", "scrap"])
@pytest.mark.parametrize(("number", "refusal"), [(5, MoreThanQuarantined), (0, QuantityNotPositive)])
def test_a_disposition_covers_no_more_than_the_quarantine(
    disposition: Disposition, number: int, refusal: type[Exception]
) -> None:
    lot = a_lot(10, quarantined=4)
    before = asdict(lot)

    with pytest.raises(refusal):
        _ = lot.dispose(disposition, pieces(number), "no")

    assert asdict(lot) == before


def test_scrapped_serials_that_nobody_named_stay_possible_until_the_lot_is_empty() -> None:
    lot = a_lot(3, quarantined=3, serials=("A", "B", "C"))

    _ = lot.scrap(pieces(1), "broken")
    assert lot.serials == ("A", "B", "C")
    _ = lot.scrap(pieces(1), "broken", serials=("B",))
    assert lot.serials == ("A", "C")
    _ = lot.scrap(pieces(1), "broken")
    assert lot.serials == ()


def test_a_disposition_may_name_the_serials_that_are_gone() -> None:
    lot = a_lot(3, quarantined=3, serials=("A", "B", "C"))

    _ = lot.dispose("scrap", pieces(1), "broken", NCR, serials=("B",))

    assert lot.serials == ("A", "C")


def test_what_moves_to_another_warehouse_keeps_number_age_cost_and_origin() -> None:
    lot, there = a_lot(10), WarehouseId(new_id())

    less, more, moved = lot.move(pieces(4), there, "to the outlet")

    assert (lot.on_hand, lot.value) == (pieces(6), euros("24.00"))
    assert (moved.on_hand, moved.value, moved.warehouse_id) == (pieces(4), euros("16.00"), there)
    assert (moved.number, moved.received_on, moved.unit_cost) == (lot.number, lot.received_on, lot.unit_cost)
    assert moved.origin_lot_id == lot.lot_id
    assert (less, more) == (adjusted(lot, -4, "-16.00", "to the outlet"), adjusted(moved, 4, "16.00", "to the outlet"))


def test_a_lot_that_moves_twice_is_still_known_by_where_it_came_from() -> None:
    lot = a_lot(10)
    _, _, moved = lot.move(pieces(4), WarehouseId(new_id()), "on")

    _, _, again = moved.move(pieces(2), WarehouseId(new_id()), "on")

    assert again.origin_lot_id == lot.lot_id


def test_no_more_moves_than_may_be_picked() -> None:
    lot = a_lot(10, quarantined=4)
    before = asdict(lot)

    with pytest.raises(LotNotReleased):
        _ = lot.move(pieces(7), WarehouseId(new_id()), "on")

    assert asdict(lot) == before


def test_a_loss_is_worth_what_the_goods_had_cost() -> None:
    lot = a_lot(10)

    assert lot.lose(pieces(2), "count") == adjusted(lot, -2, "-8.00", "count")
    assert (lot.on_hand, lot.value) == (pieces(8), euros("32.00"))


@pytest.mark.parametrize(
    ("number", "serials", "refusal"),
    [(7, (), LotNotReleased), (0, (), QuantityNotPositive), (1, ("X",), SerialNotInLot)],
)
def test_a_refused_loss_changes_nothing(number: int, serials: tuple[str, ...], refusal: type[Exception]) -> None:
    lot = a_lot(10, quarantined=4)
    before = asdict(lot)

    with pytest.raises(refusal):
        _ = lot.lose(pieces(number), "count", serials)

    assert asdict(lot) == before


def test_what_is_found_is_worth_the_unit_cost_and_wakes_an_empty_lot() -> None:
    lot = a_lot(0)

    assert lot.find(pieces(2), "behind the shelf") == adjusted(lot, 2, "8.00", "behind the shelf")
    assert (lot.on_hand, lot.value, lot.status) == (pieces(2), euros("8.00"), LotStatus.RELEASED)


def test_found_serials_are_known_again() -> None:
    lot = a_lot(1, serials=("A",))

    _ = lot.find(pieces(1), "count", ("B",))

    assert lot.serials == ("A", "B")


@pytest.mark.parametrize(
    ("lot", "number", "refusal"),
    [
        (a_lot(10, quarantined=4), 1, LotIsQuarantined),
        (a_lot(10), 0, QuantityNotPositive),
        (a_lot(1, serials=("A",)), 1, SerialsNotNamed),
    ],
)
def test_a_refused_find_changes_nothing(lot: Lot, number: int, refusal: type[Exception]) -> None:
    before = asdict(lot)

    with pytest.raises(refusal):
        _ = lot.find(pieces(number), "count")

    assert asdict(lot) == before
