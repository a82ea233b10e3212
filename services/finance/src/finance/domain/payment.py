"""Payment: money that came in, and which invoices it settles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.errors import Malformed, NotFound, Refused
from contracts.finance import InvoicePaid, PaymentAllocated, PaymentReceived
from contracts.ids import CustomerId, InvoiceId, OrderId, PaymentId, new_id
from contracts.values import Money
from finance.domain.invoice import Invoice
from finance.domain.refund import Refund


class PaymentReferenceTaken(Refused):
    """A reference of the payer or provider comes once: a payment told twice is one payment. The database decides."""


class PaymentNotPositive(Malformed):
    """A payment brings money; what goes back to the customer is a refund."""


class PaymentHasNoReference(Malformed):
    """Without the payer's or provider's reference a second delivery of the same payment would not be seen."""


class AmountNotPositive(Malformed):
    """Something is allocated, released or refunded, never nothing or less."""


class AllocationExceedsPayment(Refused):
    """Allocations and refunds together never exceed the payment."""


class AllocationToAnotherCustomer(Refused):
    """A customer's money settles that customer's invoices only."""


class AllocationInAnotherCurrency(Refused):
    """A payment settles invoices in its own currency only."""


class ReleaseExceedsAllocation(Refused):
    """Only what was allocated to an invoice comes free from it."""


class RefundExceedsUnallocated(Refused):
    """Only money that settles nothing goes back."""


class OrderOfPaymentUnknown(NotFound):
    """The order that a payment names has to be known here, since a prepaid one holds its money."""


class PaymentStatus(StrEnum):
    """How much of the money has found its invoice."""

    RECEIVED = "received"
    PARTLY_ALLOCATED = "partly_allocated"
    ALLOCATED = "allocated"
    REFUNDED = "refunded"
    """All of it went back."""


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """So much of the payment settles this invoice; one per invoice."""

    invoice_id: InvoiceId
    amount: Money


@dataclass(eq=False, kw_only=True)
class Payment:
    """unallocated = amount - allocations - refunded, and never below zero."""

    payment_id: PaymentId = field(default_factory=lambda: PaymentId(new_id()))
    customer_id: CustomerId
    amount: Money
    reference: str
    received_on: date
    order_id: OrderId | None = None
    prepayment: bool = False
    """Meant for a prepaid order: the money is spoken for, so that it is no credit for other orders."""
    allocations: tuple[Allocation, ...] = ()
    refunded: Money
    version: int = 0

    @property
    def allocated(self) -> Money:
        return Money.total((each.amount for each in self.allocations), self.amount.currency)

    @property
    def unallocated(self) -> Money:
        return self.amount - self.allocated - self.refunded

    @property
    def status(self) -> PaymentStatus:
        if self.unallocated:
            return PaymentStatus.PARTLY_ALLOCATED if self.allocations else PaymentStatus.RECEIVED
        return PaymentStatus.ALLOCATED if self.allocations else PaymentStatus.REFUNDED

    def allocated_to(self, invoice_id: InvoiceId) -> Money:
        to_it = (each.amount for each in self.allocations if each.invoice_id == invoice_id)
        return Money.total(to_it, self.amount.currency)

    def receive(self) -> PaymentReceived:
        """The money is here."""
        if self.amount.amount <= 0:
            raise PaymentNotPositive(f"{self.amount} came in; record a refund when money goes back")
        if not self.reference.strip():
            raise PaymentHasNoReference("give the reference under which the payer or provider knows the payment")
        return PaymentReceived(
            payment_id=self.payment_id,
            customer_id=self.customer_id,
            amount=self.amount,
            reference=self.reference,
            received_on=self.received_on,
            order_id=self.order_id,
        )

    def allocate(self, invoice: Invoice, amount: Money) -> tuple[PaymentAllocated | InvoicePaid, ...]:
        """Settle a part of the invoice; both bounds hold, the payment's and the invoice's."""
        self._may_settle(invoice, amount)
        paid = invoice.settle(amount)
        self._put(invoice.invoice_id, self.allocated_to(invoice.invoice_id) + amount)
        allocated = PaymentAllocated(
            payment_id=self.payment_id,
            invoice_id=invoice.invoice_id,
            order_id=invoice.order_id,
            customer_id=invoice.customer_id,
            amount=amount,
            invoice_open=invoice.open,
            payment_unallocated=self.unallocated,
        )
        return (allocated,) if paid is None else (allocated, paid)

    def release(self, invoice_id: InvoiceId, amount: Money) -> None:
        """Take back what had settled an invoice that is now credited; the money is unallocated again."""
        _positive(amount)
        rest = self.allocated_to(invoice_id) - amount
        if rest.is_negative:
            raise ReleaseExceedsAllocation(f"{amount - -rest} of {self.reference} settle this invoice; release that")
        self._put(invoice_id, rest)

    def refund(self, amount: Money, reason: str) -> Refund:
        """Send money back; issue the refund that is returned."""
        _positive(amount)
        if self.unallocated < amount:
            raise RefundExceedsUnallocated(
                f"{self.unallocated} of {self.reference} are unallocated; refund at most that"
            )
        self.refunded += amount
        return Refund(
            payment_id=self.payment_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            amount=amount,
            reason=reason,
        )

    def _may_settle(self, invoice: Invoice, amount: Money) -> None:
        if invoice.customer_id != self.customer_id:
            raise AllocationToAnotherCustomer(
                f"{invoice.number} is another customer's; name one of the payer's invoices"
            )
        if invoice.currency != self.amount.currency or amount.currency != self.amount.currency:
            raise AllocationInAnotherCurrency(f"{self.reference} is in {self.amount.currency}; name an invoice in it")
        _positive(amount)
        if self.unallocated < amount:
            raise AllocationExceedsPayment(
                f"{self.unallocated} of {self.reference} are unallocated; allocate at most that"
            )

    def _put(self, invoice_id: InvoiceId, amount: Money) -> None:
        others = tuple(each for each in self.allocations if each.invoice_id != invoice_id)
        self.allocations = (*others, Allocation(invoice_id=invoice_id, amount=amount)) if amount else others


def _positive(amount: Money) -> None:
    if amount.amount <= 0:
        raise AmountNotPositive(f"{amount} is not more than nothing; name the amount to move")
