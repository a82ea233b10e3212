"""CreditNote: we take back part of what an invoice asked for. As immutable as the invoice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from contracts.finance import CreditNoteIssued
from contracts.ids import CreditNoteId, CustomerId, InvoiceId, OrderId, new_id
from contracts.lines import InvoicedLine
from contracts.values import Money
from finance.domain.invoice import Credited, Invoice
from finance.domain.vat import VatSubtotal, gross_of, subtotals


@dataclass(eq=False, kw_only=True)
class CreditNote:
    """Its lines are positive amounts that were invoiced; `Invoice.credit` makes them and keeps them in bounds."""

    credit_note_id: CreditNoteId = field(default_factory=lambda: CreditNoteId(new_id()))
    number: str
    invoice_id: InvoiceId
    order_id: OrderId
    customer_id: CustomerId
    currency: str
    lines: tuple[InvoicedLine, ...]
    reason: str
    issued_on: date
    version: int = 0

    @staticmethod
    def against(invoice: Invoice, credited: Credited, *, number: str, reason: str, issued_on: date) -> CreditNote:
        return CreditNote(
            number=number,
            invoice_id=invoice.invoice_id,
            order_id=invoice.order_id,
            customer_id=invoice.customer_id,
            currency=invoice.currency,
            lines=credited.lines,
            reason=reason,
            issued_on=issued_on,
        )

    @property
    def gross(self) -> Money:
        return gross_of(self.lines, self.currency)

    @property
    def vat(self) -> tuple[VatSubtotal, ...]:
        return subtotals(self.lines)

    def issue(self) -> CreditNoteIssued:
        return CreditNoteIssued(
            credit_note_id=self.credit_note_id,
            number=self.number,
            invoice_id=self.invoice_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=self.lines,
            gross=self.gross,
            reason=self.reason,
        )
