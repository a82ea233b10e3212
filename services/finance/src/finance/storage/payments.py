"""Payments, with their allocations as a document, and refunds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from asyncpg import Record
from pydantic import TypeAdapter
from sqlalchemy import select

from contracts.errors import NotFound, Refused
from contracts.ids import CustomerId, InvoiceId, OrderId, PaymentId
from contracts.values import Money
from finance.domain.payment import Allocation, Payment, PaymentReferenceTaken
from finance.domain.refund import Refund
from finance.storage.tables import payments, refunds
from kit.bulk import Row, Write, read_rows
from kit.context import note_written
from kit.database import Transaction
from kit.later import Insert
from kit.storage import Rows

_ALLOCATIONS: TypeAdapter[tuple[Allocation, ...]] = TypeAdapter(tuple[Allocation, ...])
_COLUMNS = ("customer_id", "reference", "received_on", "order_id", "prepayment", "allocations")


class PaymentUnknown(NotFound):
    """Only money that came in is allocated or goes back."""


class Payments:
    """What is read here is locked until the transaction ends; lock its customer's account first."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, payments, payments.c.payment_id, "payment")

    async def customer_of(self, payment_id: PaymentId) -> CustomerId:
        """Whose account to lock before the payment is read. Raises PaymentUnknown."""
        found = await self.tx.scalar(select(payments.c.customer_id).where(payments.c.payment_id == payment_id))
        if found is None:
            raise PaymentUnknown(f"there is no payment {payment_id}")
        return found

    async def get(self, payment_id: PaymentId, expected_version: int | None = None) -> Payment:
        """Raises NotFound, VersionMismatch."""
        return payment_of(await self.rows.load(payment_id, expected_version))

    async def waiting_for(self, order_id: OrderId) -> list[Payment]:
        """The money that came for an order and is not used up."""
        return [_read(row) for row in await read_rows(self.tx, _WAITING_FOR, order_id)]

    async def prepayments_of(self, order_id: OrderId) -> list[Payment]:
        """The money that is still spoken for by an order."""
        return [_read(row) for row in await read_rows(self.tx, _PREPAYMENTS_OF, order_id)]

    async def settling(self, customer_id: CustomerId, invoice_id: InvoiceId) -> list[Payment]:
        """The payments that have settled parts of an invoice."""
        return [_read(row) for row in await read_rows(self.tx, _SETTLING, customer_id, str(invoice_id))]

    async def must_be_new(self, payment: Payment) -> None:
        """Raises PaymentReferenceTaken: the index knows who paid it, the query who that is after mergers."""
        for row in await read_rows(self.tx, _SAME, payment.customer_id, payment.reference):
            raise PaymentReferenceTaken(f"{payment.reference} is payment {row['payment_id']}; read that one")

    def adding(self, payment: Payment, paid_by: CustomerId) -> Write:
        """A new one, to be written together with something else; see `taken`."""
        payment.version = 1
        note_written(payment.payment_id, payment.version)
        values = {**_values(payment), "allocations": _ALLOCATIONS.dump_json(payment.allocations).decode()}
        return _ADD, [(payment.payment_id, paid_by, *values.values())]

    @staticmethod
    def taken(payment: Payment) -> dict[str, Refused]:
        """What it means when there is one with the same key."""
        told = PaymentReferenceTaken(f"{payment.reference} was recorded before; read that payment")
        return {"payments_reference": told}

    async def save(self, payment: Payment) -> None:
        payment.version = await self.rows.save(payment.payment_id, payment.version, _values(payment))

    async def save_all(self, changed: Sequence[Payment]) -> None:
        """Few: what waited for one order, or what settled one invoice."""
        for payment in changed:
            await self.save(payment)

    async def add_refunds(self, given: Sequence[Refund], on: date) -> None:
        rows = Rows(self.tx, refunds, refunds.c.refund_id, "refund")
        for refund in given:
            refund.version = await rows.add(refund.refund_id, _refund_values(refund, on))


def _read(row: Record) -> Payment:
    """Its allocations are text."""
    return payment_of({**row, "allocations": _ALLOCATIONS.validate_json(row["allocations"])})


def payment_of(row: Row) -> Payment:
    return Payment(
        payment_id=row["payment_id"],
        version=row["version"],
        amount=Money(amount=row["amount"], currency=row["currency"]),
        refunded=Money(amount=row["refunded"], currency=row["currency"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(payment: Payment) -> Mapping[str, Any]:  # Any: column values
    return {
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "refunded": payment.refunded.amount,
        "unallocated": payment.unallocated.amount,
        "status": payment.status.value,
        **{name: getattr(payment, name) for name in _COLUMNS},
    }


def _refund_values(refund: Refund, on: date) -> Mapping[str, Any]:  # Any: column values
    return {
        "payment_id": refund.payment_id,
        "order_id": refund.order_id,
        "customer_id": refund.customer_id,
        "amount": refund.amount.amount,
        "currency": refund.amount.currency,
        "reason": refund.reason,
        "refunded_on": on,
    }


_LOCKED = "ORDER BY received_on, payment_id FOR UPDATE"
_WAITING_FOR = f"SELECT * FROM payments WHERE order_id = $1 AND unallocated > 0 {_LOCKED}"
_PREPAYMENTS_OF = f"SELECT * FROM payments WHERE order_id = $1 AND prepayment {_LOCKED}"
_SETTLING = f"""
SELECT * FROM payments
 WHERE customer_id = $1 AND allocations @> jsonb_build_array(jsonb_build_object('invoice_id', $2::text)) {_LOCKED}
"""

_SAME = "SELECT payment_id FROM payments WHERE customer_id = $1 AND reference = $2"

_ADD = Insert("""
INSERT INTO payments (version, payment_id, paid_by, amount, currency, refunded, unallocated, status, customer_id,
                      reference, received_on, order_id, prepayment, allocations)
SELECT 1, n.* FROM unnest($1::uuid[], $2::uuid[], $3::numeric[], $4::text[], $5::numeric[], $6::numeric[], $7::text[],
                          $8::uuid[], $9::text[], $10::date[], $11::uuid[], $12::bool[], $13::jsonb[]) AS n
""")
