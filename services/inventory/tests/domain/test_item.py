from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.inventory import ItemRegistered
from contracts.values import Money, Quantity
from inventory.domain.item import (
    CostInOtherCurrency,
    CostIsNegative,
    Item,
    ItemHasNoSupplier,
    LeadTimeIsNegative,
    SerialsCountPieces,
    SerialsDoNotMatch,
    ServiceIsNotStocked,
    ServiceIsNotTracked,
    Tracking,
    WrongUnit,
)
from inventory.domain.quantities import QuantityNotPositive, total


def euros(amount: str) -> Money:
    return Money.rounded(Quantity.pieces(amount).value, "EUR")


def an_item(tracked: Tracking = "none", unit: str = "C62", supplier: str | None = None, cost: str = "4.00") -> Item:
    return Item(sku="GTX-PRO", tracked=tracked, unit=unit, supplier=supplier, standard_cost=euros(cost))


def a_service(tracked: Tracking = "none", supplier: str | None = None) -> Item:
    return Item(sku="FREIGHT", kind="service", tracked=tracked, supplier=supplier, standard_cost=euros("9.00"))


def test_a_registered_item_tells_all_that_others_need() -> None:
    item = an_item(tracked="lot")

    registered = item.register()

    assert registered == ItemRegistered(
        item_id=item.item_id,
        sku="GTX-PRO",
        description="",
        kind="goods",
        unit="C62",
        standard_cost=euros("4.00"),
        tracked="lot",
    )


def test_a_service_has_no_lots() -> None:
    with pytest.raises(ServiceIsNotTracked):
        _ = a_service(tracked="lot").register()


def test_a_service_is_not_bought_for_stock() -> None:
    with pytest.raises(ServiceIsNotStocked):
        _ = a_service(supplier="Carrier").register()


def test_serials_are_not_counted_in_kilograms() -> None:
    with pytest.raises(SerialsCountPieces):
        _ = an_item(tracked="serial", unit="KGM").register()


def test_an_item_does_not_cost_less_than_nothing() -> None:
    with pytest.raises(CostIsNegative):
        _ = an_item(cost="-0.01").register()


def test_an_item_has_no_negative_lead_time() -> None:
    item = an_item()
    item.lead_days = -1

    with pytest.raises(LeadTimeIsNegative):
        _ = item.register()


def test_goods_ordered_today_come_in_after_the_lead_time() -> None:
    item = an_item()

    item.buy_from("Globex", lead_days=5)

    assert item.expected_on(date(2024, 2, 27)) == date(2024, 3, 3)


def test_without_a_supplier_nothing_is_expected() -> None:
    with pytest.raises(ItemHasNoSupplier):
        _ = an_item().expected_on(date(2024, 2, 27))


@pytest.mark.parametrize(
    ("item", "days", "refusal"),
    [(an_item(supplier="Initech"), -1, LeadTimeIsNegative), (a_service(), 1, ServiceIsNotStocked)],
)
def test_a_refused_supplier_changes_nothing(item: Item, days: int, refusal: type[Exception]) -> None:
    before = asdict(item)

    with pytest.raises(refusal):
        item.buy_from("Globex", lead_days=days)

    assert asdict(item) == before


def test_an_item_is_counted_in_its_own_unit() -> None:
    with pytest.raises(WrongUnit):
        an_item().must_count(Quantity(value=Quantity.pieces(1).value, unit="KGM"))


@pytest.mark.parametrize("number", ["0", "-1"])
def test_an_item_is_counted_above_zero(number: str) -> None:
    with pytest.raises(QuantityNotPositive):
        an_item().must_count(Quantity.pieces(number))


def test_serials_come_in_whole_pieces() -> None:
    an_item(tracked="lot").must_count(Quantity.pieces("1.5"))

    with pytest.raises(SerialsCountPieces):
        an_item(tracked="serial").must_count(Quantity.pieces("1.5"))


def test_costs_are_in_the_currency_of_the_item() -> None:
    an_item().must_cost(euros("0.00"))

    with pytest.raises(CostInOtherCurrency):
        an_item().must_cost(Money.zero("USD"))


@pytest.mark.parametrize(
    ("tracked", "serials"),
    [("serial", ()), ("serial", ("a",)), ("serial", ("a", "a")), ("serial", ("a", "b", "c")), ("lot", ("a", "b"))],
)
def test_two_pieces_need_two_serials_where_serials_are_tracked(tracked: Tracking, serials: tuple[str, ...]) -> None:
    with pytest.raises(SerialsDoNotMatch):
        an_item(tracked=tracked).must_match(serials, Quantity.pieces(2))


def test_serials_that_match_are_accepted() -> None:
    an_item(tracked="serial").must_match(("a", "b"), Quantity.pieces(2))
    an_item(tracked="none").must_match((), Quantity.pieces(2))


@given(st.lists(st.integers(min_value=-1000, max_value=1000)))
def test_a_total_is_the_sum_and_keeps_its_unit(numbers: list[int]) -> None:
    quantities = [Quantity(value=Quantity.pieces(number).value, unit="KGM") for number in numbers]

    assert total(quantities, "KGM") == Quantity(value=Quantity.pieces(sum(numbers)).value, unit="KGM")
