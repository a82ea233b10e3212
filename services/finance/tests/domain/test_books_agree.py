"""Under any history the ledger balances, sub-ledgers equal their accounts, the credit account counts each cent once.

`Books` does what the commands do, in the same order, with lists in place of tables.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.event import Event
from contracts.finance import (
    CreditLimitCleared,
    CreditLimitExceeded,
    InvoiceIssued,
    InvoicePaid,
    PaymentAllocated,
)
from contracts.ids import CustomerId, InvoiceId, ItemId, LineId, OrderId, ShipmentId, WarehouseId, new_id
from contracts.inventory import ShipmentDispatched
from contracts.lines import LineQuantity, OrderLine, ShippedLine
from contracts.order import LineChange, OrderAmended, OrderPlaced
from contracts.values import Money, Quantity
from finance.domain import postings
from finance.domain.credit_account import CreditAccount
from finance.domain.credit_note import CreditNote
from finance.domain.invoice import ROUNDING_TOLERANCE, Invoice
from finance.domain.journal_entry import Account, JournalEntry, balances
from finance.domain.numbers import Series, number
from finance.domain.open_order import OpenOrder
from finance.domain.payment import Payment
from finance.domain.settlement import refunds_after_cancellation, release, settle, settle_from_waiting

CUSTOMER = CustomerId(new_id())
DAY = date(2026, 1, 1)
NOTHING = Money.zero("EUR")


def euros(amount: Decimal) -> Money:
    return Money(amount=amount, currency="EUR")


def a_line(quantity: int, price: Decimal, tax: str) -> OrderLine:
    return OrderLine(
        line_id=LineId(new_id()),
        item_id=ItemId(new_id()),
        sku="CHAIR-1",
        quantity=Quantity.pieces(quantity),
        unit_price=euros(price),
        tax_percent=Decimal(tax),
    )


cents = st.integers(1, 9_999).map(lambda each: Decimal(each).scaleb(-2))
prices = st.integers(0, 9_999_999).map(lambda each: Decimal(each).scaleb(-4))
line_lists = st.lists(
    st.builds(a_line, st.integers(1, 9), prices, st.sampled_from(["0", "7", "19"])), min_size=1, max_size=3
)
which = st.integers(0, 50)
some = st.integers(1, 9)


class Books(RuleBasedStateMachine):
    """One customer with its orders, invoices and payments, and the journal over all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.account = CreditAccount.open(CUSTOMER, "EUR")
        self.orders: list[OpenOrder] = []
        self.invoices: list[Invoice] = []
        self.payments: list[Payment] = []
        self.journal: list[JournalEntry] = []
        self.held: set[OrderId] = set()
        self.paid: list[InvoiceId] = []
        self.shipped_cost = NOTHING

    @initialize(limit=st.one_of(st.none(), st.integers(0, 20_000).map(Decimal)))
    def open_account(self, limit: Decimal | None) -> None:
        self.tell(self.account.set_limit(None if limit is None else euros(limit)))

    @rule(limit=st.one_of(st.none(), st.integers(0, 20_000).map(Decimal)))
    def set_limit(self, limit: Decimal | None) -> None:
        self.tell(self.account.set_limit(None if limit is None else euros(limit)))

    @rule(lines=line_lists, prepaid=st.booleans(), age=st.integers(0, 5))
    def place(self, lines: list[OrderLine], *, prepaid: bool, age: int) -> None:
        placed = OrderPlaced(
            order_id=OrderId(new_id()),
            customer_id=CUSTOMER,
            number="SO-1",
            channel="shop",
            lines=tuple(lines),
            total=Money.total((line.gross for line in lines), "EUR"),
            prepaid=prepaid,
            ordered_on=DAY - timedelta(days=age),
        )
        self.orders.append(OpenOrder.of(placed))
        self.tell(self.account.place(self.orders[-1]))

    @precondition(lambda self: self.orders)
    @rule(index=which, more=st.integers(-4, 4))
    def amend(self, index: int, more: int) -> None:
        order = self.orders[index % len(self.orders)]
        line = order.lines[index % len(order.lines)]
        more = max(more, -int(line.open.value))
        change = LineChange(line_id=line.line_id, before=Quantity.pieces(10), after=Quantity.pieces(10 + more))
        before = order.exposure
        order.amend(
            OrderAmended(order_id=order.order_id, customer_id=CUSTOMER, lines=(), changes=(change,), total=NOTHING)
        )
        self.tell(self.account.amend(order, before))

    @precondition(lambda self: self.orders)
    @rule(index=which, quantity=some)
    def cancel(self, index: int, quantity: int) -> None:
        order = self.orders[index % len(self.orders)]
        before = order.exposure
        order.cancel(self.up_to(order, index, quantity))
        self.account.cancel(order.order_id, before - order.exposure)
        for refund in refunds_after_cancellation(order, self.payments, self.invoices, "cancelled"):
            [payment] = [each for each in self.payments if each.payment_id == refund.payment_id]
            self.account.refund(payment, refund.amount)
            self.post(postings.for_refund(refund.issue(), DAY))
        self.tell(self.account.review())

    @precondition(lambda self: any(not order.is_invoiced for order in self.orders))
    @rule(index=which, quantity=some)
    def ship(self, index: int, quantity: int) -> None:
        unshipped = [order for order in self.orders if not order.is_invoiced]
        order = unshipped[index % len(unshipped)]
        wanted = self.up_to(order, index, quantity) or self.up_to(
            order, next(place for place, line in enumerate(order.lines) if line.open), quantity
        )
        dispatched = ShipmentDispatched(
            shipment_id=ShipmentId(new_id()),
            order_id=order.order_id,
            customer_id=CUSTOMER,
            warehouse_id=WarehouseId(new_id()),
            lines=tuple(ShippedLine(**dict(each), cost=euros(Decimal("1.23"))) for each in wanted),
        )
        before = order.exposure
        invoice = Invoice.over(
            order,
            shipment_id=dispatched.shipment_id,
            lines=order.invoice(dispatched),
            number=number(Series.INVOICE, 2026, len(self.invoices) + 1),
            issued_on=DAY,
        )
        self.invoices.append(invoice)
        issued = invoice.issue()
        self.account.invoice(order.order_id, before - order.exposure, invoice.gross)
        self.shipped_cost += euros(Decimal("1.23")).times(len(dispatched.lines))
        self.post(postings.for_shipment(dispatched, DAY))
        settled = settle_from_waiting(invoice, self.payments)
        self.book((*issued, *settled))
        self.waive(order, invoice)
        self.tell(self.account.review())

    @rule(amount=cents, index=which, aim=st.sampled_from(["nothing", "order", "invoice", "exact"]))
    def pay(self, amount: Decimal, index: int, aim: str) -> None:
        order = self.orders[index % len(self.orders)] if self.orders and aim == "order" else None
        invoice = self.invoices[index % len(self.invoices)] if self.invoices and aim in {"invoice", "exact"} else None
        if invoice is not None and aim == "exact" and invoice.open:
            amount = invoice.open.amount
        payment = Payment(
            customer_id=CUSTOMER,
            amount=euros(amount),
            reference=f"BANK-{len(self.payments)}",
            received_on=DAY,
            order_id=order.order_id if order else None,
            prepayment=order is not None and order.prepaid,
            refunded=NOTHING,
        )
        self.payments.append(payment)
        self.account.receive(payment)
        self.post(postings.for_payment(payment.receive()))
        self.book(settle(payment, self.invoices, invoice.invoice_id if invoice else None))
        self.tell(self.account.review())

    @precondition(lambda self: any(invoice.creditable() for invoice in self.invoices))
    @rule(index=which, quantity=some)
    def give_credit(self, index: int, quantity: int) -> None:
        creditable = [invoice for invoice in self.invoices if invoice.creditable()]
        invoice = creditable[index % len(creditable)]
        line = invoice.creditable()[0]
        part = line.model_copy(update={"quantity": min(line.quantity, Quantity.pieces(quantity))})
        before = invoice.open
        credited = invoice.credit([part])
        note = CreditNote.against(invoice, credited, number="CN-2026-000001", reason="broken", issued_on=DAY)
        self.account.credit(before, invoice.open)
        for payment, amount in release(invoice, credited.released, self.payments):
            self.account.release(payment, amount)
        self.post(postings.for_credit_note(note.issue(), credited, DAY))
        self.book(() if credited.paid is None else (credited.paid,))
        self.tell(self.account.review())

    @precondition(lambda self: any(payment.unallocated for payment in self.payments))
    @rule(index=which, amount=cents)
    def refund(self, index: int, amount: Decimal) -> None:
        unallocated = [payment for payment in self.payments if payment.unallocated]
        payment = unallocated[index % len(unallocated)]
        refund = payment.refund(min(payment.unallocated, euros(amount)), "too much")
        self.account.refund(payment, refund.amount)
        self.post(postings.for_refund(refund.issue(), DAY))
        self.tell(self.account.review())

    @precondition(lambda self: any(payment.prepayment for payment in self.payments))
    @rule()
    def free_prepayments(self) -> None:
        for payment in self.payments:
            self.account.free(payment)
        self.tell(self.account.review())

    def up_to(self, order: OpenOrder, index: int, quantity: int) -> tuple[LineQuantity, ...]:
        line = order.lines[index % len(order.lines)]
        wanted = min(line.open, Quantity.pieces(quantity))
        return (LineQuantity(line_id=line.line_id, item_id=line.item_id, quantity=wanted),) if wanted else ()

    def waive(self, order: OpenOrder, invoice: Invoice) -> None:
        open_before = invoice.open
        if order.prepaid and order.is_invoiced and open_before.amount <= ROUNDING_TOLERANCE:
            paid = invoice.waive_rounding()
            self.account.credit(open_before, invoice.open)
            self.book(() if paid is None else (paid,))
            if paid is not None:
                self.post(postings.for_waived_rounding(paid, open_before, DAY))

    def book(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, InvoiceIssued):
                self.post(postings.for_invoice(event))
            elif isinstance(event, PaymentAllocated):
                [payment] = [each for each in self.payments if each.payment_id == event.payment_id]
                self.account.settle(payment, event.amount)
                self.post(postings.for_allocation(event, DAY))
            elif isinstance(event, InvoicePaid):
                self.paid.append(event.invoice_id)

    def post(self, entry: JournalEntry | None) -> None:
        self.journal += [] if entry is None else [entry]

    def tell(self, events: Iterable[Event]) -> None:
        """An order is held once until it is cleared, and only a held one is cleared."""
        for event in events:
            if isinstance(event, CreditLimitExceeded):
                assert event.order_id not in self.held
                assert event.limit < event.exposure
                self.held.add(event.order_id)
            elif isinstance(event, CreditLimitCleared):
                assert event.limit is None or event.exposure <= event.limit
                self.held.remove(event.order_id)
        self.held &= {each.order_id for each in self.account.waiting}

    def balance(self, account: Account) -> Money:
        return euros(balances(self.journal).get((account, "EUR"), Decimal(0)))

    @invariant()
    def the_trial_balance_is_zero(self) -> None:
        assert sum(balances(self.journal).values(), Decimal(0)) == 0

    @invariant()
    def the_receivables_are_what_is_open_on_invoices(self) -> None:
        assert self.balance(Account.RECEIVABLE) == Money.total((each.open for each in self.invoices), "EUR")

    @invariant()
    def the_advances_are_what_is_unallocated_of_payments(self) -> None:
        unallocated = Money.total((each.unallocated for each in self.payments), "EUR")
        assert self.balance(Account.CUSTOMER_ADVANCES) == -unallocated

    @invariant()
    def cash_revenue_and_cost_are_those_of_the_documents(self) -> None:
        kept = Money.total((each.amount - each.refunded for each in self.payments), "EUR")
        assert self.balance(Account.CASH) == kept
        assert self.balance(Account.COST_OF_GOODS_SOLD) == self.shipped_cost
        tax = Money.total((each.tax for each in self.invoices), "EUR")
        credited = Money.total((line.tax for each in self.invoices for line in each.credited_lines), "EUR")
        assert self.balance(Account.OUTPUT_VAT) == credited - tax

    @invariant()
    def allocations_stay_within_payments_and_invoices(self) -> None:
        for payment in self.payments:
            assert payment.unallocated >= NOTHING
        for invoice in self.invoices:
            settled = Money.total((each.allocated_to(invoice.invoice_id) for each in self.payments), "EUR")
            assert invoice.open >= NOTHING
            assert settled == invoice.settled <= invoice.gross

    @invariant()
    def an_invoice_is_paid_once_and_exactly_when_nothing_is_open(self) -> None:
        assert sorted(self.paid) == sorted(each.invoice_id for each in self.invoices if not each.open)

    @invariant()
    def the_credit_account_counts_every_document_once(self) -> None:
        free = Money.total((each.unallocated for each in self.payments if not each.prepayment), "EUR")
        assert self.account.open_orders == Money.total((each.exposure for each in self.orders), "EUR")
        assert self.account.receivables == Money.total((each.open for each in self.invoices), "EUR")
        assert self.account.unallocated_cash == free
        assert not self.account.approved.is_negative

    @invariant()
    def the_first_order_that_waits_does_not_fit(self) -> None:
        waiting, limit = self.account.waiting, self.account.limit
        assert [each.rank for each in waiting] == sorted(each.rank for each in waiting)
        assert {each.order_id for each in waiting} == self.held
        if waiting:
            assert limit is not None
            assert limit < self.account.exposure - self.account.open_orders + self.account.approved + waiting[0].gross


TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=150, stateful_step_count=30, deadline=None, derandomize=True)
