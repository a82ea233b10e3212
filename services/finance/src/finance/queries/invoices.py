"""What we asked money for, and what we took back of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Row, select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import CreditNoteId, CustomerId, InvoiceId, OrderId, ShipmentId
from contracts.lines import InvoicedLine
from contracts.values import Money
from finance.domain.invoice import InvoiceStatus
from finance.domain.vat import Category, VatSubtotal
from finance.queries.readers import Reader, given, mapping, readable, whose
from finance.storage.invoices import credit_note_of, invoice_of
from finance.storage.tables import credit_notes, invoices
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.routing import Reading, tag

router = APIRouter()


class VatAnswer(BaseModel):
    """What the document charges at one rate (EN 16931, BG-23)."""

    category: Category
    percent: Decimal
    net: Money
    tax: Money


class InvoiceAnswer(BaseModel):
    """An invoice: open = gross - credited - settled - waived."""

    invoice_id: InvoiceId
    version: int
    number: str
    order_id: OrderId
    customer_id: CustomerId
    shipment_id: ShipmentId
    status: InvoiceStatus
    overdue: bool
    issued_on: date
    due_on: date
    lines: tuple[InvoicedLine, ...]
    vat: list[VatAnswer]
    net: Money
    tax: Money
    gross: Money
    credited: Money
    settled: Money
    waived: Money
    open: Money


class CreditNoteAnswer(BaseModel):
    """A credit note: its amounts are positive, and what the customer no longer owes."""

    credit_note_id: CreditNoteId
    version: int
    number: str
    invoice_id: InvoiceId
    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[InvoicedLine, ...]
    vat: list[VatAnswer]
    gross: Money
    reason: str
    issued_on: date


@router.get("/invoices")
async def list_invoices(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    status: InvoiceStatus | None = None,
    overdue: bool | None = None,
) -> Page[InvoiceAnswer]:
    """Invoices by the time they were issued. A customer sees its own."""
    filters = given(
        {
            invoices.c.customer_id: await whose(tx, reader, customer_id),
            invoices.c.order_id: order_id,
            invoices.c.status: status,
        }
    )
    if overdue is not None:
        late = (invoices.c.due_on < datetime.now(UTC).date()) & (invoices.c.open > 0)
        filters.append(late if overdue else ~late)
    filtered = select(invoices).where(*filters)
    return await paged(tx, filtered, key=invoices.c.invoice_id, row=_paged_invoice, cursor=cursor, limit=limit)


@router.get("/invoices/{invoice_id}")
async def invoice_by_id(invoice_id: UUID, tx: Reading, reader: Reader, response: Response) -> InvoiceAnswer:
    found = (await tx.execute(select(invoices).where(invoices.c.invoice_id == invoice_id))).mappings().first()
    row = await readable(tx, reader, found, f"invoice {invoice_id}")
    tag(response, row["version"])
    return _invoice(row)


@router.get("/credit-notes")
async def list_credit_notes(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    invoice_id: UUID | None = None,
) -> Page[CreditNoteAnswer]:
    """Credit notes by the time they were issued. A customer sees its own."""
    filters = given(
        {
            credit_notes.c.customer_id: await whose(tx, reader, customer_id),
            credit_notes.c.order_id: order_id,
            credit_notes.c.invoice_id: invoice_id,
        }
    )
    filtered = select(credit_notes).where(*filters)
    return await paged(tx, filtered, key=credit_notes.c.credit_note_id, row=_paged_note, cursor=cursor, limit=limit)


@router.get("/invoices/{invoice_id}/credit-notes/{credit_note_id}")
async def credit_note_by_id(
    invoice_id: UUID, credit_note_id: UUID, tx: Reading, reader: Reader, response: Response
) -> CreditNoteAnswer:
    named = select(credit_notes).where(credit_notes.c.credit_note_id == credit_note_id)
    found = (await tx.execute(named)).mappings().first()
    row = await readable(tx, reader, found, f"credit note {credit_note_id}")
    if row["invoice_id"] != invoice_id:
        raise NotFound(f"there is no credit note {credit_note_id} on invoice {invoice_id}")
    tag(response, row["version"])
    return _note(row)


def _paged_invoice(row: Row[tuple[object, ...]]) -> InvoiceAnswer:
    return _invoice(mapping(row))


def _paged_note(row: Row[tuple[object, ...]]) -> CreditNoteAnswer:
    return _note(mapping(row))


def _invoice(row: RowMapping) -> InvoiceAnswer:
    invoice = invoice_of(row)
    return InvoiceAnswer(
        status=invoice.status,
        overdue=bool(invoice.open) and invoice.due_on < datetime.now(UTC).date(),
        lines=invoice.lines,
        vat=_vat(invoice.vat),
        net=invoice.net,
        tax=invoice.tax,
        gross=invoice.gross,
        credited=invoice.credited,
        settled=invoice.settled,
        waived=invoice.waived,
        open=invoice.open,
        **{name: row[name] for name in _INVOICE},
    )


def _note(row: RowMapping) -> CreditNoteAnswer:
    note = credit_note_of(row)
    return CreditNoteAnswer(
        lines=note.lines, vat=_vat(note.vat), gross=note.gross, **{name: row[name] for name in _NOTE}
    )


def _vat(subtotals: tuple[VatSubtotal, ...]) -> list[VatAnswer]:
    return [VatAnswer(**vars(each)) for each in subtotals]


_INVOICE = ("invoice_id", "version", "number", "order_id", "customer_id", "shipment_id", "issued_on", "due_on")
_NOTE = ("credit_note_id", "version", "number", "invoice_id", "order_id", "customer_id", "reason", "issued_on")
