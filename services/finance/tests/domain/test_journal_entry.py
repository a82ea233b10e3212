"""The journal: entries balance, and each event moves what it should."""

from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal

import pytest

from contracts.event import Event
from contracts.finance import (
    CreditNoteIssued,
    InvoiceIssued,
    InvoicePaid,
    PaymentAllocated,
    PaymentReceived,
    RefundIssued,
)
from contracts.ids import (
    CreditNoteId,
    CustomerId,
    GoodsReceiptId,
    InvoiceId,
    ItemId,
    LineId,
    LotId,
    OrderId,
    PaymentId,
    PurchaseOrderId,
    RefundId,
    ShipmentId,
    WarehouseId,
    new_id,
)
from contracts.inventory import GoodsReceived, ReceivedLine, ShipmentDispatched, StockAdjusted
from contracts.lines import InvoicedLine, ShippedLine
from contracts.values import Money, Quantity
from finance.domain import postings
from finance.domain.invoice import Credited
from finance.domain.journal_entry import (
    Account,
    EntryDoesNotBalance,
    EntryHasNoPostings,
    JournalEntry,
    Posting,
    balances,
    credit,
    debit,
)

DAY = date(2026, 3, 1)
ORDER, CUSTOMER = OrderId(new_id()), CustomerId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def dollars(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def an_entry(*its: Posting) -> JournalEntry:
    return JournalEntry(posted_on=DAY, cause="orderloop.test.v1", subject=new_id(), text="a test", postings=its)


def an_invoiced_line(net: str = "100.00", tax: str = "19.00") -> InvoicedLine:
    return InvoicedLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        quantity=Quantity.pieces(1),
        net=euros(net),
        tax_percent=Decimal(19),
        tax=euros(tax),
    )


def an_invoice_issued(net: str = "100.00", tax: str = "19.00", gross: str = "119.00") -> InvoiceIssued:
    return InvoiceIssued(
        invoice_id=InvoiceId(new_id()),
        number="INV-2026-000001",
        order_id=ORDER,
        customer_id=CUSTOMER,
        shipment_id=ShipmentId(new_id()),
        lines=(an_invoiced_line(net, tax),),
        net=euros(net),
        tax=euros(tax),
        gross=euros(gross),
        issued_on=DAY,
        due_on=DAY,
    )


def a_credit_note_issued() -> CreditNoteIssued:
    return CreditNoteIssued(
        credit_note_id=CreditNoteId(new_id()),
        number="CN-2026-000001",
        invoice_id=InvoiceId(new_id()),
        order_id=ORDER,
        customer_id=CUSTOMER,
        lines=(an_invoiced_line("10.00", "1.90"),),
        gross=euros("11.90"),
        reason="broken",
    )


def a_dispatch(*costs: Money) -> ShipmentDispatched:
    lines = tuple(
        ShippedLine(line_id=LineId(new_id()), item_id=ItemId(new_id()), quantity=Quantity.pieces(1), cost=cost)
        for cost in costs
    )
    return ShipmentDispatched(
        shipment_id=ShipmentId(new_id()),
        order_id=ORDER,
        customer_id=CUSTOMER,
        warehouse_id=WarehouseId(new_id()),
        lines=lines,
    )


def a_receipt(purchase_order_id: PurchaseOrderId | None) -> GoodsReceived:
    line = ReceivedLine(
        item_id=ItemId(new_id()),
        lot_id=LotId(new_id()),
        lot_number="L1",
        quantity=Quantity.pieces(5),
        cost=euros("25.00"),
    )
    return GoodsReceived(
        goods_receipt_id=GoodsReceiptId(new_id()),
        warehouse_id=WarehouseId(new_id()),
        lines=(line,),
        purchase_order_id=purchase_order_id,
    )


def an_adjustment(cost: str) -> StockAdjusted:
    return StockAdjusted(
        item_id=ItemId(new_id()),
        warehouse_id=WarehouseId(new_id()),
        lot_id=LotId(new_id()),
        quantity=Quantity.pieces(-1),
        cost=euros(cost),
        reason="broken",
    )


def moved(entry: JournalEntry | None) -> dict[str, str]:
    """Account to amount, debits above zero."""
    assert entry is not None
    return {account.value: str(amount) for (account, _), amount in balances([entry]).items()}


def caused_by(event: Event, entry: JournalEntry | None) -> bool:
    return entry is not None and (entry.cause, entry.subject) == (event.type_name(), event.subject)


def test_an_entry_that_does_not_balance_cannot_be_made() -> None:
    with pytest.raises(EntryDoesNotBalance, match=r"0\.01"):
        _ = an_entry(debit(Account.CASH, euros("10.01")), credit(Account.REVENUE, euros("10.00")))


def test_an_entry_balances_in_every_currency() -> None:
    with pytest.raises(EntryDoesNotBalance, match="USD"):
        _ = an_entry(debit(Account.CASH, euros("10.00")), credit(Account.REVENUE, dollars("10.00")))


@pytest.mark.parametrize("its", [(), (debit(Account.CASH, euros("0")), credit(Account.REVENUE, euros("0")))])
def test_an_entry_moves_something(its: tuple[Posting, ...]) -> None:
    with pytest.raises(EntryHasNoPostings):
        _ = an_entry(*its)


def test_a_posting_below_zero_cannot_be_made_part_of_an_entry() -> None:
    odd = Posting(account=Account.CASH, side="debit", amount=euros("-5.00"))

    with pytest.raises(EntryHasNoPostings):
        _ = an_entry(odd, debit(Account.REVENUE, euros("5.00")))


