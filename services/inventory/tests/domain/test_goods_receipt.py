from dataclasses import asdict
from datetime import UTC, date, datetime

import pytest

from contracts.ids import NonconformanceId, PurchaseOrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import GoodsReceived, ReceivedLine
from contracts.values import Money, Quantity
from inventory.domain.goods_receipt import Arrival, GoodsReceipt, LotNotNumbered, NothingReceived
from inventory.domain.item import (
    CostInOtherCurrency,
    CostIsNegative,
    Item,
    SerialsDoNotMatch,
    ServiceIsNotStocked,
    Tracking,
    WrongUnit,
)
from inventory.domain.ledger import MovementKind, entries_of_dispatch, entries_of_receipt, entry_of_adjustment
from inventory.domain.lot import LotStatus

NOW = datetime(2024, 1, 5, 8, 0, tzinfo=UTC)


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def euros(amount: str) -> Money:
    return Money.rounded(Quantity.pieces(amount).value, "EUR")


def an_item(tracked: Tracking = "none") -> Item:
    return Item(sku="GTX-PRO", tracked=tracked, standard_cost=euros("4.00"))


def a_receipt() -> GoodsReceipt:
    return GoodsReceipt(
        warehouse_id=WarehouseId(new_id()),
        received_on=date(2024, 1, 5),
        purchase_order_id=PurchaseOrderId(new_id()),
        supplier="Globex",
    )


def an_arrival(
    item: Item | None = None,
    number: int = 10,
    cost: Money | None = None,
    lot_number: str | None = None,
    serials: tuple[str, ...] = (),
) -> Arrival:
    return Arrival(
        item=item or an_item(), quantity=pieces(number), unit_cost=cost, lot_number=lot_number, serials=serials
    )


def test_each_line_that_came_in_becomes_a_lot() -> None:
    receipt = a_receipt()
    first, second = an_arrival(cost=euros("3.50"), lot_number="L-7"), an_arrival(number=2)

    received = receipt.book([first, second], complete=False)

    cheap, dear = receipt.lots
    assert received == GoodsReceived(
        goods_receipt_id=receipt.goods_receipt_id,
        warehouse_id=receipt.warehouse_id,
        lines=(
            ReceivedLine(
                item_id=first.item.item_id,
                lot_id=cheap.lot_id,
                lot_number="L-7",
                quantity=pieces(10),
                cost=euros("35.00"),
            ),
            ReceivedLine(
                item_id=second.item.item_id,
                lot_id=dear.lot_id,
                lot_number="2024-01-05",
                quantity=pieces(2),
                cost=euros("8.00"),
            ),
        ),
        purchase_order_id=receipt.purchase_order_id,
        supplier="Globex",
        complete=False,
    )
    assert [lot.status for lot in receipt.lots] == [LotStatus.RELEASED, LotStatus.RELEASED]


def test_goods_that_cost_nothing_are_not_taken_at_the_standard_cost() -> None:
    receipt = a_receipt()

    _ = receipt.book([an_arrival(cost=euros("0.00"))])

    assert receipt.lots[0].value == euros("0.00")


def test_received_serials_are_in_the_lot() -> None:
    receipt = a_receipt()

    _ = receipt.book([an_arrival(an_item("serial"), 2, lot_number="L-1", serials=("A", "B"))])

    assert receipt.lots[0].serials == ("A", "B")


@pytest.mark.parametrize(
    ("arrival", "refusal"),
    [
        (an_arrival(Item(sku="F", kind="service", standard_cost=euros("1.00"))), ServiceIsNotStocked),
        (Arrival(item=an_item(), quantity=Quantity(value=pieces(1).value, unit="KGM")), WrongUnit),
        (an_arrival(cost=Money.zero("USD")), CostInOtherCurrency),
        (an_arrival(cost=euros("-1.00")), CostIsNegative),
        (an_arrival(an_item("serial"), lot_number="L-1"), SerialsDoNotMatch),
        (an_arrival(an_item("lot")), LotNotNumbered),
        (an_arrival(an_item("serial"), 1, serials=("A",)), LotNotNumbered),
    ],
)
def test_a_refused_line_refuses_the_whole_receipt(arrival: Arrival, refusal: type[Exception]) -> None:
    receipt = a_receipt()
    before = asdict(receipt)

    with pytest.raises(refusal):
        _ = receipt.book([an_arrival(), arrival])

    assert asdict(receipt) == before


def test_an_empty_receipt_is_refused() -> None:
    with pytest.raises(NothingReceived):
        _ = a_receipt().book([])


def test_the_ledger_says_what_came_in_and_what_left() -> None:
    receipt = a_receipt()
    received = receipt.book([an_arrival(number=10)])
    [lot] = receipt.lots
    shipment_id, ncr = ShipmentId(new_id()), NonconformanceId(new_id())

    entries = (
        *entries_of_receipt(received, NOW),
        *entries_of_dispatch(shipment_id, [lot.take(pieces(3))], NOW),
        entry_of_adjustment(lot.lose(pieces(1), "count"), NOW),
        entry_of_adjustment(lot.find(pieces(2), "count"), NOW),
    )
    _ = lot.quarantine("cracks", ncr)
    scrapped = entry_of_adjustment(lot.scrap(pieces(8), "cracks", ncr), NOW)

    assert [(entry.kind, entry.quantity, entry.cost, entry.because_of) for entry in (*entries, scrapped)] == [
        (MovementKind.RECEIPT, pieces(10), euros("40.00"), receipt.goods_receipt_id),
        (MovementKind.DISPATCH, pieces(-3), euros("-12.00"), shipment_id),
        (MovementKind.ADJUSTMENT, pieces(-1), euros("-4.00"), None),
        (MovementKind.ADJUSTMENT, pieces(2), euros("8.00"), None),
        (MovementKind.SCRAP, pieces(-8), euros("-32.00"), ncr),
    ]
    assert {entry.lot_id for entry in entries} == {lot.lot_id}
    assert scrapped.reason == "cracks"
