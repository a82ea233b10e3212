from collections.abc import Callable
from dataclasses import asdict
from datetime import date

import pytest

from contracts.ids import ItemId, LineId, OrderId, WarehouseId, new_id
from contracts.inventory import (
    Peg,
    PurchaseLine,
    PurchaseOrderAcknowledged,
    PurchaseOrderCancellationRefused,
    PurchaseOrderCancelled,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    SupplyRepegged,
)
from contracts.values import Money, Quantity
from inventory.domain.item import CostInOtherCurrency, Item, ItemHasNoSupplier, ServiceIsNotStocked, WrongUnit
from inventory.domain.purchase_order import (
    ItemNotPurchased,
    LessThanReceived,
    MoreThanOrdered,
    NoCancellationAsked,
    NothingPromised,
    PegsExceedPurchase,
    PurchasedLine,
    PurchaseHasNoLines,
    PurchaseNotExpected,
    PurchaseNotRunning,
    PurchaseOrder,
    PurchaseStatus,
    purchase_to_cover,
    purchased,
)
from inventory.domain.quantities import QuantityNotPositive

MAIN = WarehouseId(new_id())
BEFORE, AFTER = date(2024, 1, 10), date(2024, 1, 20)


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def euros(amount: str) -> Money:
    return Money.rounded(Quantity.pieces(amount).value, "EUR")


ITEM = Item(sku="GTX-PRO", standard_cost=euros("4.00"), supplier="Globex", lead_days=9)


def a_peg(number: int) -> Peg:
    return Peg(order_id=OrderId(new_id()), line_id=LineId(new_id()), item_id=ITEM.item_id, quantity=pieces(number))


def of(peg: Peg, number: int) -> Peg:
    return peg.model_copy(update={"quantity": pieces(number)})


def a_line(number: int = 100, item: Item = ITEM) -> PurchasedLine:
    return purchased(item, pieces(number))


def a_purchase(
    *pegs: Peg, status: PurchaseStatus = PurchaseStatus.PLACED, received: int = 0, number: int = 100
) -> PurchaseOrder:
    line = a_line(number)
    line.received = pieces(received)
    return PurchaseOrder(
        number="PO-1",
        supplier="Globex",
        warehouse_id=MAIN,
        expected_on=BEFORE,
        lines=[line],
        pegs=pegs,
        status=status,
    )


def told(number: int) -> PurchaseLine:
    return PurchaseLine(item_id=ITEM.item_id, sku="GTX-PRO", quantity=pieces(number), unit_cost=euros("4.00"))


def test_a_placed_purchase_says_what_is_bought_for_whom() -> None:
    peg = a_peg(60)
    purchase = a_purchase(peg)

    assert purchase.place() == PurchaseOrderPlaced(
        purchase_order_id=purchase.purchase_order_id,
        number="PO-1",
        supplier="Globex",
        warehouse_id=MAIN,
        lines=(told(100),),
        pegs=(peg,),
        expected_on=BEFORE,
    )


def test_a_shortage_is_bought_at_the_supplier_for_the_lines_that_wait() -> None:
    pegs = (a_peg(3), a_peg(4))

    purchase = purchase_to_cover(ITEM, pegs, number="PO-2", warehouse_id=MAIN, today=date(2024, 1, 1))

    placed = purchase.place()
    assert (placed.lines, placed.pegs, placed.supplier, placed.expected_on) == ((told(7),), pegs, "Globex", BEFORE)


def test_a_shortage_without_a_supplier_is_not_bought_by_itself() -> None:
    item = Item(sku="ODD", standard_cost=euros("1.00"))

    with pytest.raises(ItemHasNoSupplier):
        _ = purchase_to_cover(item, [a_peg(3)], number="PO-2", warehouse_id=MAIN, today=BEFORE)


@pytest.mark.parametrize("lines", [[], [a_line(), a_line()]])
def test_a_purchase_names_each_item_once(lines: list[PurchasedLine]) -> None:
    purchase = a_purchase()
    purchase.lines = lines

    with pytest.raises(PurchaseHasNoLines):
        _ = purchase.place()


