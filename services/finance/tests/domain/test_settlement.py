"""Which money meets which invoice, and which goes back."""

from datetime import date
from decimal import Decimal

from contracts.finance import InvoicePaid, PaymentAllocated
from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, OrderId, ShipmentId, new_id
from contracts.lines import InvoicedLine, LineQuantity
from contracts.values import Money, Quantity
from finance.domain.invoice import Invoice
from finance.domain.open_order import OpenLine, OpenOrder
from finance.domain.payment import Payment
from finance.domain.settlement import refunds_after_cancellation, release, settle, settle_from_waiting, to_settle

CUSTOMER = CustomerId(new_id())
ORDER = OrderId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_payment(amount: str = "100.00", order_id: OrderId | None = None, day: int = 10) -> Payment:
    return Payment(
        customer_id=CUSTOMER,
        amount=euros(amount),
        reference="BANK-1",
        received_on=date(2026, 3, day),
        order_id=order_id,
        refunded=euros("0"),
    )


def an_invoice(
    gross: str = "100.00",
    day: int = 1,
    order_id: OrderId = ORDER,
    customer_id: CustomerId = CUSTOMER,
    currency: str = "EUR",
    number: int = 1,
) -> Invoice:
    zero, amount = Money.zero(currency), Money(amount=Decimal(gross), currency=currency)
    line = InvoicedLine(
        line_id=LineId(new_id()), item_id=ItemId(new_id()), quantity=Quantity.pieces(10), net=amount, tax=zero
    )
    return Invoice(
        number=f"INV-2026-{number:06d}",
        order_id=order_id,
        customer_id=customer_id,
        shipment_id=ShipmentId(new_id()),
        currency=currency,
        lines=(line,),
        issued_on=date(2026, 3, day),
        due_on=date(2026, 4, day),
        settled=zero,
        waived=zero,
    )


def an_order(ordered: int = 10, cancelled: int = 0, invoiced: int = 0) -> OpenOrder:
    """Pieces at 10.00 each, no tax."""
    line = OpenLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        description="a chair",
        unit_price=euros("10.00"),
        tax_percent=Decimal(0),
        ordered=Quantity.pieces(ordered),
        invoiced=Quantity.pieces(invoiced),
        cancelled=Quantity.pieces(cancelled),
    )
    return OpenOrder(
        order_id=ORDER,
        customer_id=CUSTOMER,
        number="SO-1",
        ordered_on=date(2026, 2, 1),
        prepaid=True,
        currency="EUR",
        lines=(line,),
        revenue=euros("0"),
    )


def another_order() -> OrderId:
    return OrderId(new_id())


def test_a_named_invoice_is_settled_and_no_other() -> None:
    older, named = an_invoice("50.00", day=1), an_invoice("50.00", day=2)
    payment = a_payment("80.00")

    events = settle(payment, [older, named], named.invoice_id)

    assert [type(each) for each in events] == [PaymentAllocated, InvoicePaid]
    assert (named.open, older.open, payment.unallocated) == (euros("0"), euros("50.00"), euros("30.00"))


def test_money_for_an_order_settles_the_invoices_of_that_order() -> None:
    other = an_invoice("50.00", day=1, order_id=another_order())
    second, first = an_invoice("50.00", day=3), an_invoice("50.00", day=2)
    payment = a_payment("80.00", order_id=ORDER)

    _ = settle(payment, [other, second, first])

    assert (first.open, second.open, other.open) == (euros("0"), euros("20.00"), euros("50.00"))


def test_money_for_an_order_waits_for_its_invoice() -> None:
    other = an_invoice("50.00", order_id=another_order())
    payment = a_payment("80.00", order_id=ORDER)

    assert settle(payment, [other]) == ()
    assert (payment.unallocated, other.open) == (euros("80.00"), euros("50.00"))


