"""Invoices and payments of one order, for a life to move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from contracts.event import Event
from contracts.finance import (
    CreditNoteIssued,
    InvoiceIssued,
    InvoicePaid,
    PaymentAllocated,
    PaymentReceived,
    RefundIssued,
)
from contracts.ids import CreditNoteId, CustomerId, InvoiceId, OrderId, PaymentId, RefundId, ShipmentId
from contracts.lines import InvoicedLine
from contracts.values import Money

from .goods import TODAY, ZERO, Company, Line, an_id, charged


@dataclass
class Bill:
    """An invoice; open = gross - credited - settled - waived."""

    issued: InvoiceIssued
    credited: list[InvoicedLine] = field(default_factory=list[InvoicedLine])
    settled: Decimal = ZERO
    waived: Decimal = ZERO
    paid: bool = False

    @property
    def open(self) -> Decimal:
        back = sum((line.net.amount + line.tax.amount for line in self.credited), ZERO)
        return self.issued.gross.amount - back - self.settled - self.waived


@dataclass
class Cash:
    """A payment; what is left of it."""

    payment_id: PaymentId
    left: Decimal
    settles: dict[InvoiceId, Decimal] = field(default_factory=dict[InvoiceId, Decimal])


@dataclass
class Till:
    """What finance does for one order; each method yields what it tells."""

    company: Company
    order_id: OrderId
    customer_id: CustomerId
    currency: str
    prepaid: bool
    bills: list[Bill] = field(default_factory=list[Bill])
    cash: list[Cash] = field(default_factory=list[Cash])

    def money(self, amount: Decimal) -> Money:
        return Money(amount=amount, currency=self.currency)

    @property
    def open(self) -> Decimal:
        return sum((bill.open for bill in self.bills), ZERO)

    @property
    def is_paid(self) -> bool:
        return bool(self.bills) and all(bill.paid for bill in self.bills)

    def invoice(self, shipment_id: ShipmentId, parts: list[tuple[Line, Decimal]]) -> Iterator[Event]:
        lines = charged(parts)
        net = sum((line.net.amount for line in lines), ZERO)
        tax = sum((line.tax.amount for line in lines), ZERO)
        bill = Bill(
            InvoiceIssued(
                invoice_id=InvoiceId(an_id(self.company.dice)),
                number=f"INV-{self.company.number()}",
                order_id=self.order_id,
                customer_id=self.customer_id,
                shipment_id=shipment_id,
                lines=lines,
                net=self.money(net),
                tax=self.money(tax),
                gross=self.money(net + tax),
                issued_on=TODAY,
                due_on=TODAY + timedelta(days=30),
            )
        )
        self.bills.append(bill)
        yield bill.issued
        yield from self._paid_if_settled(bill)
        for cash in self.cash:
            yield from self._meet(cash, bill)

    def receive(self, amount: Decimal) -> Iterator[Event]:
        cash = Cash(PaymentId(an_id(self.company.dice)), amount)
        self.cash.append(cash)
        yield PaymentReceived(
            payment_id=cash.payment_id,
            customer_id=self.customer_id,
            amount=self.money(amount),
            reference=str(cash.payment_id),
            received_on=TODAY,
            order_id=self.order_id,
        )
        for bill in self.bills:
            yield from self._meet(cash, bill)

    def credit(self, bill: Bill, line: Line, quantity: Decimal) -> Iterator[Event]:
        """What was paid beyond what is owed comes free."""
        lines = charged([(line, quantity)], bill.credited)
        gross = sum((each.net.amount + each.tax.amount for each in lines), ZERO)
        free = max(gross - bill.open, ZERO)
        bill.credited += lines
        for cash in reversed(self.cash):
            part = min(free, cash.settles.get(bill.issued.invoice_id, ZERO))
            if part:
                cash.settles[bill.issued.invoice_id] -= part
                cash.left, bill.settled, free = cash.left + part, bill.settled - part, free - part
        bill.waived -= free
        yield CreditNoteIssued(
            credit_note_id=CreditNoteId(an_id(self.company.dice)),
            number=f"CN-{self.company.number()}",
            invoice_id=bill.issued.invoice_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=lines,
            gross=self.money(gross),
            reason="broken",
        )
        yield from self._paid_if_settled(bill)

    def put_to_use(self) -> Iterator[Event]:
        """Free money meets what is open."""
        for cash in self.cash:
            for bill in self.bills:
                yield from self._meet(cash, bill)

    def refund(self) -> Iterator[Event]:
        """What settles nothing goes back."""
        for cash in self.cash:
            if cash.left:
                yield RefundIssued(
                    refund_id=RefundId(an_id(self.company.dice)),
                    payment_id=cash.payment_id,
                    order_id=self.order_id,
                    customer_id=self.customer_id,
                    amount=self.money(cash.left),
                    reason="not needed",
                )
                cash.left = ZERO

    def waive(self) -> Iterator[Event]:
        """The last cents of a prepaid order, when nothing of it is left to invoice."""
        for bill in self.bills:
            if self.prepaid and ZERO < bill.open <= Decimal("0.05"):
                bill.waived += bill.open
                yield from self._paid_if_settled(bill)

    def _meet(self, cash: Cash, bill: Bill) -> Iterator[Event]:
        amount = min(cash.left, bill.open)
        if amount <= 0:
            return
        cash.left, bill.settled = cash.left - amount, bill.settled + amount
        invoice_id = bill.issued.invoice_id
        cash.settles[invoice_id] = cash.settles.get(invoice_id, ZERO) + amount
        yield PaymentAllocated(
            payment_id=cash.payment_id,
            invoice_id=invoice_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            amount=self.money(amount),
            invoice_open=self.money(bill.open),
            payment_unallocated=self.money(cash.left),
        )
        yield from self._paid_if_settled(bill)

    def _paid_if_settled(self, bill: Bill) -> Iterator[Event]:
        if not bill.paid and not bill.open:
            bill.paid = True
            issued = bill.issued
            yield InvoicePaid(
                invoice_id=issued.invoice_id,
                order_id=issued.order_id,
                customer_id=issued.customer_id,
                gross=issued.gross,
            )