def test_no_more_is_pegged_than_bought() -> None:
    with pytest.raises(PegsExceedPurchase):
        _ = a_purchase(a_peg(60), a_peg(41)).place()


@pytest.mark.parametrize(
    ("item", "quantity", "cost", "refusal"),
    [
        (Item(sku="F", kind="service", standard_cost=euros("1.00")), pieces(1), None, ServiceIsNotStocked),
        (ITEM, Quantity(value=pieces(1).value, unit="KGM"), None, WrongUnit),
        (ITEM, pieces(0), None, QuantityNotPositive),
        (ITEM, pieces(1), Money.zero("USD"), CostInOtherCurrency),
    ],
)
def test_only_goods_are_bought_in_their_unit_and_currency(
    item: Item, quantity: Quantity, cost: Money | None, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        _ = purchased(item, quantity, cost)


def test_a_supplier_may_say_that_all_comes_in_time() -> None:
    purchase = a_purchase(a_peg(60))

    said = purchase.acknowledge()

    assert said.events == (
        PurchaseOrderAcknowledged(purchase_order_id=purchase.purchase_order_id, lines=(told(100),), expected_on=BEFORE),
    )
    assert (said.lost, purchase.status) == ((), PurchaseStatus.ACKNOWLEDGED)


def test_a_supplier_may_deliver_less_and_later() -> None:
    old, young = a_peg(60), a_peg(40)
    purchase = a_purchase(old, young)

    said = purchase.acknowledge(AFTER, {ITEM.item_id: pieces(80)})

    assert said.events == (
        PurchaseOrderAcknowledged(
            purchase_order_id=purchase.purchase_order_id,
            lines=(told(80),),
            expected_on=AFTER,
            lost=(of(young, 20),),
        ),
        PurchaseOrderDateChanged(
            purchase_order_id=purchase.purchase_order_id, before=BEFORE, after=AFTER, pegs=(old, of(young, 20))
        ),
    )
    assert (said.lost, purchase.expected_on) == ((of(young, 20),), AFTER)
    assert purchase.open_of(ITEM.item_id) == purchase.pegged_of(ITEM.item_id) == pieces(80)


def test_the_youngest_pegs_lose_what_will_not_come() -> None:
    old, middle, young = a_peg(50), a_peg(30), a_peg(20)
    purchase = a_purchase(old, middle, young)

    said = purchase.acknowledge(quantities={ITEM.item_id: pieces(60)})

    assert (said.lost, purchase.pegs) == ((young, of(middle, 20)), (old, of(middle, 10)))


def test_what_was_for_stock_is_lost_before_any_peg() -> None:
    peg = a_peg(50)
    purchase = a_purchase(peg)

    assert purchase.acknowledge(quantities={ITEM.item_id: pieces(50)}).lost == ()
    assert purchase.pegs == (peg,)


def test_a_purchase_is_received_when_the_supplier_promises_no_more_than_came_in() -> None:
    purchase = a_purchase(status=PurchaseStatus.PARTLY_RECEIVED, received=30)

    _ = purchase.acknowledge(quantities={ITEM.item_id: pieces(30)})

    assert (purchase.status, purchase.is_complete) == (PurchaseStatus.RECEIVED, True)


@pytest.mark.parametrize(
    ("item_id", "number", "refusal"),
    [
        (ITEM.item_id, 101, MoreThanOrdered),
        (ITEM.item_id, 9, LessThanReceived),
        (ItemId(new_id()), 1, ItemNotPurchased),
    ],
)
def test_a_refused_acknowledgement_changes_nothing(item_id: ItemId, number: int, refusal: type[Exception]) -> None:
    purchase = a_purchase(a_peg(60), status=PurchaseStatus.PARTLY_RECEIVED, received=10)
    before = asdict(purchase)

    with pytest.raises(refusal):
        _ = purchase.acknowledge(AFTER, {item_id: pieces(number)})

    assert asdict(purchase) == before


def test_a_supplier_who_delivers_nothing_acknowledges_nothing() -> None:
    purchase = a_purchase(a_peg(60))
    before = asdict(purchase)

    with pytest.raises(NothingPromised):
        _ = purchase.acknowledge(AFTER, {ITEM.item_id: pieces(0)})

    assert asdict(purchase) == before


def test_goods_that_came_in_serve_the_pegs_that_waited_longest() -> None:
    old, young = a_peg(30), a_peg(40)
    purchase = a_purchase(old, young, status=PurchaseStatus.ACKNOWLEDGED)

    served = purchase.receive({ITEM.item_id: pieces(50)})

    assert served == (old, of(young, 20))
    assert (purchase.pegs, purchase.status, purchase.is_complete) == (
        (of(young, 20),),
        PurchaseStatus.PARTLY_RECEIVED,
        False,
    )
    assert purchase.open_of(ITEM.item_id) == pieces(50)


def test_a_purchase_is_received_when_all_came_in() -> None:
    purchase = a_purchase(a_peg(30))

    _ = purchase.receive({ITEM.item_id: pieces(40)})
    _ = purchase.receive({ITEM.item_id: pieces(60)})

    assert (purchase.status, purchase.is_complete, purchase.pegs) == (PurchaseStatus.RECEIVED, True, ())


def test_a_supplier_may_deliver_what_it_did_not_promise_but_we_ordered() -> None:
    purchase = a_purchase(a_peg(80))
    _ = purchase.acknowledge(quantities={ITEM.item_id: pieces(80)})

    _ = purchase.receive({ITEM.item_id: pieces(100)})

    assert (purchase.status, purchase.open_of(ITEM.item_id)) == (PurchaseStatus.RECEIVED, pieces(0))


@pytest.mark.parametrize(
    ("item_id", "number", "refusal"),
    [
        (ITEM.item_id, 91, MoreThanOrdered),
        (ITEM.item_id, 0, QuantityNotPositive),
        (ItemId(new_id()), 1, ItemNotPurchased),
    ],
)
def test_a_refused_receipt_changes_nothing(item_id: ItemId, number: int, refusal: type[Exception]) -> None:
    purchase = a_purchase(a_peg(60), status=PurchaseStatus.PARTLY_RECEIVED, received=10)
    before = asdict(purchase)

    with pytest.raises(refusal):
        _ = purchase.receive({item_id: pieces(number)})

    assert asdict(purchase) == before


def test_a_placed_purchase_is_cancelled_at_once() -> None:
    peg = a_peg(60)
    purchase = a_purchase(peg)

    assert purchase.cancel("too dear") == PurchaseOrderCancelled(
        purchase_order_id=purchase.purchase_order_id, reason="too dear", pegs=(peg,)
    )
    assert (purchase.status, purchase.pegs) == (PurchaseStatus.CANCELLED, ())


@pytest.mark.parametrize("status", [PurchaseStatus.ACKNOWLEDGED, PurchaseStatus.PARTLY_RECEIVED])
def test_an_acknowledged_purchase_waits_for_the_suppliers_answer(status: PurchaseStatus) -> None:
    peg = a_peg(60)
    purchase = a_purchase(peg, status=status)

    assert purchase.cancel("too dear") is None
    assert (purchase.status, purchase.pegs) == (PurchaseStatus.CANCELLING, (peg,))

    assert purchase.accept_cancellation() == PurchaseOrderCancelled(
        purchase_order_id=purchase.purchase_order_id, reason="too dear", pegs=(peg,)
    )
    assert (purchase.status, purchase.pegs) == (PurchaseStatus.CANCELLED, ())


@pytest.mark.parametrize(
    ("received", "status"), [(0, PurchaseStatus.ACKNOWLEDGED), (10, PurchaseStatus.PARTLY_RECEIVED)]
)
def test_a_supplier_who_refuses_the_cancellation_delivers(received: int, status: PurchaseStatus) -> None:
    peg = a_peg(60)
    purchase = a_purchase(peg, status=status, received=received)
    _ = purchase.cancel("too dear")

    assert purchase.refuse_cancellation("already made") == PurchaseOrderCancellationRefused(
        purchase_order_id=purchase.purchase_order_id, reason="already made"
    )
    assert (purchase.status, purchase.pegs, purchase.cancellation_reason) == (status, (peg,), None)


def test_goods_that_come_in_meanwhile_do_not_answer_the_question() -> None:
    purchase = a_purchase(status=PurchaseStatus.CANCELLING)

    _ = purchase.receive({ITEM.item_id: pieces(40)})
    assert purchase.status == PurchaseStatus.CANCELLING
    _ = purchase.receive({ITEM.item_id: pieces(60)})
    assert purchase.status == PurchaseStatus.RECEIVED


ENDED = (PurchaseStatus.RECEIVED, PurchaseStatus.CANCELLED)
STEPS: list[tuple[Callable[[PurchaseOrder], object], type[Exception], tuple[PurchaseStatus, ...]]] = [
    (lambda purchase: purchase.acknowledge(AFTER), PurchaseNotRunning, (*ENDED, PurchaseStatus.CANCELLING)),
    (lambda purchase: purchase.cancel("no"), PurchaseNotRunning, (*ENDED, PurchaseStatus.CANCELLING)),
    (lambda purchase: purchase.receive({ITEM.item_id: pieces(1)}), PurchaseNotExpected, ENDED),
    (lambda purchase: purchase.accept_cancellation(), NoCancellationAsked, (*ENDED, PurchaseStatus.PLACED)),
    (lambda purchase: purchase.refuse_cancellation("no"), NoCancellationAsked, (*ENDED, PurchaseStatus.ACKNOWLEDGED)),
]


@pytest.mark.parametrize(
    ("step", "refusal", "status"), [(step, refusal, status) for step, refusal, when in STEPS for status in when]
)
def test_a_step_at_the_wrong_time_changes_nothing(
    step: Callable[[PurchaseOrder], object], refusal: type[Exception], status: PurchaseStatus
) -> None:
    purchase = a_purchase(status=status)
    before = asdict(purchase)

    with pytest.raises(refusal):
        _ = step(purchase)

    assert asdict(purchase) == before


def test_supply_moves_from_one_order_line_to_another_and_to_stock() -> None:
    first, second = a_peg(60), a_peg(40)
    purchase = a_purchase(first)
    to = (second.order_id, second.line_id)

    moved = purchase.repeg(ITEM.item_id, pieces(20), from_=(first.order_id, first.line_id), to=to)
    grown = purchase.repeg(ITEM.item_id, pieces(40), to=to)
    freed = purchase.repeg(ITEM.item_id, pieces(10), from_=(first.order_id, first.line_id))

    assert moved == SupplyRepegged(
        purchase_order_id=purchase.purchase_order_id,
        item_id=ITEM.item_id,
        quantity=pieces(20),
        from_order_id=first.order_id,
        to_order_id=second.order_id,
        from_line_id=first.line_id,
        to_line_id=second.line_id,
        expected_on=purchase.expected_on,
    )
    assert (grown.from_order_id, grown.to_order_id) == (None, second.order_id)
    assert (freed.from_order_id, freed.to_order_id) == (first.order_id, None)
    assert (grown.from_line_id, freed.to_line_id, freed.expected_on) == (None, None, None)
    assert purchase.pegs == (of(first, 30), of(second, 60))


def test_no_more_is_repegged_than_there_is() -> None:
    peg = a_peg(60)
    purchase = a_purchase(peg)
    claim = (peg.order_id, peg.line_id)
    before = asdict(purchase)

    with pytest.raises(PegsExceedPurchase):
        _ = purchase.repeg(ITEM.item_id, pieces(61), from_=claim)
    with pytest.raises(PegsExceedPurchase):
        _ = purchase.repeg(ITEM.item_id, pieces(41), to=claim)
    with pytest.raises(QuantityNotPositive):
        _ = purchase.repeg(ITEM.item_id, pieces(0), to=claim)

    assert asdict(purchase) == before