def test_an_entry_is_never_edited() -> None:
    entry = an_entry(debit(Account.CASH, euros("1.00")), credit(Account.REVENUE, euros("1.00")))

    with pytest.raises(FrozenInstanceError):
        entry.text = "another"  # pyright: ignore[reportAttributeAccessIssue]  (the refusal is what is tested)

    assert entry.text == "a test"


def test_a_negative_amount_stands_on_the_other_side() -> None:
    assert debit(Account.CASH, euros("-5.00")) == credit(Account.CASH, euros("5.00"))
    assert credit(Account.CASH, euros("-5.00")) == debit(Account.CASH, euros("5.00"))


def test_an_invoice_is_revenue_and_tax_that_the_customer_owes() -> None:
    issued = an_invoice_issued()

    entry = postings.for_invoice(issued)

    assert moved(entry) == {"receivable": "119.00", "revenue": "-100.00", "output_vat": "-19.00"}
    assert caused_by(issued, entry)
    assert entry is not None
    assert (entry.posted_on, entry.order_id, entry.customer_id) == (DAY, ORDER, CUSTOMER)


def test_an_invoice_without_tax_has_no_posting_of_tax() -> None:
    assert moved(postings.for_invoice(an_invoice_issued("100.00", "0", "100.00"))) == {
        "receivable": "100.00",
        "revenue": "-100.00",
    }


def test_goods_for_free_have_no_entry() -> None:
    assert postings.for_invoice(an_invoice_issued("0", "0", "0")) is None
    assert postings.for_shipment(a_dispatch(euros("0")), DAY) is None


def test_a_credit_note_is_the_invoice_backwards() -> None:
    issued = a_credit_note_issued()
    credited = Credited(lines=issued.lines, released=euros("0"), unwaived=euros("0"), paid=None)

    entry = postings.for_credit_note(issued, credited, DAY)

    assert moved(entry) == {"revenue": "10.00", "output_vat": "1.90", "receivable": "-11.90"}
    assert caused_by(issued, entry)


def test_a_credit_note_on_a_paid_invoice_makes_an_advance_of_the_money() -> None:
    issued = a_credit_note_issued()
    credited = Credited(lines=issued.lines, released=euros("8.00"), unwaived=euros("0.02"), paid=None)

    assert moved(postings.for_credit_note(issued, credited, DAY)) == {
        "revenue": "10.00",
        "output_vat": "1.90",
        "receivable": "-3.88",
        "customer_advances": "-8.00",
        "rounding_differences": "-0.02",
    }


def test_money_is_an_advance_until_it_settles_an_invoice_or_goes_back() -> None:
    payment_id = PaymentId(new_id())
    received = PaymentReceived(
        payment_id=payment_id, customer_id=CUSTOMER, amount=euros("100.00"), reference="BANK-1", received_on=DAY
    )
    allocated = PaymentAllocated(
        payment_id=payment_id,
        invoice_id=InvoiceId(new_id()),
        order_id=ORDER,
        customer_id=CUSTOMER,
        amount=euros("60.00"),
        invoice_open=euros("0"),
        payment_unallocated=euros("40.00"),
    )
    refunded = RefundIssued(
        refund_id=RefundId(new_id()),
        payment_id=payment_id,
        order_id=None,
        customer_id=CUSTOMER,
        amount=euros("40.00"),
        reason="too much",
    )

    assert moved(postings.for_payment(received)) == {"cash": "100.00", "customer_advances": "-100.00"}
    assert moved(postings.for_allocation(allocated, DAY)) == {"customer_advances": "60.00", "receivable": "-60.00"}
    assert moved(postings.for_refund(refunded, DAY)) == {"customer_advances": "40.00", "cash": "-40.00"}


def test_waived_cents_are_a_rounding_difference() -> None:
    paid = InvoicePaid(invoice_id=InvoiceId(new_id()), order_id=ORDER, customer_id=CUSTOMER, gross=euros("119.00"))

    assert moved(postings.for_waived_rounding(paid, euros("0.02"), DAY)) == {
        "rounding_differences": "0.02",
        "receivable": "-0.02",
    }


def test_shipped_goods_become_the_cost_of_the_sale_in_the_currency_of_the_cost() -> None:
    entry = postings.for_shipment(a_dispatch(euros("4.00"), euros("6.00"), dollars("5.00")), DAY)

    assert entry is not None
    assert balances([entry]) == {
        (Account.COST_OF_GOODS_SOLD, "EUR"): Decimal("10.00"),
        (Account.INVENTORY, "EUR"): Decimal("-10.00"),
        (Account.COST_OF_GOODS_SOLD, "USD"): Decimal("5.00"),
        (Account.INVENTORY, "USD"): Decimal("-5.00"),
    }


def test_bought_goods_are_owed_to_the_supplier_and_opening_stock_is_not() -> None:
    assert moved(postings.for_receipt(a_receipt(PurchaseOrderId(new_id())), DAY)) == {
        "inventory": "25.00",
        "goods_received_not_invoiced": "-25.00",
    }
    assert moved(postings.for_receipt(a_receipt(None), DAY)) == {"inventory": "25.00", "opening_balance": "-25.00"}


def test_lost_goods_are_less_inventory_and_found_goods_are_more() -> None:
    assert moved(postings.for_adjustment(an_adjustment("-4.00"), DAY)) == {
        "inventory": "-4.00",
        "inventory_adjustments": "4.00",
    }
    assert moved(postings.for_adjustment(an_adjustment("4.00"), DAY)) == {
        "inventory": "4.00",
        "inventory_adjustments": "-4.00",
    }
