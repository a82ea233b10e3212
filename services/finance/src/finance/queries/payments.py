"""Money that came in, what it settles, and what went back."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import RowMapping

from contracts.ids import CustomerId, InvoiceId, OrderId, PaymentId, RefundId
from contracts.values import Money
from finance.domain.payment import PaymentStatus
from finance.queries.readers import Reader, given, mapping, money, readable, whose
from finance.storage.payments import payment_of
from finance.storage.tables import invoices, payments, refunds
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.routing import Reading, tag

router = APIRouter()


class AllocationAnswer(BaseModel):
    """So much of the payment settles this invoice."""

    invoice_id: InvoiceId
    amount: Money


class PaymentAnswer(BaseModel):
    """A payment: unallocated = amount - allocations - refunded. `prepayment`: what is left waits for its order."""

    payment_id: PaymentId
    version: int
    customer_id: CustomerId
    order_id: OrderId | None
    reference: str
    received_on: date
    status: PaymentStatus
    prepayment: bool
    amount: Money
    allocations: list[AllocationAnswer]
    refunded: Money
    unallocated: Money


class RefundAnswer(BaseModel):
    """Money of a payment that went back."""

    refund_id: RefundId
    version: int
    payment_id: PaymentId
    order_id: OrderId | None
    customer_id: CustomerId
    amount: Money
    reason: str
    refunded_on: date


@router.get("/payments")
async def list_payments(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    invoice_id: UUID | None = None,
    status: PaymentStatus | None = None,
    reference: str | None = None,
    unallocated: bool | None = None,
) -> Page[PaymentAnswer]:
    """Payments by the time they were recorded; `invoice_id` names what they settle. A customer sees its own."""
    filters = given(
        {
            payments.c.customer_id: await whose(tx, reader, customer_id),
            payments.c.order_id: order_id,
            payments.c.status: status,
            payments.c.reference: reference,
        }
    )
    if invoice_id is not None:
        named = func.jsonb_build_array(func.jsonb_build_object("invoice_id", str(invoice_id)), type_=JSONB)
        payer = select(invoices.c.customer_id).where(invoices.c.invoice_id == invoice_id).scalar_subquery()
        filters += [payments.c.customer_id == payer, payments.c.allocations.op("@>", is_comparison=True)(named)]
    if unallocated is not None:
        filters.append(payments.c.unallocated > 0 if unallocated else payments.c.unallocated == 0)
    filtered = select(payments).where(*filters)
    return await paged(tx, filtered, key=payments.c.payment_id, row=_paged_payment, cursor=cursor, limit=limit)


@router.get("/payments/{payment_id}")
async def payment_by_id(payment_id: UUID, tx: Reading, reader: Reader, response: Response) -> PaymentAnswer:
    found = (await tx.execute(select(payments).where(payments.c.payment_id == payment_id))).mappings().first()
    row = await readable(tx, reader, found, f"payment {payment_id}")
    tag(response, row["version"])
    return _payment(row)


@router.get("/refunds")
async def list_refunds(
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    customer_id: UUID | None = None,
    order_id: UUID | None = None,
    payment_id: UUID | None = None,
) -> Page[RefundAnswer]:
    """Refunds by the time they were issued. A customer sees its own."""
    filters = given(
        {
            refunds.c.customer_id: await whose(tx, reader, customer_id),
            refunds.c.order_id: order_id,
            refunds.c.payment_id: payment_id,
        }
    )
    filtered = select(refunds).where(*filters)
    return await paged(tx, filtered, key=refunds.c.refund_id, row=_refund, cursor=cursor, limit=limit)


def _paged_payment(row: Row[tuple[object, ...]]) -> PaymentAnswer:
    return _payment(mapping(row))


def _payment(row: RowMapping) -> PaymentAnswer:
    payment = payment_of(row)
    return PaymentAnswer(
        status=payment.status,
        amount=payment.amount,
        allocations=[AllocationAnswer(**vars(each)) for each in payment.allocations],
        refunded=payment.refunded,
        unallocated=payment.unallocated,
        **{name: row[name] for name in _PAYMENT},
    )


def _refund(found: Row[tuple[object, ...]]) -> RefundAnswer:
    row = mapping(found)
    return RefundAnswer(amount=money(row, "amount"), **{name: row[name] for name in _REFUND})


_PAYMENT = ("payment_id", "version", "customer_id", "order_id", "reference", "received_on", "prepayment")
_REFUND = ("refund_id", "version", "payment_id", "order_id", "customer_id", "reason", "refunded_on")
