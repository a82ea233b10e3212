"""Invoices and credit notes: one row each; the document's lines never change, what is open does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from asyncpg import Record
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound, Refused
from contracts.ids import CustomerId, InvoiceId, OrderId
from contracts.lines import InvoicedLine
from contracts.values import Money
from finance.domain.credit_note import CreditNote
from finance.domain.invoice import Invoice, ShipmentAlreadyInvoiced
from finance.storage.tables import credit_notes, invoices
from kit.bulk import Row, Write, read_rows, write_rows
from kit.context import note_written
from kit.database import Transaction
from kit.later import Insert, Put
from kit.storage import Rows

_LINES: TypeAdapter[tuple[InvoicedLine, ...]] = TypeAdapter(tuple[InvoicedLine, ...])
_COLUMNS = (
    "number", "order_id", "customer_id", "shipment_id", "currency", "lines", "credited_lines", "issued_on", "due_on",
    "told_overdue",
)  # fmt: skip
_NOTE = ("number", "invoice_id", "order_id", "customer_id", "currency", "lines", "reason", "issued_on")


class InvoiceUnknown(NotFound):
    """Money is asked for, settled and given back on an invoice that was issued."""


class Invoices:
    """What is read here is locked until the transaction ends; lock its customer's account first."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, invoices, invoices.c.invoice_id, "invoice")

    async def customer_of(self, invoice_id: InvoiceId) -> CustomerId:
        """Whose account to lock before the invoice is read. Raises InvoiceUnknown."""
        found = await self.tx.scalar(select(invoices.c.customer_id).where(invoices.c.invoice_id == invoice_id))
        if found is None:
            raise InvoiceUnknown(f"there is no invoice {invoice_id}")
        return found

    async def get(self, invoice_id: InvoiceId, expected_version: int | None = None) -> Invoice:
        """Raises InvoiceUnknown, VersionMismatch."""
        found = await read_rows(self.tx, _FIND, invoice_id)
        if not found:
            raise InvoiceUnknown(f"there is no invoice {invoice_id}")
        if expected_version is not None:
            return invoice_of(await self.rows.load(invoice_id, expected_version))
        return _read(found[0])

    async def to_settle(self, customer_id: CustomerId, amount: Money, order_id: OrderId | None) -> list[Invoice]:
        """The customer's oldest open invoices, no more than the amount settles; those of one order when it is named."""
        found = await read_rows(self.tx, _TO_SETTLE, customer_id, amount.currency, order_id, amount.amount)
        return [_read(row) for row in found]

    async def open_of(self, order_id: OrderId) -> list[Invoice]:
        """What is open of an order."""
        return [_read(row) for row in await read_rows(self.tx, _OPEN_OF, order_id)]

    async def overdue(self, today: date, limit: int) -> list[Invoice]:
        """Invoices whose day to be paid has passed, of which nobody was told; those that are at work are left out."""
        late = (invoices.c.due_on < today) & (invoices.c.open > 0) & ~invoices.c.told_overdue
        wanted = select(invoices).where(late).order_by(invoices.c.due_on).limit(limit)
        found = await self.tx.execute(wanted.with_for_update(skip_locked=True))
        return [invoice_of(row) for row in found.mappings()]

    def adding(self, invoice: Invoice) -> Write:
        """A new one, to be written together with something else; see `taken`."""
        invoice.version = 1
        note_written(invoice.invoice_id, invoice.version)
        values = {
            **_values(invoice),
            "lines": _dumped(invoice.lines),
            "credited_lines": _dumped(invoice.credited_lines),
        }
        return _ADD, [(invoice.invoice_id, *values.values())]

    @staticmethod
    def taken(invoice: Invoice) -> dict[str, Refused]:
        """What it means when there is one with the same key."""
        told = ShipmentAlreadyInvoiced(f"shipment {invoice.shipment_id} has its invoice; read that one")
        return {"invoices_shipment": told}

    async def save(self, invoice: Invoice) -> None:
        invoice.version = await self.rows.save(invoice.invoice_id, invoice.version, _values(invoice))

    async def save_settled(self, settled: Sequence[Invoice]) -> None:
        """Write back what payments and reminders change, all invoices in one statement; they are locked."""
        await write_rows(self.tx, self.settling(settled))

    def settling(self, settled: Sequence[Invoice]) -> Write:
        """What `save_settled` writes, to be written together with something else."""
        return _SETTLE, [_settled(each) for each in settled]

    async def add_credit_note(self, note: CreditNote) -> None:
        rows = Rows(self.tx, credit_notes, credit_notes.c.credit_note_id, "credit note")
        note.version = await rows.add(note.credit_note_id, {name: getattr(note, name) for name in _NOTE})


