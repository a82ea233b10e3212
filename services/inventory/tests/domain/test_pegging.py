from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.ids import LineId, OrderId, WarehouseId, new_id
from contracts.inventory import Backorder, Peg, SupplyRepegged
from contracts.lines import LineQuantity
from contracts.values import Money, Quantity
from inventory.domain.backlog import Waiting
from inventory.domain.item import Item
from inventory.domain.pegging import expectation, repeg, unsupplied
from inventory.domain.purchase_order import PurchaseOrder, PurchaseStatus, purchased

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
ITEM = Item(sku="GTX-PRO", standard_cost=Money.zero("EUR"))


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def a_wait(number: int, days: int = 0) -> Waiting:
    """An order line that waits for so many, since that many days after Monday."""
    return Waiting(
        order_id=OrderId(new_id()),
        line_id=LineId(new_id()),
        item_id=ITEM.item_id,
        quantity=pieces(number),
        since=MONDAY + timedelta(days=days),
    )


def pegged(waiting: Waiting, number: int) -> Peg:
    return Peg(order_id=waiting.order_id, line_id=waiting.line_id, item_id=ITEM.item_id, quantity=pieces(number))


def a_purchase(
    number: int, *pegs: Peg, day: int = 10, status: PurchaseStatus = PurchaseStatus.ACKNOWLEDGED
) -> PurchaseOrder:
    return PurchaseOrder(
        number="PO-1",
        supplier="Globex",
        warehouse_id=WarehouseId(new_id()),
        expected_on=date(2024, 1, day),
        lines=[purchased(ITEM, pieces(number))],
        pegs=pegs,
        status=status,
    )


def change(
    purchase: PurchaseOrder, number: int, from_: Waiting | None = None, to: Waiting | None = None
) -> SupplyRepegged:
    return SupplyRepegged(
        purchase_order_id=purchase.purchase_order_id,
        item_id=ITEM.item_id,
        quantity=pieces(number),
        from_order_id=None if from_ is None else from_.order_id,
        to_order_id=None if to is None else to.order_id,
        from_line_id=None if from_ is None else from_.line_id,
        to_line_id=None if to is None else to.line_id,
        expected_on=None if to is None else purchase.expected_on,
    )


def test_pegs_that_fit_stay() -> None:
    waiting = a_wait(10)
    purchase = a_purchase(10, pegged(waiting, 10))

    assert repeg(ITEM.item_id, [waiting], [purchase]) == ()
    assert purchase.pegs == (pegged(waiting, 10),)


def test_the_supply_of_a_cancelled_line_goes_to_the_oldest_that_waits_and_the_rest_to_stock() -> None:
    gone, old, young = a_wait(10), a_wait(4, days=1), a_wait(3, days=2)
    purchase = a_purchase(10, pegged(gone, 10))

    changes = repeg(ITEM.item_id, [young, old], [purchase])

    assert changes == (
        change(purchase, 4, gone, old),
        change(purchase, 3, gone, young),
        change(purchase, 3, gone),
    )
    assert purchase.pegs == (pegged(old, 4), pegged(young, 3))


def test_a_line_that_waits_for_less_frees_the_supply_that_comes_last() -> None:
    waiting = a_wait(6)
    early, late = a_purchase(5, pegged(waiting, 5), day=3), a_purchase(5, pegged(waiting, 5), day=4)

    changes = repeg(ITEM.item_id, [waiting], [late, early])

    assert changes == (change(late, 4, waiting),)
    assert (early.pegs, late.pegs) == ((pegged(waiting, 5),), (pegged(waiting, 1),))


def test_a_new_shortage_takes_what_was_bought_for_stock_before_anything_is_bought() -> None:
    waiting = a_wait(6)
    late, early = a_purchase(5, day=4), a_purchase(5, day=3)

    changes = repeg(ITEM.item_id, [waiting], [late, early])

    assert changes == (change(early, 5, None, waiting), change(late, 1, None, waiting))
    assert unsupplied(ITEM.item_id, [waiting], [late, early]) == ()


def test_while_the_supplier_has_not_answered_the_pegs_stay() -> None:
    gone, waiting = a_wait(5), a_wait(5)
    purchase = a_purchase(10, pegged(gone, 5), status=PurchaseStatus.CANCELLING)

    assert repeg(ITEM.item_id, [waiting], [purchase]) == ()
    assert purchase.pegs == (pegged(gone, 5),)

    _ = purchase.refuse_cancellation("already made")
    assert repeg(ITEM.item_id, [], [purchase]) == (change(purchase, 5, gone),)


