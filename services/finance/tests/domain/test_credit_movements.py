"""What moves the exposure: invoices, cash, credit notes, refunds, merged customers."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.finance import (
    CreditLimitCleared,
)
from contracts.ids import CustomerId, ItemId, LineId, OrderId, new_id
from contracts.values import Money, Quantity
from finance.domain.credit_account import (
    AccountMergedWithItself,
    CreditAccount,
    CurrencyInUse,
    ExposureBelowZero,
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


def test_an_invoice_turns_an_open_order_into_a_receivable() -> None:
    account, order = an_account("1000.00"), an_order("900.00")
    _ = account.place(order)

    account.invoice(order.order_id, euros("900.00"), euros("900.01"))

    assert parts(account) == (euros("0"), euros("900.01"), euros("0"))
    assert account.review() == ()


def test_a_held_order_is_invoiced_all_the_same() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)

    account.invoice(order.order_id, euros("600.00"), euros("600.00"))

    assert parts(account) == (euros("900.00"), euros("600.00"), euros("0"))
    assert account.is_waiting(order.order_id)


def test_a_held_order_that_was_shipped_whole_is_cleared_by_the_cash_for_it() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)
    account.invoice(order.order_id, euros("1500.00"), euros("1500.00"))
    assert account.review() == ()

    account.receive(a_payment("1500.00"))

    assert names(account.review()) == ["CreditLimitCleared", "CreditStateChanged"]


def test_an_allocation_moves_cash_to_the_receivable_and_leaves_the_exposure() -> None:
    account, payment = an_account("1000.00", owed="500.00"), a_payment("300.00")
    account.receive(payment)

    account.settle(payment, euros("200.00"))

    assert parts(account) == (euros("0"), euros("300.00"), euros("100.00"))
    assert account.exposure == euros("200.00")


def test_money_for_a_prepaid_order_gives_no_credit_for_other_orders() -> None:
    account, payment = an_account("1000.00"), a_payment("500.00", prepayment=True)
    account.receive(payment)
    assert account.exposure == euros("0")

    account.invoice(OrderId(new_id()), euros("0"), euros("500.00"))
    account.settle(payment, euros("500.00"))

    assert parts(account) == (euros("0"), euros("0"), euros("0"))
    assert account.review() == ()


def test_what_remains_of_a_prepayment_is_ordinary_cash_when_the_order_is_done() -> None:
    account, payment = an_account("1000.00"), a_payment("500.00", prepayment=True)
    account.receive(payment)

    account.free(payment)
    account.free(payment)

    assert (account.unallocated_cash, account.exposure) == (euros("500.00"), euros("-500.00"))
    assert not payment.prepayment


def test_a_credit_note_lowers_the_receivable_and_frees_cash() -> None:
    account, payment = an_account("1000.00", owed="300.00"), a_payment("300.00")
    account.receive(payment)
    account.settle(payment, euros("250.00"))

    account.credit(euros("50.00"), euros("0"))
    account.release(payment, euros("70.00"))

    assert parts(account) == (euros("0"), euros("0"), euros("120.00"))


def test_a_refund_raises_the_exposure() -> None:
    account, payment = an_account("1000.00", owed="900.00"), a_payment("300.00")
    _ = account.review()
    account.receive(payment)
    _ = account.review()

    account.refund(payment, euros("300.00"))

    assert account.unallocated_cash == euros("0")
    assert names(account.review()) == ["CreditStateChanged"]


def test_no_part_of_the_exposure_falls_below_zero() -> None:
    account, order, payment = an_account("1000.00", owed="10.00"), an_order("100.00"), a_payment("20.00")
    _ = account.place(order)
    account.receive(payment)
    before = vars(account).copy()

    with pytest.raises(ExposureBelowZero):
        account.cancel(order.order_id, euros("100.01"))
    with pytest.raises(ExposureBelowZero):
        account.invoice(order.order_id, euros("100.01"), euros("100.01"))
    with pytest.raises(ExposureBelowZero):
        account.settle(payment, euros("10.01"))
    with pytest.raises(ExposureBelowZero):
        account.credit(euros("10.01"), euros("0"))
    with pytest.raises(ExposureBelowZero):
        account.refund(payment, euros("20.01"))

    assert vars(account) == before


def test_no_more_is_taken_off_a_waiting_order_than_it_counts_for() -> None:
    account, order = an_account("1000.00"), an_order("1500.00")
    _ = account.place(order)
    before = vars(account).copy()

    with pytest.raises(ExposureBelowZero):
        account.cancel(order.order_id, euros("1500.01"))

    assert vars(account) == before


def test_cash_in_another_currency_is_refused() -> None:
    account = an_account("1000.00")
    before = vars(account).copy()

    for prepayment in (False, True):
        with pytest.raises(NotTheAccountsCurrency):
            account.receive(a_payment(prepayment=prepayment, currency="USD"))

    assert vars(account) == before


def test_the_currency_changes_while_nothing_is_open() -> None:
    account = an_account(limit=None)

    account.change_currency("BRL")
    account.change_currency("BRL")

    assert (account.currency, account.exposure) == ("BRL", Money.zero("BRL"))


@pytest.mark.parametrize("account", [an_account("1000.00"), an_account(limit=None, owed="1.00")])
def test_the_currency_in_use_does_not_change(account: CreditAccount) -> None:
    before = vars(account).copy()

    with pytest.raises(CurrencyInUse):
        account.change_currency("BRL")

    assert vars(account) == before


def test_a_merged_account_brings_what_is_open_and_what_waits() -> None:
    survivor, merged = an_account("1000.00", owed="700.00"), an_account("100.00", owed="150.00")
    merged.customer_id = CustomerId(new_id())
    younger, older = an_order("400.00", day=2), an_order("120.00", day=1)
    _ = survivor.place(younger)
    _ = merged.place(older)

    events = survivor.absorb(merged)

    assert names(events) == ["CreditLimitCleared"]
    assert isinstance(events[0], CreditLimitCleared)
    assert (events[0].order_id, events[0].exposure) == (older.order_id, euros("970.00"))
    assert parts(survivor) == (euros("520.00"), euros("850.00"), euros("0"))
    assert (parts(merged), merged.waiting) == ((euros("0"), euros("0"), euros("0")), ())


def test_an_account_in_another_currency_is_not_absorbed() -> None:
    account, other = an_account(), CreditAccount.open(CustomerId(new_id()), "USD")
    before = (vars(account).copy(), vars(other).copy())

    with pytest.raises(NotTheAccountsCurrency):
        _ = account.absorb(other)

    assert (vars(account), vars(other)) == before


def test_an_account_does_not_absorb_itself() -> None:
    account = an_account(owed="100.00")
    before = vars(account).copy()

    with pytest.raises(AccountMergedWithItself):
        _ = account.absorb(account)

    assert vars(account) == before