def _read(row: Record) -> Invoice:
    """Its documents are text."""
    documents = {name: _LINES.validate_json(row[name]) for name in ("lines", "credited_lines")}
    return invoice_of({**row, **documents})


def _dumped(lines: tuple[InvoicedLine, ...]) -> str:
    return _LINES.dump_json(lines).decode()


def invoice_of(row: Row) -> Invoice:
    return Invoice(
        invoice_id=row["invoice_id"],
        version=row["version"],
        settled=Money(amount=row["settled"], currency=row["currency"]),
        waived=Money(amount=row["waived"], currency=row["currency"]),
        **{name: row[name] for name in _COLUMNS},
    )


def credit_note_of(row: RowMapping) -> CreditNote:
    return CreditNote(
        credit_note_id=row["credit_note_id"], version=row["version"], **{name: row[name] for name in _NOTE}
    )


def _values(invoice: Invoice) -> Mapping[str, Any]:  # Any: column values
    return {
        "status": invoice.status.value,
        "gross": invoice.gross.amount,
        "credited": invoice.credited.amount,
        "settled": invoice.settled.amount,
        "waived": invoice.waived.amount,
        "open": invoice.open.amount,
        **{name: getattr(invoice, name) for name in _COLUMNS},
    }


def _settled(invoice: Invoice) -> tuple[object, ...]:
    amounts = (invoice.settled.amount, invoice.waived.amount, invoice.open.amount)
    return (invoice.invoice_id, *amounts, invoice.status.value, invoice.told_overdue)


_FIND = "SELECT * FROM invoices WHERE invoice_id = $1 FOR UPDATE"

_OPEN_OF = "SELECT * FROM invoices WHERE order_id = $1 AND open > 0 ORDER BY issued_on, number FOR UPDATE"

_TO_SETTLE = """
SELECT * FROM invoices
 WHERE invoice_id IN (
         SELECT invoice_id
           FROM (SELECT invoice_id, sum(open) OVER (ORDER BY issued_on, number) - open AS before
                   FROM invoices
                  WHERE customer_id = $1 AND open > 0 AND currency = $2 AND ($3::uuid IS NULL OR order_id = $3)) AS q
          WHERE before < $4)
 ORDER BY issued_on, number FOR UPDATE
"""

_ADD = Insert("""
INSERT INTO invoices (version, invoice_id, status, gross, credited, settled, waived, open, number, order_id,
                      customer_id, shipment_id, currency, lines, credited_lines, issued_on, due_on, told_overdue)
SELECT 1, n.* FROM unnest($1::uuid[], $2::text[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[],
                          $7::numeric[], $8::text[], $9::uuid[], $10::uuid[], $11::uuid[], $12::text[], $13::jsonb[],
                          $14::jsonb[], $15::date[], $16::date[], $17::bool[]) AS n
""")

_SETTLE = Put("""
UPDATE invoices i SET settled = n.settled, waived = n.waived, open = n.open, status = n.status,
       told_overdue = n.told_overdue, version = i.version + 1
  FROM unnest($1::uuid[], $2::numeric[], $3::numeric[], $4::numeric[], $5::text[], $6::bool[])
    AS n(invoice_id, settled, waived, open, status, told_overdue)
 WHERE i.invoice_id = ANY($1::uuid[]) AND i.invoice_id = n.invoice_id
""")
