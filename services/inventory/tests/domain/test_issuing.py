from dataclasses import asdict
from datetime import date

import pytest

from contracts.ids import ItemId, LineId, WarehouseId, new_id
from contracts.lines import LotQuantity, ShippedLine
from contracts.values import Money, Quantity
from inventory.domain.issuing import LotNotHere, LotsRunShort, issue, shipped_goods, shipped_service
from inventory.domain.item import Tracking
from inventory.domain.lot import Lot, LotNotReleased, SerialNotInLot, SerialsNotNamed
from inventory.domain.shipment import ShipmentLine

ITEM, MAIN = ItemId(new_id()), WarehouseId(new_id())


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def euros(amount: str) -> Money:
    return Money.rounded(Quantity.pieces(amount).value, "EUR")


def a_lot(
    day: int = 1, on_hand: int = 5, quarantined: int = 0, serials: tuple[str, ...] = (), item_id: ItemId = ITEM
) -> Lot:
    """A lot that came in on that day of January; its goods cost as many euros as the day says."""
    return Lot(
        item_id=item_id,
        warehouse_id=MAIN,
        number=f"L-{day}",
        received_on=date(2024, 1, day),
        on_hand=pieces(on_hand),
        unit_cost=euros(str(day)),
        value=euros(str(day * on_hand)),
        quarantined=pieces(quarantined),
        serials=serials,
    )


def a_line(number: int = 5, lots: tuple[LotQuantity, ...] = (), tracked: Tracking = "none") -> ShipmentLine:
    return ShipmentLine(line_id=LineId(new_id()), item_id=ITEM, quantity=pieces(number), tracked=tracked, lots=lots)


def of_lot(lot: Lot, number: int, *serials: str) -> LotQuantity:
    return LotQuantity(lot_id=lot.lot_id, lot_number=lot.number, quantity=pieces(number), serials=serials)


def test_the_oldest_lot_leaves_first() -> None:
    young, old = a_lot(2), a_lot(1)

    taken = issue(a_line(7), [young, old])

    assert [(part.lot_id, part.quantity) for part in taken] == [(old.lot_id, pieces(5)), (young.lot_id, pieces(2))]
    assert (old.on_hand, young.on_hand) == (pieces(0), pieces(3))


def test_quarantined_goods_stay_where_they_are() -> None:
    bad, half, good = a_lot(1, quarantined=5), a_lot(2, quarantined=3), a_lot(3)

    taken = issue(a_line(4), [bad, half, good])

    assert [(part.lot_number, part.quantity) for part in taken] == [("L-2", pieces(2)), ("L-3", pieces(2))]
    assert bad.on_hand == pieces(5)


def test_lots_that_the_packer_named_leave() -> None:
    old, young = a_lot(1), a_lot(2)

    taken = issue(a_line(3, lots=(of_lot(young, 2), of_lot(young, 1))), [old, young])

    assert [(part.lot_id, part.quantity) for part in taken] == [(young.lot_id, pieces(3))]


def test_serials_that_the_packer_named_leave() -> None:
    lot = a_lot(1, 3, serials=("A", "B", "C"))

    [taken] = issue(a_line(2, lots=(of_lot(lot, 2, "C", "A"),), tracked="serial"), [lot])

    assert (taken.serials, lot.serials) == (("C", "A"), ("B",))


OLD, YOUNG = a_lot(1), a_lot(2, quarantined=4)
SERIAL = a_lot(3, 2, serials=("A", "B"))
FOREIGN = a_lot(4, item_id=ItemId(new_id()))


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (a_line(9), LotsRunShort),
        (a_line(7, lots=(of_lot(OLD, 5), of_lot(YOUNG, 2))), LotNotReleased),
        (a_line(4, lots=(of_lot(OLD, 3), of_lot(FOREIGN, 1))), LotNotHere),
        (a_line(4, lots=(of_lot(OLD, 3), of_lot(a_lot(5), 1))), LotNotHere),
        (a_line(2, tracked="serial"), SerialsNotNamed),
        (a_line(6, lots=(of_lot(OLD, 5), of_lot(SERIAL, 1, "X")), tracked="serial"), SerialNotInLot),
    ],
)
def test_of_a_refused_line_nothing_leaves(line: ShipmentLine, refusal: type[Exception]) -> None:
    lots = [OLD, YOUNG, SERIAL, FOREIGN]
    before = [asdict(lot) for lot in lots]

    with pytest.raises(refusal):
        _ = issue(line, [OLD, YOUNG, FOREIGN] if line.tracked == "none" else lots)

    assert [asdict(lot) for lot in lots] == before


def test_a_shipped_line_says_which_lots_and_what_they_had_cost() -> None:
    first, second, line = a_lot(1), a_lot(2), a_line(7)

    told = shipped_goods(line, issue(line, [first, second]))

    assert told == ShippedLine(
        line_id=line.line_id,
        item_id=ITEM,
        quantity=pieces(7),
        lots=(of_lot(first, 5), of_lot(second, 2)),
        cost=euros("9.00"),
    )


def test_a_shipped_service_costs_what_it_usually_costs() -> None:
    line = a_line(3)

    told = shipped_service(line, euros("1.25"))

    assert told == ShippedLine(line_id=line.line_id, item_id=ITEM, quantity=pieces(3), cost=euros("3.75"))
