"""On any day an item has at most one price in a currency."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import OrderloopError
from contracts.ids import ItemId, new_id
from contracts.sales import ListPrice, PriceListPublished, PriceListRetired
from contracts.values import Money
from sales.domain.price_list import (
    ItemAlreadyPriced,
    ItemHasNoPrice,
    PriceImpossible,
    PriceList,
    PriceListAlreadyPublished,
    PriceListEmpty,
    PriceListNotPublished,
    Status,
    ValidityEndsBeforeItBegins,
    price_on,
)

RACK, SHELF = ItemId(new_id()), ItemId(new_id())
JANUARY, JUNE, JULY, DECEMBER = date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


def a_list(
    *,
    item_id: ItemId = RACK,
    price: str = "10.00",
    currency: str = "EUR",
    valid_from: date = JANUARY,
    valid_until: date | None = DECEMBER,
) -> PriceList:
    prices = PriceList(name="2026", currency=currency, valid_from=valid_from, valid_until=valid_until)
    prices.set_price(item_id, money(price, currency))
    return prices


def a_published_list(*, valid_from: date = JANUARY, valid_until: date | None = DECEMBER) -> PriceList:
    prices = a_list(valid_from=valid_from, valid_until=valid_until)
    _ = prices.publish(())
    return prices


def refused(error: type[OrderloopError], prices: PriceList, action: Callable[[PriceList], object]) -> None:
    """The action is refused with this error and changes nothing."""
    before = vars(prices).copy()

    with pytest.raises(error):
        _ = action(prices)

    assert vars(prices) == before


def test_a_list_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValidityEndsBeforeItBegins):
        _ = a_list(valid_from=JULY, valid_until=JUNE)


def test_a_list_may_hold_for_one_day() -> None:
    prices = a_published_list(valid_from=JULY, valid_until=JULY)

    assert [prices.holds_on(day) for day in (JUNE, JULY, JULY + timedelta(days=1))] == [False, True, False]


def test_a_draft_takes_the_newest_price_of_an_item() -> None:
    prices = a_list(price="10.00")

    prices.set_price(SHELF, money("4.00"))
    prices.set_price(RACK, money("11.00"))

    assert prices.prices == (
        ListPrice(item_id=SHELF, price=money("4.00")),
        ListPrice(item_id=RACK, price=money("11.00")),
    )


@pytest.mark.parametrize("price", [money("-0.01"), money("1.00", "USD")])
def test_a_list_takes_no_impossible_price(price: Money) -> None:
    refused(PriceImpossible, a_list(), lambda it: it.set_price(SHELF, price))


def test_a_published_list_tells_its_prices() -> None:
    prices = a_list(valid_until=None)

    published = prices.publish(())

    assert published == PriceListPublished(
        price_list_id=prices.price_list_id,
        name="2026",
        currency="EUR",
        valid_from=JANUARY,
        valid_until=None,
        prices=(ListPrice(item_id=RACK, price=money("10.00")),),
    )
    assert prices.status is Status.PUBLISHED


def test_an_empty_list_is_not_published() -> None:
    refused(PriceListEmpty, PriceList(name="2026", currency="EUR", valid_from=JANUARY), lambda it: it.publish(()))


def test_published_prices_stand() -> None:
    refused(PriceListAlreadyPublished, a_published_list(), lambda it: it.set_price(RACK, money("1.00")))


def test_a_list_is_published_once() -> None:
    refused(PriceListAlreadyPublished, a_published_list(), lambda it: it.publish(()))


@pytest.mark.parametrize(
    ("valid_from", "valid_until"),
    [(JANUARY, JANUARY), (JUNE, DECEMBER), (date(2025, 1, 1), JANUARY), (date(2025, 1, 1), None)],
)
def test_lists_of_the_same_item_do_not_overlap(valid_from: date, valid_until: date | None) -> None:
    first_half = a_published_list(valid_until=JUNE)
    other = a_list(valid_from=valid_from, valid_until=valid_until)

    refused(ItemAlreadyPriced, other, lambda it: it.publish((first_half,)))


@pytest.mark.parametrize(
    "other",
    [
        a_list(valid_from=JULY),
        a_list(item_id=SHELF),
        a_list(currency="USD"),
        a_list(valid_from=date(2025, 1, 1), valid_until=date(2025, 12, 31)),
    ],
    ids=["the day after", "another item", "another currency", "the day before"],
)
def test_lists_that_share_no_day_item_and_currency_stand_side_by_side(other: PriceList) -> None:
    _ = other.publish((a_published_list(valid_until=JUNE),))

    assert other.status is Status.PUBLISHED


def test_a_draft_is_in_nobodys_way() -> None:
    other = a_list()

    _ = other.publish((a_list(),))

    assert other.status is Status.PUBLISHED


def test_a_retired_list_makes_room_from_its_day_on_and_keeps_the_days_before() -> None:
    old, new = a_published_list(valid_until=None), a_list(valid_from=JULY, price="12.00")

    retired = old.retire(JULY)
    _ = new.publish((old,))

    assert price_on(JUNE, RACK, "EUR", (old, new)) == money("10.00")
    assert price_on(JULY, RACK, "EUR", (old, new)) == money("12.00")
    assert (old.status, retired) == (
        Status.RETIRED,
        PriceListRetired(price_list_id=old.price_list_id, retired_from=JULY),
    )


def test_a_retired_list_is_in_the_way_of_the_days_on_which_it_held() -> None:
    old = a_published_list(valid_until=None)
    _ = old.retire(JULY)

    refused(ItemAlreadyPriced, a_list(valid_from=JUNE), lambda it: it.publish((old,)))


def test_a_list_retired_before_it_began_never_held() -> None:
    prices = a_published_list(valid_from=JULY)

    _ = prices.retire(JUNE)

    assert not any(prices.holds_on(day) for day in (JUNE, JULY, DECEMBER))


def test_retiring_a_list_after_its_end_does_not_prolong_it() -> None:
    prices = a_published_list(valid_until=JUNE)

    _ = prices.retire(DECEMBER)

    assert prices.last_day == JUNE


def test_a_draft_is_not_retired() -> None:
    refused(PriceListNotPublished, a_list(), lambda it: it.retire(JULY))


def test_a_list_is_retired_once() -> None:
    prices = a_published_list()
    _ = prices.retire(JULY)

    refused(PriceListNotPublished, prices, lambda it: it.retire(DECEMBER))


def test_a_draft_has_no_price_yet() -> None:
    assert a_list().price_of(RACK, JULY) is None


@pytest.mark.parametrize(
    ("day", "item_id", "currency"),
    [(date(2027, 1, 1), RACK, "EUR"), (JULY, SHELF, "EUR"), (JULY, RACK, "USD")],
    ids=["another day", "another item", "another currency"],
)
def test_what_no_list_names_has_no_price(day: date, item_id: ItemId, currency: str) -> None:
    with pytest.raises(ItemHasNoPrice):
        _ = price_on(day, item_id, currency, (a_published_list(),))


DAYS = st.integers(0, 12).map(lambda days: JANUARY + timedelta(days=days))


@st.composite
def drafts(draw: st.DrawFn) -> PriceList:
    first, last = sorted((draw(DAYS), draw(DAYS)))
    prices = PriceList(
        name="drawn",
        currency=draw(st.sampled_from(["EUR", "USD"])),
        valid_from=first,
        valid_until=draw(st.sampled_from([last, None])),
    )
    for item_id in draw(st.sets(st.sampled_from([RACK, SHELF]), min_size=1)):
        prices.set_price(item_id, money("1.00", prices.currency))
    return prices


@settings(derandomize=True, max_examples=200)
@given(st.lists(st.tuples(drafts(), st.none() | DAYS), max_size=8))
def test_whatever_is_published_and_retired_no_day_has_two_prices(drawn: list[tuple[PriceList, date | None]]) -> None:
    published: list[PriceList] = []
    for prices, retired_from in drawn:
        try:
            _ = prices.publish(published)
        except ItemAlreadyPriced:
            continue
        published.append(prices)
        if retired_from is not None:
            _ = prices.retire(retired_from)

    for day in (JANUARY + timedelta(days=days) for days in range(20)):
        for item_id in (RACK, SHELF):
            for currency in ("EUR", "USD"):
                named = [each for each in published if each.currency == currency and each.price_of(item_id, day)]
                assert len(named) <= 1
