"""Payments: what comes in settles no more than it is, and no more than is open."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.finance import InvoicePaid, PaymentAllocated, PaymentReceived, RefundIssued
from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, OrderId, ShipmentId, new_id
from contracts.lines import InvoicedLine
from contracts.values import Money, Quantity
from finance.domain.invoice import AllocationExceedsInvoice, Invoice
from finance.domain.payment import (
    AllocationExceedsPayment,
    AllocationInAnotherCurrency,
    AllocationToAnotherCustomer,
    AmountNotPositive,
    Payment,
    PaymentHasNoReference,
    PaymentNotPositive,
    PaymentStatus,
    RefundExceedsUnallocated,
    ReleaseExceedsAllocation,
)

CUSTOMER = CustomerId(new_id())


def euros(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_payment(amount: str = "100.00", reference: str = "BANK-1", order_id: OrderId | None = None) -> Payment:
    return Payment(
        customer_id=CUSTOMER,
        amount=euros(amount),
        reference=reference,
        received_on=date(2026, 3, 10),
        order_id=order_id,
        refunded=euros("0"),
    )


def an_invoice(gross: str | Decimal = "100.00", customer_id: CustomerId = CUSTOMER, currency: str = "EUR") -> Invoice:
    zero, amount = Money.zero(currency), Money(amount=Decimal(gross), currency=currency)
    line = InvoicedLine(
        line_id=LineId(new_id()), item_id=ItemId(new_id()), quantity=Quantity.pieces(1), net=amount, tax=zero
    )
    return Invoice(
        number="INV-2026-000001",
        order_id=OrderId(new_id()),
        customer_id=customer_id,
        shipment_id=ShipmentId(new_id()),
        currency=currency,
        lines=(line,),
        issued_on=date(2026, 3, 1),
        due_on=date(2026, 3, 31),
        settled=zero,
        waived=zero,
    )


def test_received_money_is_unallocated() -> None:
    order_id = OrderId(new_id())
    payment = a_payment("100.00", order_id=order_id)

    assert payment.receive() == PaymentReceived(
        payment_id=payment.payment_id,
        customer_id=CUSTOMER,
        amount=euros("100.00"),
        reference="BANK-1",
        received_on=date(2026, 3, 10),
        order_id=order_id,
    )
    assert (payment.status, payment.unallocated) == (PaymentStatus.RECEIVED, euros("100.00"))


@pytest.mark.parametrize("amount", ["0", "-1.00"])
def test_a_payment_brings_money(amount: str) -> None:
    payment = a_payment(amount)
    before = vars(payment).copy()

    with pytest.raises(PaymentNotPositive):
        _ = payment.receive()

    assert vars(payment) == before


def test_a_payment_has_a_reference() -> None:
    payment = a_payment(reference=" ")
    before = vars(payment).copy()

    with pytest.raises(PaymentHasNoReference):
        _ = payment.receive()

    assert vars(payment) == before


def test_a_part_of_a_payment_settles_a_part_of_an_invoice() -> None:
    payment, invoice = a_payment("100.00"), an_invoice("50.00")

    assert payment.allocate(invoice, euros("30.00")) == (
        PaymentAllocated(
            payment_id=payment.payment_id,
            invoice_id=invoice.invoice_id,
            order_id=invoice.order_id,
            customer_id=CUSTOMER,
            amount=euros("30.00"),
            invoice_open=euros("20.00"),
            payment_unallocated=euros("70.00"),
        ),
    )
    assert payment.status is PaymentStatus.PARTLY_ALLOCATED


def test_an_allocation_that_leaves_nothing_open_pays_the_invoice() -> None:
    payment, invoice = a_payment("100.00"), an_invoice("100.00")

    events = payment.allocate(invoice, euros("100.00"))

    assert [type(each) for each in events] == [PaymentAllocated, InvoicePaid]
    assert (payment.status, payment.unallocated) == (PaymentStatus.ALLOCATED, euros("0"))


def test_allocations_to_one_invoice_are_one() -> None:
    payment, invoice = a_payment(), an_invoice()

    _ = payment.allocate(invoice, euros("30.00"))
    _ = payment.allocate(invoice, euros("20.00"))

    assert [each.amount for each in payment.allocations] == [euros("50.00")]


def refused(error: type[Exception], payment: Payment, invoice: Invoice, amount: Money) -> None:
    before = (vars(payment).copy(), vars(invoice).copy())

    with pytest.raises(error):
        _ = payment.allocate(invoice, amount)

    assert (vars(payment), vars(invoice)) == before


def test_no_more_is_allocated_than_the_payment() -> None:
    payment = a_payment("100.00")
    _ = payment.allocate(an_invoice("60.00"), euros("60.00"))

    refused(AllocationExceedsPayment, payment, an_invoice("60.00"), euros("40.01"))


def test_refunded_money_settles_nothing() -> None:
    payment = a_payment("100.00")
    _ = payment.refund(euros("60.00"), "paid twice")

    refused(AllocationExceedsPayment, payment, an_invoice("60.00"), euros("40.01"))


def test_no_more_is_allocated_than_is_open() -> None:
    refused(AllocationExceedsInvoice, a_payment("100.00"), an_invoice("60.00"), euros("60.01"))


def test_nobody_pays_for_another_customer() -> None:
    refused(AllocationToAnotherCustomer, a_payment(), an_invoice(customer_id=CustomerId(new_id())), euros("1.00"))


def test_euros_do_not_settle_dollars() -> None:
    dollar = Money(amount=Decimal(1), currency="USD")

    refused(AllocationInAnotherCurrency, a_payment(), an_invoice(currency="USD"), dollar)
    refused(AllocationInAnotherCurrency, a_payment(), an_invoice(), dollar)


@pytest.mark.parametrize("amount", ["0", "-1.00"])
def test_nothing_is_not_allocated(amount: str) -> None:
    refused(AmountNotPositive, a_payment(), an_invoice(), euros(amount))


def test_released_money_is_unallocated_again() -> None:
    payment, invoice = a_payment("100.00"), an_invoice("100.00")
    _ = payment.allocate(invoice, euros("100.00"))

    payment.release(invoice.invoice_id, euros("40.00"))
    assert (payment.unallocated, payment.allocated_to(invoice.invoice_id)) == (euros("40.00"), euros("60.00"))

    payment.release(invoice.invoice_id, euros("60.00"))
    assert (payment.allocations, payment.status) == ((), PaymentStatus.RECEIVED)


def test_no_more_is_released_than_was_allocated() -> None:
    payment, invoice = a_payment("100.00"), an_invoice("60.00")
    _ = payment.allocate(invoice, euros("60.00"))
    before = vars(payment).copy()

    with pytest.raises(ReleaseExceedsAllocation, match=r"^60\.00 EUR"):
        payment.release(invoice.invoice_id, euros("60.01"))
    with pytest.raises(ReleaseExceedsAllocation, match=r"^0\.00 EUR"):
        payment.release(InvoiceId(new_id()), euros("0.01"))
    with pytest.raises(AmountNotPositive):
        payment.release(invoice.invoice_id, euros("-1.00"))

    assert vars(payment) == before


def test_a_refund_sends_unallocated_money_back() -> None:
    order_id = OrderId(new_id())
    payment = a_payment("100.00", order_id=order_id)

    refund = payment.refund(euros("100.00"), "the order was cancelled")

    assert refund.issue() == RefundIssued(
        refund_id=refund.refund_id,
        payment_id=payment.payment_id,
        order_id=order_id,
        customer_id=CUSTOMER,
        amount=euros("100.00"),
        reason="the order was cancelled",
    )
    assert (payment.status, payment.unallocated) == (PaymentStatus.REFUNDED, euros("0"))


def test_only_unallocated_money_is_refunded() -> None:
    payment = a_payment("100.00")
    _ = payment.allocate(an_invoice("60.00"), euros("60.00"))
    before = vars(payment).copy()

    with pytest.raises(RefundExceedsUnallocated, match=r"40\.00 EUR"):
        _ = payment.refund(euros("40.01"), "too much")
    with pytest.raises(AmountNotPositive):
        _ = payment.refund(euros("0"), "nothing")

    assert vars(payment) == before


cents = st.integers(-20, 15_000).map(lambda each: Decimal(each).scaleb(-2))
steps = st.lists(st.tuples(st.sampled_from(["allocate", "release", "refund"]), st.integers(0, 2), cents), max_size=25)


@given(st.lists(cents.filter(lambda each: each > 0), min_size=3, max_size=3), steps)
def test_allocations_stay_within_the_payment_and_the_invoices(
    grosses: list[Decimal], history: list[tuple[str, int, Decimal]]
) -> None:
    payment, invoices = a_payment("100.00"), [an_invoice(gross) for gross in grosses]

    for step, which, amount in history:
        invoice = invoices[which]
        try:
            if step == "allocate":
                _ = payment.allocate(invoice, euros(amount))
            elif step == "refund":
                _ = payment.refund(euros(amount), "")
            else:
                payment.release(invoice.invoice_id, euros(amount))
                invoice.settled -= euros(amount)  # what `Invoice.credit` does with released money
        except (
            AllocationExceedsPayment,
            AllocationExceedsInvoice,
            AmountNotPositive,
            RefundExceedsUnallocated,
            ReleaseExceedsAllocation,
        ):
            pass
        assert euros("0") <= payment.allocated <= payment.allocated + payment.refunded <= payment.amount
        for each in invoices:
            assert euros("0") <= payment.allocated_to(each.invoice_id) == each.settled <= each.gross