def test_a_line_that_a_cancelling_purchase_may_still_serve_is_not_supplied_twice() -> None:
    waiting = a_wait(5)
    asked = a_purchase(5, pegged(waiting, 5), day=20, status=PurchaseStatus.CANCELLING)
    running = a_purchase(5, day=3)

    assert repeg(ITEM.item_id, [waiting], [running, asked]) == ()
    assert unsupplied(ITEM.item_id, [waiting], [running, asked]) == ()


def test_of_a_line_with_two_supplies_the_one_that_can_move_is_freed() -> None:
    waiting = a_wait(5)
    asked = a_purchase(5, pegged(waiting, 5), day=20, status=PurchaseStatus.CANCELLING)
    running = a_purchase(5, pegged(waiting, 5), day=3)

    assert repeg(ITEM.item_id, [waiting], [running, asked]) == (change(running, 5, waiting),)
    assert asked.pegs == (pegged(waiting, 5),)


def test_other_items_are_left_alone() -> None:
    waiting, other = a_wait(5), Item(sku="MG", standard_cost=Money.zero("EUR"))
    purchase = a_purchase(5)

    assert repeg(other.item_id, [waiting], [purchase]) == ()
    assert unsupplied(other.item_id, [waiting], [purchase]) == ()


def test_what_has_no_supply_is_a_shortage_oldest_first() -> None:
    old, young = a_wait(6), a_wait(3, days=1)
    purchase, ended = a_purchase(5, pegged(old, 5)), a_purchase(9, pegged(young, 3), status=PurchaseStatus.CANCELLED)

    assert unsupplied(ITEM.item_id, [young, old], [purchase, ended]) == (pegged(old, 1), pegged(young, 3))


def test_a_shortage_is_expected_with_its_purchases_the_latest_first() -> None:
    waiting = a_wait(9)
    early, late = a_purchase(5, pegged(waiting, 5), day=3), a_purchase(2, pegged(waiting, 2), day=4)

    def short(number: int) -> LineQuantity:
        return LineQuantity(line_id=waiting.line_id, item_id=ITEM.item_id, quantity=pieces(number))

    def expected(number: int, purchase: PurchaseOrder | None) -> Backorder:
        return Backorder(
            **short(number).model_dump(),
            expected_on=None if purchase is None else purchase.expected_on,
            purchase_order_id=None if purchase is None else purchase.purchase_order_id,
        )

    assert expectation(short(2), [early, late]) == (expected(2, late),)
    assert expectation(short(9), [early, late]) == (expected(2, late), expected(5, early), expected(2, None))
    assert expectation(short(1), []) == (expected(1, None),)


NUMBERS = st.integers(min_value=1, max_value=9)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Waiting], list[PurchaseOrder]]:
    """Lines that wait, some gone by now, and purchases that were pegged to them in some way."""
    lines = [a_wait(draw(NUMBERS), days=draw(st.integers(0, 3))) for _ in range(draw(st.integers(1, 4)))]
    purchases: list[PurchaseOrder] = []
    for _ in range(draw(st.integers(0, 3))):
        pegs = [pegged(line, draw(NUMBERS)) for line in lines if draw(st.booleans())]
        spare = draw(st.integers(min_value=0, max_value=9))
        number = sum(int(peg.quantity.value) for peg in pegs) + spare
        status = draw(st.sampled_from([PurchaseStatus.ACKNOWLEDGED, PurchaseStatus.CANCELLING]))
        if number:
            purchases.append(a_purchase(number, *pegs, day=draw(NUMBERS), status=status))
    return [line for line in lines if draw(st.booleans())], purchases


@settings(derandomize=True)
@given(situations())
def test_after_repegging_no_supply_is_idle_while_somebody_waits(
    situation: tuple[list[Waiting], list[PurchaseOrder]],
) -> None:
    backlog, purchases = situation
    running = [purchase for purchase in purchases if purchase.status == PurchaseStatus.ACKNOWLEDGED]

    _ = repeg(ITEM.item_id, backlog, purchases)

    idle = any(purchase.open_of(ITEM.item_id) > purchase.pegged_of(ITEM.item_id) for purchase in running)
    assert not (idle and unsupplied(ITEM.item_id, backlog, purchases))
    assert all(purchase.pegged_of(ITEM.item_id) <= purchase.open_of(ITEM.item_id) for purchase in purchases)
    wanted = {waiting.line_id: waiting.quantity for waiting in backlog}
    for peg in (peg for purchase in running for peg in purchase.pegs):
        assert sum(purchase.pegged_for(peg.line_id).value for purchase in running) <= wanted[peg.line_id].value
    assert repeg(ITEM.item_id, backlog, purchases) == ()
