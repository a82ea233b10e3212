"""Take back an invoice, or part of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.finance import CreditNoteIssued, InvoicePaid, OrderMarginComputed
from contracts.ids import InvoiceId, LineId
from contracts.lines import LineQuantity
from contracts.values import Quantity
from finance.commands.booking import Booking, today
from finance.domain import postings
from finance.domain.credit_account import News
from finance.domain.credit_note import CreditNote
from finance.domain.invoice import Credited, CreditExceedsInvoice, Invoice
from finance.domain.numbers import Series
from finance.domain.settlement import release
from finance.storage.accounts import Accounts
from finance.storage.invoices import Invoices
from finance.storage.numbers import next_number
from finance.storage.orders import Orders
from finance.storage.payments import Payments
from kit.database import Transaction
from kit.executor import Command


class CreditedLine(BaseModel):
    """So many of a line of the invoice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    line_id: LineId
    quantity: Quantity


class IssueCreditNote(Command):
    """Give back these quantities at the price that they were invoiced at; without lines, all that is left.

    What the customer has paid beyond what it still owes is unallocated again.
    """

    invoice_id: InvoiceId
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    lines: tuple[CreditedLine, ...] | None = None
    issued_on: date | None = None


async def issue_credit_note(
    command: IssueCreditNote, tx: Transaction
) -> tuple[CreditNoteIssued | InvoicePaid | OrderMarginComputed | News, ...]:
    invoices, orders = Invoices(tx), Orders(tx)
    account = await Accounts(tx).of(await invoices.customer_of(command.invoice_id))
    invoice = await invoices.get(command.invoice_id, command.expected_version)
    order = await orders.get(invoice.order_id)
    booking = Booking(tx, account, command.issued_on or today())
    before = invoice.open
    credited = invoice.credit(_wanted(command, invoice))
    account.credit(before, invoice.open)
    await _free(invoice, credited, booking)
    margin = order.credit(credited.lines)
    await orders.save(order)
    await invoices.save(invoice)
    news = booking.review()
    issued = await _issue(invoice, credited, command.reason, booking)
    told = [each for each in (credited.paid, margin) if each is not None]
    return (issued, *told, *news)


def _wanted(command: IssueCreditNote, invoice: Invoice) -> tuple[LineQuantity, ...]:
    if command.lines is None:
        return invoice.creditable()
    items = {line.line_id: line.item_id for line in invoice.lines}
    if strangers := [line.line_id for line in command.lines if line.line_id not in items]:
        raise CreditExceedsInvoice(f"{invoice.number} does not charge line {strangers[0]}; name its own lines")
    return tuple(
        LineQuantity(line_id=line.line_id, item_id=items[line.line_id], quantity=line.quantity)
        for line in command.lines
    )


async def _free(invoice: Invoice, credited: Credited, booking: Booking) -> None:
    if not credited.released:
        return
    payments = Payments(booking.tx)
    freed = release(
        invoice, credited.released, await payments.settling(booking.account.customer_id, invoice.invoice_id)
    )
    for payment, amount in freed:
        booking.account.release(payment, amount)
    await payments.save_all([payment for payment, _ in freed])


async def _issue(invoice: Invoice, credited: Credited, reason: str, booking: Booking) -> CreditNoteIssued:
    number = await next_number(booking.tx, Series.CREDIT_NOTE, booking.on.year)
    note = CreditNote.against(invoice, credited, number=number, reason=reason, issued_on=booking.on)
    await Invoices(booking.tx).add_credit_note(note)
    issued = note.issue()
    booking.enter(postings.for_credit_note(issued, credited, booking.on))
    await booking.post()
    return issued
