"""Credit: what fits passes, what does not waits, the oldest goes first."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from contracts.finance import (
    CreditExposureChecked,
    CreditLimitCleared,
    CreditLimitExceeded,
    CreditStateChanged,
)
from contracts.ids import CustomerId, ItemId, LineId, OrderId, new_id
from contracts.values import Money, Quantity
from finance.domain.credit_account import (
    CreditAccount,
    ExposureBelowZero,
    LimitBelowZero,
    NotTheAccountsCurrency,
)
from finance.domain.open_order import OpenLine, OpenOrder
from finance.domain.payment import Payment

CUSTOMER = CustomerId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def an_account(limit: str | None = "1000.00", owed: str = "0") -> CreditAccount:
    account = CreditAccount.open(CUSTOMER, "EUR")
    account.receivables = euros(owed)
    if limit is not None:
        _ = account.set_limit(euros(limit))
    return account


def an_order(gross: str = "100.00", day: int = 1, *, prepaid: bool = False, currency: str = "EUR") -> OpenOrder:
    line = OpenLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        description="a chair",
        unit_price=Money(amount=Decimal(gross), currency=currency),
        tax_percent=Decimal(0),
        ordered=Quantity.pieces(1),
        invoiced=Quantity.pieces(0),
        cancelled=Quantity.pieces(0),
    )
    return OpenOrder(
        order_id=OrderId(new_id()),
        customer_id=CUSTOMER,
        number="SO-1",
        ordered_on=date(2026, 3, day),
        prepaid=prepaid,
        currency=currency,
        lines=(line,),
        revenue=Money.zero(currency),
    )


def priced(order: OpenOrder, gross: str) -> OpenOrder:
    """The order after an amendment made it cost this much."""
    order.lines = (replace(order.lines[0], unit_price=euros(gross)),)
    return order


def a_payment(amount: str = "100.00", *, prepayment: bool = False, currency: str = "EUR") -> Payment:
    return Payment(
        customer_id=CUSTOMER,
        amount=Money(amount=Decimal(amount), currency=currency),
        reference="BANK-1",
        received_on=date(2026, 3, 10),
        prepayment=prepayment,
        refunded=Money.zero(currency),
    )


def parts(account: CreditAccount) -> tuple[Money, Money, Money]:
    return account.open_orders, account.receivables, account.unallocated_cash


def names(events: tuple[object, ...]) -> list[str]:
    return [type(each).__name__ for each in events]


def test_the_exposure_is_orders_and_receivables_less_cash() -> None:
    account = an_account(limit=None, owed="50.00")
    _ = account.place(an_order("100.00"))
    account.receive(a_payment("30.00"))

    assert parts(account) == (euros("100.00"), euros("50.00"), euros("30.00"))
    assert account.exposure == euros("120.00")


def test_an_order_within_the_limit_passes() -> None:
    account, order = an_account("1000.00", owed="200.00"), an_order("100.00")

    assert account.place(order) == (
        CreditExposureChecked(
            order_id=order.order_id,
            customer_id=CUSTOMER,
            exposure=euros("300.00"),
            limit=euros("1000.00"),
            reason="within the credit limit",
        ),
    )
    assert account.approved == euros("100.00")


def test_an_order_up_to_the_limit_passes() -> None:
    account = an_account("1000.00")

    assert names(account.place(an_order("1000.00"))) == ["CreditExposureChecked", "CreditStateChanged"]


def test_an_order_a_cent_above_the_limit_waits() -> None:
    account, order = an_account("1000.00"), an_order("1000.01")

    assert account.place(order) == (
        CreditLimitExceeded(
            order_id=order.order_id, customer_id=CUSTOMER, exposure=euros("1000.01"), limit=euros("1000.00")
        ),
        CreditStateChanged(customer_id=CUSTOMER, state="blocked", exposure=euros("1000.01"), limit=euros("1000.00")),
    )
    assert account.is_waiting(order.order_id)
    assert (account.approved, account.exposure) == (euros("0"), euros("1000.01"))


def test_without_a_limit_any_order_passes() -> None:
    account = an_account(limit=None)

    [checked] = account.place(an_order("1000000.00"))

    assert isinstance(checked, CreditExposureChecked)
    assert (checked.reason, checked.limit) == ("no credit limit is set", None)
    assert account.state == "ok"


def test_a_prepaid_order_passes_and_takes_no_credit() -> None:
    account = an_account("1000.00", owed="5000.00")
    _ = account.review()

    [checked] = account.place(an_order("100.00", prepaid=True))

    assert isinstance(checked, CreditExposureChecked)
    assert (checked.reason, checked.exposure) == ("prepaid", euros("5000.00"))
    assert account.open_orders == euros("0")


def test_an_order_that_costs_nothing_passes_even_a_blocked_customer() -> None:
    account = an_account("1000.00", owed="5000.00")
    _ = account.review()

    [checked] = account.place(an_order("0"))

    assert isinstance(checked, CreditExposureChecked)
    assert checked.reason == "it costs nothing"


def test_a_small_order_does_not_overtake_an_older_one_that_waits() -> None:
    account = an_account("1000.00")
    _ = account.place(an_order("1500.00", day=1))
    small = an_order("10.00", day=2)

    [exceeded] = account.place(small)

    assert isinstance(exceeded, CreditLimitExceeded)
    assert exceeded.exposure == euros("1510.00")
    assert account.is_waiting(small.order_id)


@pytest.mark.parametrize(
    ("owed", "state"), [("799.99", "ok"), ("800.00", "watch"), ("1000.00", "watch"), ("1000.01", "blocked")]
)
def test_a_customer_is_watched_from_eighty_percent_and_blocked_above_the_limit(owed: str, state: str) -> None:
    assert an_account("1000.00", owed).state == state


def test_with_a_limit_of_zero_any_debt_blocks() -> None:
    assert (an_account("0").state, an_account("0", owed="0.01").state) == ("watch", "blocked")


def test_cash_lets_the_oldest_waiting_orders_through() -> None:
    account = an_account("1000.00", owed="1000.00")
    third, first, second = an_order("300.00", day=9), an_order("100.00", day=7), an_order("200.00", day=8)
    for order in (third, first, second):
        _ = account.place(order)

    account.receive(a_payment("400.00"))
    events = account.review()

    assert events == (
        CreditLimitCleared(
            order_id=first.order_id,
            customer_id=CUSTOMER,
            exposure=euros("700.00"),
            limit=euros("1000.00"),
            reason="within the credit limit",
        ),
        CreditLimitCleared(
            order_id=second.order_id,
            customer_id=CUSTOMER,
            exposure=euros("900.00"),
            limit=euros("1000.00"),
            reason="within the credit limit",
        ),
    )
    assert [each.order_id for each in account.waiting] == [third.order_id]
    assert account.exposure == euros("1200.00")


def test_a_cancellation_lets_a_waiting_order_through() -> None:
    account = an_account("1000.00")
    passed, waits = an_order("900.00", day=1), an_order("500.00", day=2)
    _ = account.place(passed)
    _ = account.place(waits)

    account.cancel(passed.order_id, euros("900.00"))

    assert names(account.review()) == ["CreditLimitCleared", "CreditStateChanged"]
    assert (account.state, account.approved, account.waiting) == ("ok", euros("500.00"), ())


def test_a_cancelled_order_waits_no_more_and_is_not_cleared() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)

    account.cancel(order.order_id, euros("1500.00"))

    assert names(account.review()) == ["CreditStateChanged"]
    assert (account.waiting, account.exposure) == ((), euros("0"))


def test_a_partly_cancelled_order_that_fits_is_cleared() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)

    account.cancel(order.order_id, euros("600.00"))

    assert names(account.review()) == ["CreditLimitCleared", "CreditStateChanged"]
    assert account.approved == euros("900.00")


def test_a_higher_limit_lets_waiting_orders_through() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)

    assert account.set_limit(euros("2000.00")) == (
        CreditLimitCleared(
            order_id=order.order_id,
            customer_id=CUSTOMER,
            exposure=euros("1500.00"),
            limit=euros("2000.00"),
            reason="within the credit limit",
        ),
        CreditStateChanged(customer_id=CUSTOMER, state="ok", exposure=euros("1500.00"), limit=euros("2000.00")),
    )


def test_no_limit_lets_all_waiting_orders_through() -> None:
    account = an_account("1000.00")
    for day in (1, 2):
        _ = account.place(an_order("1500.00", day=day))

    events = account.set_limit(None)

    assert names(events) == ["CreditLimitCleared", "CreditLimitCleared", "CreditStateChanged"]
    assert [each.reason for each in events if isinstance(each, CreditLimitCleared)] == ["no credit limit is set"] * 2


def test_a_lower_limit_blocks_the_customer_but_not_the_orders_that_passed() -> None:
    account = an_account("1000.00")
    _ = account.place(an_order("700.00"))

    assert names(account.set_limit(euros("500.00"))) == ["CreditStateChanged"]
    assert (account.state, account.waiting) == ("blocked", ())


def test_another_limit_is_told_even_when_the_state_stays() -> None:
    account = an_account("1000.00")

    assert names(account.set_limit(euros("2000.00"))) == ["CreditStateChanged"]
    assert account.set_limit(euros("2000.00")) == ()


@pytest.mark.parametrize(
    ("limit", "error"),
    [(euros("-0.01"), LimitBelowZero), (Money(amount=Decimal(1), currency="USD"), NotTheAccountsCurrency)],
)
def test_a_limit_is_at_least_zero_and_in_the_accounts_currency(limit: Money, error: type[Exception]) -> None:
    account = an_account("1000.00")
    before = vars(account).copy()

    with pytest.raises(error):
        _ = account.set_limit(limit)

    assert vars(account) == before


def test_an_order_in_another_currency_is_refused() -> None:
    account = an_account("1000.00")
    before = vars(account).copy()

    with pytest.raises(NotTheAccountsCurrency, match="USD"):
        _ = account.place(an_order(currency="USD"))

    assert vars(account) == before


def test_an_order_amended_up_within_the_limit_says_nothing() -> None:
    account, order = an_account("1000.00"), an_order("100.00")
    _ = account.place(order)

    assert account.amend(priced(order, "700.00"), euros("100.00")) == ()
    assert account.approved == euros("700.00")


def test_an_order_amended_above_the_limit_waits() -> None:
    account, order = an_account("1000.00"), an_order("100.00")
    _ = account.place(order)

    [exceeded, changed] = account.amend(priced(order, "1100.00"), euros("100.00"))

    assert isinstance(exceeded, CreditLimitExceeded)
    assert exceeded.exposure == euros("1100.00")
    assert isinstance(changed, CreditStateChanged)
    assert changed.state == "blocked"
    assert account.is_waiting(order.order_id)


def test_an_older_order_amended_up_does_not_wait_for_a_younger_one() -> None:
    account, older, younger = an_account("1000.00"), an_order("100.00", day=1), an_order("1500.00", day=2)
    _ = account.place(older)
    _ = account.place(younger)

    assert account.amend(priced(older, "200.00"), euros("100.00")) == ()
    assert [each.order_id for each in account.waiting] == [younger.order_id]


def test_a_waiting_order_amended_down_is_cleared_when_it_fits() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)

    assert names(account.amend(priced(order, "900.00"), euros("1500.00"))) == [
        "CreditLimitCleared",
        "CreditStateChanged",
    ]


def test_a_waiting_order_amended_up_goes_on_waiting() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)

    assert account.amend(priced(order, "1600.00"), euros("1500.00")) == ()
    assert account.exposure == euros("1600.00")


def test_an_amendment_of_more_than_was_counted_is_refused() -> None:
    account, order = an_account("1000.00"), an_order("100.00")
    _ = account.place(order)
    before = vars(account).copy()

    with pytest.raises(ExposureBelowZero):
        _ = account.amend(priced(order, "300.00"), euros("200.00"))

    assert vars(account) == before
