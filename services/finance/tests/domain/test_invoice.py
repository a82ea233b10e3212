"""Invoices and credit notes: issued for good, settled and credited within bounds."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.finance import CreditNoteIssued, InvoiceIssued, InvoiceOverdue, InvoicePaid
from contracts.ids import CustomerId, ItemId, LineId, OrderId, ShipmentId, new_id
from contracts.lines import InvoicedLine, LineQuantity
from contracts.values import Money, Quantity
from finance.domain.credit_note import CreditNote
from finance.domain.invoice import (
    AllocationExceedsInvoice,
    CreditExceedsInvoice,
    CreditHasNoLines,
    Invoice,
    InvoiceBelowZero,
    InvoiceHasNoLines,
    InvoiceStatus,
    NotARoundingDifference,
)
from finance.domain.open_order import OpenOrder
from finance.domain.vat import Charge, subtotals, taxed


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def a_charge(quantity: int = 10, net: str = "100.00", tax: str = "19") -> Charge:
    return Charge(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        description="a chair",
        quantity=Quantity.pieces(quantity),
        net=euros(net),
        tax_percent=Decimal(tax),
    )


def an_invoice(*charges: Charge, lines: tuple[InvoicedLine, ...] | None = None) -> Invoice:
    """Over 119.00 unless it is told otherwise; due on 31 March 2026."""
    return Invoice(
        number="INV-2026-000001",
        order_id=OrderId(new_id()),
        customer_id=CustomerId(new_id()),
        shipment_id=ShipmentId(new_id()),
        currency="EUR",
        lines=taxed(charges or (a_charge(),)) if lines is None else lines,
        issued_on=date(2026, 3, 1),
        due_on=date(2026, 3, 31),
        settled=euros("0"),
        waived=euros("0"),
    )


def an_order(*, prepaid: bool) -> OpenOrder:
    return OpenOrder(
        order_id=OrderId(new_id()),
        customer_id=CustomerId(new_id()),
        number="SO-1",
        ordered_on=date(2026, 2, 1),
        prepaid=prepaid,
        currency="EUR",
        lines=(),
        revenue=euros("0"),
    )


def some_of(invoice: Invoice, quantity: int, line: int = 0) -> LineQuantity:
    its = invoice.lines[line]
    return LineQuantity(line_id=its.line_id, item_id=its.item_id, quantity=Quantity.pieces(quantity))


def the_paid(invoice: Invoice) -> InvoicePaid:
    return InvoicePaid(
        invoice_id=invoice.invoice_id,
        order_id=invoice.order_id,
        customer_id=invoice.customer_id,
        gross=invoice.gross,
    )


def test_an_issued_invoice_says_what_it_asks_for() -> None:
    invoice = an_invoice()

    assert invoice.issue() == (
        InvoiceIssued(
            invoice_id=invoice.invoice_id,
            number="INV-2026-000001",
            order_id=invoice.order_id,
            customer_id=invoice.customer_id,
            shipment_id=invoice.shipment_id,
            lines=invoice.lines,
            net=euros("100.00"),
            tax=euros("19.00"),
            gross=euros("119.00"),
            issued_on=date(2026, 3, 1),
            due_on=date(2026, 3, 31),
        ),
    )
    assert (invoice.status, invoice.open) == (InvoiceStatus.ISSUED, euros("119.00"))


def test_an_invoice_lists_its_tax_per_rate() -> None:
    invoice = an_invoice(a_charge(net="100.00"), a_charge(net="10.00", tax="7"))

    assert [(each.percent, each.tax) for each in invoice.vat] == [
        (Decimal(19), euros("19.00")),
        (Decimal(7), euros("0.70")),
    ]
    assert invoice.gross == euros("129.70")


def test_goods_for_free_are_paid_when_they_are_invoiced() -> None:
    invoice = an_invoice(a_charge(net="0"))

    assert invoice.issue()[1:] == (the_paid(invoice),)
    assert invoice.status is InvoiceStatus.PAID


@pytest.mark.parametrize(("prepaid", "due_on"), [(False, date(2026, 3, 31)), (True, date(2026, 3, 1))])
def test_an_invoice_is_due_in_thirty_days_and_a_prepaid_one_at_once(*, prepaid: bool, due_on: date) -> None:
    order, shipment_id, lines = an_order(prepaid=prepaid), ShipmentId(new_id()), taxed([a_charge()])

    invoice = Invoice.over(
        order, shipment_id=shipment_id, lines=lines, number="INV-2026-000007", issued_on=date(2026, 3, 1)
    )

    assert (invoice.due_on, invoice.lines, invoice.open) == (due_on, lines, euros("119.00"))
    assert (invoice.order_id, invoice.customer_id) == (order.order_id, order.customer_id)


def test_an_invoice_without_lines_is_not_issued() -> None:
    invoice = an_invoice(lines=())
    before = vars(invoice).copy()

    with pytest.raises(InvoiceHasNoLines):
        _ = invoice.issue()

    assert vars(invoice) == before


def test_an_invoice_never_gives_money_back() -> None:
    invoice = an_invoice(a_charge(net="-1.00"))
    before = vars(invoice).copy()

    with pytest.raises(InvoiceBelowZero):
        _ = invoice.issue()

    assert vars(invoice) == before


def test_an_invoice_is_paid_when_nothing_is_open() -> None:
    invoice = an_invoice()

    assert invoice.settle(euros("100.00")) is None
    assert (invoice.status, invoice.open) == (InvoiceStatus.PARTLY_PAID, euros("19.00"))
    assert invoice.settle(euros("19.00")) == the_paid(invoice)
    assert (invoice.status, invoice.open) == (InvoiceStatus.PAID, euros("0"))


def test_no_more_is_settled_than_is_open() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("100.00"))
    before = vars(invoice).copy()

    with pytest.raises(AllocationExceedsInvoice, match=r"19\.00 EUR"):
        _ = invoice.settle(euros("19.01"))

    assert vars(invoice) == before


def test_an_invoice_is_overdue_the_day_after_it_was_due_and_says_so_once() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("19.00"))

    assert invoice.note_overdue(date(2026, 3, 31)) is None
    assert invoice.note_overdue(date(2026, 4, 1)) == InvoiceOverdue(
        invoice_id=invoice.invoice_id,
        order_id=invoice.order_id,
        customer_id=invoice.customer_id,
        open=euros("100.00"),
        due_on=date(2026, 3, 31),
    )
    assert invoice.note_overdue(date(2026, 4, 2)) is None


def test_a_paid_invoice_is_never_overdue() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("119.00"))

    assert invoice.note_overdue(date(2027, 1, 1)) is None
    assert not invoice.told_overdue


def test_five_cents_that_rounding_left_open_are_waived() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("118.95"))

    assert invoice.waive_rounding() == the_paid(invoice)
    assert (invoice.open, invoice.waived) == (euros("0"), euros("0.05"))


def test_six_cents_are_not_waived() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("118.94"))
    before = vars(invoice).copy()

    with pytest.raises(NotARoundingDifference, match=r"0\.06 EUR"):
        _ = invoice.waive_rounding()

    assert vars(invoice) == before


def test_a_paid_invoice_has_nothing_to_waive() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("119.00"))

    assert invoice.waive_rounding() is None


def test_a_credit_takes_back_quantities_at_their_price() -> None:
    invoice = an_invoice()

    credited = invoice.credit([some_of(invoice, 3)])

    assert [(line.quantity, line.net, line.tax) for line in credited.lines] == [
        (Quantity.pieces(3), euros("30.00"), euros("5.70"))
    ]
    assert (credited.released, credited.paid) == (euros("0"), None)
    assert (invoice.open, invoice.gross, invoice.status) == (euros("83.30"), euros("119.00"), InvoiceStatus.ISSUED)


def test_crediting_all_of_an_invoice_leaves_nothing_open() -> None:
    invoice = an_invoice(a_charge(), a_charge(3, "0.98", "7"))

    credited = invoice.credit(invoice.creditable())

    assert credited.paid == the_paid(invoice)
    assert (invoice.open, invoice.creditable()) == (euros("0"), ())


def test_a_credit_on_a_paid_invoice_releases_the_money() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("119.00"))

    credited = invoice.credit([some_of(invoice, 1)])

    assert (credited.released, credited.paid) == (euros("11.90"), None)
    assert (invoice.open, invoice.settled) == (euros("0"), euros("107.10"))


def test_a_credit_beyond_what_is_open_pays_the_invoice_and_releases_the_rest() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("109.00"))

    credited = invoice.credit([some_of(invoice, 1)])

    assert (credited.released, credited.paid) == (euros("1.90"), the_paid(invoice))
    assert invoice.open == euros("0")


def test_waived_cents_are_not_given_to_the_customer() -> None:
    invoice = an_invoice()
    _ = invoice.settle(euros("118.98"))
    _ = invoice.waive_rounding()

    credited = invoice.credit(invoice.creditable())

    assert (credited.released, credited.unwaived) == (euros("118.98"), euros("0.02"))
    assert (invoice.open, invoice.settled, invoice.waived) == (euros("0"), euros("0"), euros("0"))


def test_no_more_is_credited_than_was_invoiced() -> None:
    invoice = an_invoice()
    _ = invoice.credit([some_of(invoice, 8)])
    before = vars(invoice).copy()

    with pytest.raises(CreditExceedsInvoice, match="2 C62"):
        _ = invoice.credit([some_of(invoice, 3)])
    with pytest.raises(CreditExceedsInvoice):
        _ = invoice.credit([some_of(invoice, 2), some_of(invoice, 1)])

    assert vars(invoice) == before


def test_a_line_of_another_invoice_is_not_credited() -> None:
    invoice = an_invoice()
    before = vars(invoice).copy()

    with pytest.raises(CreditExceedsInvoice, match="does not charge"):
        _ = invoice.credit([some_of(an_invoice(), 1)])

    assert vars(invoice) == before


def test_a_credit_of_less_than_nothing_is_refused() -> None:
    invoice = an_invoice(a_charge(), a_charge())
    before = vars(invoice).copy()

    with pytest.raises(CreditExceedsInvoice):
        _ = invoice.credit([some_of(invoice, 1), some_of(invoice, -1, line=1)])

    assert vars(invoice) == before


def test_a_credit_of_nothing_is_refused() -> None:
    invoice = an_invoice()
    before = vars(invoice).copy()

    with pytest.raises(CreditHasNoLines):
        _ = invoice.credit([])
    with pytest.raises(CreditHasNoLines):
        _ = invoice.credit([some_of(invoice, 0)])

    assert vars(invoice) == before


def test_a_credit_note_says_what_it_gives_back_and_why() -> None:
    invoice = an_invoice()
    credited = invoice.credit([some_of(invoice, 3)])

    note = CreditNote.against(
        invoice, credited, number="CN-2026-000001", reason="three were broken", issued_on=date(2026, 3, 9)
    )

    assert note.issue() == CreditNoteIssued(
        credit_note_id=note.credit_note_id,
        number="CN-2026-000001",
        invoice_id=invoice.invoice_id,
        order_id=invoice.order_id,
        customer_id=invoice.customer_id,
        lines=credited.lines,
        gross=euros("35.70"),
        reason="three were broken",
    )
    assert [(each.percent, each.tax) for each in note.vat] == [(Decimal(19), euros("5.70"))]


def test_payments_and_credits_do_not_change_the_document() -> None:
    invoice = an_invoice()
    issued = invoice.issue()

    _ = invoice.settle(euros("50.00"))
    _ = invoice.credit([some_of(invoice, 3)])
    _ = invoice.note_overdue(date(2026, 5, 1))

    assert invoice.issue() == issued


quantities = st.integers(1, 6)
nets = st.integers(0, 300).map(lambda each: str(Decimal(each).scaleb(-2)))
some_charges = st.lists(
    st.builds(a_charge, quantities, nets, st.sampled_from(["0", "7", "19"])), min_size=1, max_size=4
)
picks = st.lists(st.tuples(st.integers(0, 3), quantities), max_size=12)


@given(some_charges, picks, st.integers(0, 100))
def test_credits_never_exceed_the_invoice_and_add_up_to_it(
    charges: list[Charge], wanted: list[tuple[int, int]], percent_paid: int
) -> None:
    invoice = an_invoice(*charges)
    _ = invoice.settle(invoice.gross.percent(Decimal(percent_paid)))
    settled = invoice.settled

    for line, quantity in wanted:
        try:
            credited = invoice.credit([some_of(invoice, quantity, line % len(charges))])
        except CreditExceedsInvoice:
            continue
        settled -= credited.released
        assert not invoice.open.is_negative
        assert invoice.credited <= invoice.gross
        assert invoice.settled == settled
    if rest := invoice.creditable():
        _ = invoice.credit(rest)

    assert subtotals(invoice.credited_lines) == invoice.vat
    assert (invoice.open, invoice.settled) == (euros("0"), euros("0"))