def test_other_money_settles_the_oldest_invoices_first() -> None:
    invoices = [
        an_invoice("50.00", day=2, order_id=another_order(), number=3),
        an_invoice("50.00", day=2, order_id=another_order(), number=2),
        an_invoice("50.00", day=1, order_id=another_order(), number=4),
    ]
    payment = a_payment("120.00")

    _ = settle(payment, invoices)

    assert [each.open for each in invoices] == [euros("30.00"), euros("0"), euros("0")]
    assert payment.unallocated == euros("0")


def test_paid_foreign_and_other_customers_invoices_are_left_out() -> None:
    paid = an_invoice("50.00")
    _ = paid.settle(euros("50.00"))
    invoices = [paid, an_invoice(currency="USD"), an_invoice(customer_id=CustomerId(new_id()))]

    assert to_settle(a_payment(), invoices) == []
    assert to_settle(a_payment(), invoices, named=InvoiceId(new_id())) == []


def test_a_new_invoice_is_settled_by_the_money_that_waits_for_its_order() -> None:
    invoice = an_invoice("100.00")
    second, first = a_payment("80.00", ORDER, day=5), a_payment("80.00", ORDER, day=4)
    others = [a_payment("80.00"), a_payment("80.00", another_order())]

    events = settle_from_waiting(invoice, [*others, second, first])

    assert [type(each) for each in events] == [PaymentAllocated, PaymentAllocated, InvoicePaid]
    assert (first.unallocated, second.unallocated) == (euros("0"), euros("60.00"))
    assert [each.unallocated for each in others] == [euros("80.00"), euros("80.00")]


def test_a_new_invoice_without_waiting_money_stays_open() -> None:
    invoice = an_invoice("100.00")

    assert settle_from_waiting(invoice, [a_payment("80.00")]) == ()
    assert invoice.open == euros("100.00")


def test_a_credit_note_frees_the_newest_money_first() -> None:
    invoice, older, newer = an_invoice("100.00"), a_payment("60.00", day=1), a_payment("40.00", day=2)
    _ = older.allocate(invoice, euros("60.00"))
    _ = newer.allocate(invoice, euros("40.00"))
    line = invoice.lines[0]
    half = LineQuantity(line_id=line.line_id, item_id=line.item_id, quantity=Quantity.pieces(5))

    freed = release(invoice, invoice.credit([half]).released, [older, newer])

    assert freed == ((newer, euros("40.00")), (older, euros("10.00")))
    assert (older.unallocated, newer.unallocated) == (euros("10.00"), euros("40.00"))


def test_the_money_of_a_cancelled_order_goes_back() -> None:
    payments = [a_payment("60.00", ORDER, day=1), a_payment("40.00", ORDER, day=2), a_payment("70.00")]

    refunds = refunds_after_cancellation(an_order(10, cancelled=10), payments, [], "cancelled")

    assert [(each.payment_id, each.amount) for each in refunds] == [
        (payments[1].payment_id, euros("40.00")),
        (payments[0].payment_id, euros("60.00")),
    ]
    assert [each.unallocated for each in payments] == [euros("0"), euros("0"), euros("70.00")]


def test_what_remains_of_a_partly_cancelled_order_keeps_its_money() -> None:
    payments = [a_payment("60.00", ORDER, day=1), a_payment("40.00", ORDER, day=2)]

    refunds = refunds_after_cancellation(an_order(10, cancelled=5), payments, [], "less wanted")

    assert [each.amount for each in refunds] == [euros("40.00"), euros("10.00")]
    assert payments[0].unallocated == euros("50.00")


def test_what_an_open_invoice_of_the_order_asks_for_is_kept() -> None:
    payment, others = a_payment("100.00", ORDER), an_invoice("70.00", order_id=another_order())
    order = an_order(10, cancelled=6, invoiced=4)

    refunds = refunds_after_cancellation(order, [payment], [an_invoice("40.00"), others], "less wanted")

    assert [each.amount for each in refunds] == [euros("60.00")]


def test_nothing_goes_back_when_less_was_paid_than_is_wanted_still() -> None:
    payment = a_payment("40.00", ORDER)

    assert refunds_after_cancellation(an_order(10, cancelled=5), [payment], [], "less wanted") == ()
    assert payment.unallocated == euros("40.00")
