"""Nonconformance: reported, contained, every quarantined piece dispositioned, closed."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import OrderloopError
from contracts.ids import CaseId, CustomerId, ItemId, LineId, LotId, OrderId, new_id
from contracts.inventory import LotQuarantined
from contracts.quality import (
    Disposition,
    NonconformanceClosed,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceRaised,
)
from contracts.service import ComplaintFiled
from contracts.values import Quantity, UnlikeUnits
from quality.domain.nonconformance import (
    ContainedLot,
    Decision,
    DispositionExceedsQuarantine,
    ItemNotKnown,
    LotNotContained,
    Nonconformance,
    NonconformanceIsClosed,
    NonconformanceOfAnotherItem,
    NothingSaid,
    NothingToContain,
    NothingToDispose,
    NothingWasContained,
    QuantityNotDispositioned,
    QuarantineNotConfirmed,
    Status,
)

Attempt = Callable[[Nonconformance], object]

TODAY = date(2025, 3, 3)
BOLT = ItemId(new_id())
LOT, OTHER_LOT = LotId(new_id()), LotId(new_id())
ANNAS = CustomerId(new_id())


def a_complaint(*, lot_ids: tuple[LotId, ...] = (LOT,), item_id: ItemId | None = BOLT) -> ComplaintFiled:
    return ComplaintFiled(
        case_id=CaseId(new_id()),
        customer_id=ANNAS,
        number="C-7",
        title="Bolts break",
        severity="major",
        order_id=OrderId(new_id()),
        line_id=LineId(new_id()),
        item_id=item_id,
        lot_ids=lot_ids,
    )


def a_nonconformance(*, title: str = "Bolts break", item_id: ItemId | None = BOLT) -> Nonconformance:
    return Nonconformance(
        number="N-1", title=title, severity="minor", raised_on=TODAY, customer_id=ANNAS, item_id=item_id
    )


def a_quarantine(
    lot_id: LotId = LOT, *, pieces: int | str = 10, item_id: ItemId = BOLT, number: str = "L-1"
) -> LotQuarantined:
    return LotQuarantined(
        lot_id=lot_id,
        item_id=item_id,
        lot_number=number,
        quantity=Quantity.pieces(pieces),
        nonconformance_id=None,
        reason="contained",
    )


def a_contained_one(*, pieces: int | str | None = 10) -> Nonconformance:
    found = a_nonconformance()
    _ = found.contain([LOT], "they break")
    if pieces is not None:
        found.confirm_quarantine(a_quarantine(pieces=pieces))
    return found


def dispose(
    found: Nonconformance,
    pieces: int | str,
    disposition: Disposition = "scrap",
    *,
    lot_id: LotId = LOT,
    reason: str = "cracked",
) -> NonconformanceDispositioned:
    return found.dispose(lot_id, Quantity.pieces(pieces), disposition, reason, decided_by="vera", decided_on=TODAY)


def a_closed_one() -> Nonconformance:
    found = a_contained_one()
    _ = dispose(found, 10)
    _ = found.close()
    return found


def state(found: Nonconformance) -> dict[str, object]:
    return deepcopy(vars(found))


def test_a_complaint_is_reported_with_all_that_it_says() -> None:
    filed = a_complaint()
    found = Nonconformance.of_complaint(filed, number="N-1", raised_on=TODAY)

    raised = found.report()

    assert raised == NonconformanceRaised(
        nonconformance_id=found.nonconformance_id,
        number="N-1",
        title="Bolts break",
        severity="major",
        customer_id=ANNAS,
        case_id=filed.case_id,
        order_id=filed.order_id,
        item_id=BOLT,
        lot_ids=(LOT,),
    )
    assert (found.line_id, found.status) == (filed.line_id, Status.OPEN)


def test_a_nonconformance_without_a_title_is_refused() -> None:
    found = a_nonconformance(title="  ")
    before = state(found)

    with pytest.raises(NothingSaid):
        _ = found.report()

    assert state(found) == before


def test_a_complaint_with_item_and_lots_contains_them_by_itself() -> None:
    found = Nonconformance.of_complaint(a_complaint(lot_ids=(LOT, OTHER_LOT)), number="N-1", raised_on=TODAY)

    contained = found.contain_suspects("complaint C-7")

    assert contained == NonconformanceContained(
        nonconformance_id=found.nonconformance_id,
        customer_id=ANNAS,
        item_id=BOLT,
        lot_ids=(LOT, OTHER_LOT),
        reason="complaint C-7",
    )
    assert found.status is Status.CONTAINED
    assert found.contained == (ContainedLot(lot_id=LOT), ContainedLot(lot_id=OTHER_LOT))


@pytest.mark.parametrize("filed", [a_complaint(lot_ids=()), a_complaint(item_id=None)])
def test_a_complaint_without_item_or_lots_contains_nothing(filed: ComplaintFiled) -> None:
    found = Nonconformance.of_complaint(filed, number="N-1", raised_on=TODAY)
    before = state(found)

    assert found.contain_suspects("complaint C-7") is None

    assert state(found) == before


def test_only_lots_that_are_not_yet_contained_are_told() -> None:
    found = a_contained_one()

    contained = found.contain([LOT, OTHER_LOT, OTHER_LOT], "more of them break")

    assert contained is not None
    assert contained.lot_ids == (OTHER_LOT,)


def test_containing_the_same_lots_again_tells_and_changes_nothing() -> None:
    found = a_contained_one()
    before = state(found)

    assert found.contain([LOT], "again") is None

    assert state(found) == before


def test_containing_may_name_the_item_of_a_complaint_that_did_not() -> None:
    found = a_nonconformance(item_id=None)

    contained = found.contain([LOT], "they break", item_id=BOLT)

    assert contained is not None
    assert (contained.item_id, found.item_id) == (BOLT, BOLT)


def test_more_lots_make_a_dispositioned_one_contained_again() -> None:
    found = a_contained_one()
    _ = dispose(found, 10)
    assert found.status is Status.DISPOSITIONED

    _ = found.contain([OTHER_LOT], "more of them break")

    assert found.status is Status.CONTAINED


def test_inventory_says_how_much_was_quarantined() -> None:
    found = a_contained_one(pieces=None)
    assert found.remaining(LOT) is None

    found.confirm_quarantine(a_quarantine(pieces=10))

    assert found.remaining(LOT) == Quantity.pieces(10)
    assert found.contained == (ContainedLot(lot_id=LOT, lot_number="L-1", quantity=Quantity.pieces(10)),)
    assert found.status is Status.CONTAINED


def test_a_lot_of_which_nothing_is_left_needs_no_disposition() -> None:
    found = a_contained_one(pieces=0)

    assert found.status is Status.DISPOSITIONED
    assert found.close() == NonconformanceClosed(nonconformance_id=found.nonconformance_id, customer_id=ANNAS)


def test_a_lot_quarantined_without_being_asked_is_contained_from_then_on() -> None:
    found = a_nonconformance(item_id=None)

    found.confirm_quarantine(a_quarantine(OTHER_LOT, pieces=3))

    assert found.remaining(OTHER_LOT) == Quantity.pieces(3)
    assert (found.item_id, found.status) == (BOLT, Status.CONTAINED)


def test_inventory_may_correct_what_it_quarantined() -> None:
    found = a_contained_one(pieces=10)
    _ = dispose(found, 4)

    found.confirm_quarantine(a_quarantine(pieces=6))

    assert found.remaining(LOT) == Quantity.pieces(2)


def test_a_disposition_says_what_becomes_of_how_many() -> None:
    found = a_contained_one(pieces=10)

    decided = dispose(found, 4, "rework", reason=" straighten ")

    assert decided == NonconformanceDispositioned(
        nonconformance_id=found.nonconformance_id,
        customer_id=ANNAS,
        item_id=BOLT,
        lot_id=LOT,
        quantity=Quantity.pieces(4),
        disposition="rework",
        reason="straighten",
    )
    assert found.decisions == (
        Decision(
            lot_id=LOT,
            quantity=Quantity.pieces(4),
            disposition="rework",
            reason="straighten",
            decided_by="vera",
            decided_on=TODAY,
        ),
    )
    assert (found.remaining(LOT), found.status) == (Quantity.pieces(6), Status.CONTAINED)


def test_it_is_dispositioned_when_nothing_of_any_lot_is_left() -> None:
    found = a_contained_one(pieces=10)
    _ = found.contain([OTHER_LOT], "more of them break")
    _ = dispose(found, 4, "rework")
    _ = dispose(found, 6, "scrap")
    assert found.status is Status.CONTAINED

    found.confirm_quarantine(a_quarantine(OTHER_LOT, pieces=1))
    assert found.status is Status.CONTAINED
    _ = dispose(found, 1, "return_to_supplier", lot_id=OTHER_LOT)

    assert found.status is Status.DISPOSITIONED


def test_a_dispositioned_one_closes() -> None:
    found = a_contained_one()
    _ = dispose(found, 10)

    closed = found.close()

    assert closed == NonconformanceClosed(nonconformance_id=found.nonconformance_id, customer_id=ANNAS)
    assert found.status is Status.CLOSED


def test_one_that_contained_nothing_closes_with_a_reason() -> None:
    found = a_nonconformance()

    _ = found.close(" the customer was mistaken ")

    assert (found.status, found.closed_because) == (Status.CLOSED, "the customer was mistaken")


REFUSALS: dict[str, tuple[Nonconformance, Attempt, type[OrderloopError]]] = {
    "no item": (a_nonconformance(item_id=None), lambda f: f.contain([LOT], "x"), ItemNotKnown),
    "no lots": (a_nonconformance(), lambda f: f.contain([], "x"), NothingToContain),
    "contain, no reason": (a_nonconformance(), lambda f: f.contain([LOT], " "), NothingSaid),
    "contain, other item": (
        a_nonconformance(),
        lambda f: f.contain([LOT], "x", item_id=ItemId(new_id())),
        NonconformanceOfAnotherItem,
    ),
    "quarantine, other item": (
        a_nonconformance(),
        lambda f: f.confirm_quarantine(a_quarantine(item_id=ItemId(new_id()))),
        NonconformanceOfAnotherItem,
    ),
    "nothing contained": (a_nonconformance(item_id=None), lambda f: dispose(f, 1), LotNotContained),
    "other lot": (a_contained_one(), lambda f: dispose(f, 1, lot_id=OTHER_LOT), LotNotContained),
    "unconfirmed": (a_contained_one(pieces=None), lambda f: dispose(f, 1), QuarantineNotConfirmed),
    "nothing": (a_contained_one(), lambda f: dispose(f, 0), NothingToDispose),
    "less than nothing": (a_contained_one(), lambda f: dispose(f, -1), NothingToDispose),
    "too many": (a_contained_one(), lambda f: dispose(f, "10.000001"), DispositionExceedsQuarantine),
    "dispose, no reason": (a_contained_one(), lambda f: dispose(f, 1, reason=""), NothingSaid),
    "other unit": (
        a_contained_one(),
        lambda f: f.dispose(
            LOT, Quantity(value=Decimal(1), unit="KGM"), "scrap", "x", decided_by="vera", decided_on=TODAY
        ),
        UnlikeUnits,
    ),
    "close, something left": (a_contained_one(), lambda f: f.close(), QuantityNotDispositioned),
    "close, unknown": (a_contained_one(pieces=None), lambda f: f.close("x"), QuantityNotDispositioned),
    "close, nothing contained": (a_nonconformance(), lambda f: f.close(" "), NothingWasContained),
    "closed, contain": (a_closed_one(), lambda f: f.contain([OTHER_LOT], "x"), NonconformanceIsClosed),
    "closed, quarantine": (a_closed_one(), lambda f: f.confirm_quarantine(a_quarantine()), NonconformanceIsClosed),
    "closed, dispose": (a_closed_one(), lambda f: dispose(f, 1), NonconformanceIsClosed),
    "closed, close": (a_closed_one(), lambda f: f.close("x"), NonconformanceIsClosed),
}


@pytest.mark.parametrize(("found", "attempt", "refusal"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_changes_nothing(found: Nonconformance, attempt: Attempt, refusal: type[OrderloopError]) -> None:
    found = deepcopy(found)
    before = state(found)

    with pytest.raises(refusal):
        _ = attempt(found)

    assert state(found) == before


def test_inventory_cannot_have_quarantined_less_than_was_decided() -> None:
    found = a_contained_one(pieces=10)
    _ = dispose(found, 4)
    before = state(found)

    with pytest.raises(DispositionExceedsQuarantine):
        found.confirm_quarantine(a_quarantine(pieces=3))

    assert state(found) == before


@settings(derandomize=True, max_examples=200)
@given(quarantined=st.integers(0, 30), wanted=st.lists(st.integers(-2, 15), max_size=12))
def test_decided_and_left_always_add_up_to_what_was_quarantined(quarantined: int, wanted: list[int]) -> None:
    found = a_contained_one(pieces=quarantined)

    for pieces in wanted:
        try:
            _ = dispose(found, pieces)
        except (NothingToDispose, DispositionExceedsQuarantine):
            continue

    decided = sum((decision.quantity.value for decision in found.decisions), Decimal(0))
    left = found.remaining(LOT)
    assert left is not None
    assert (left.value >= 0, left.value + decided) == (True, quarantined)
    assert (found.status is Status.DISPOSITIONED) is (left.value == 0)
