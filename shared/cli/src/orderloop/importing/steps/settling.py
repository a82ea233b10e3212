"""Money that came in."""

from __future__ import annotations

from orderloop.importing.journal import Did
from orderloop.importing.records import Payment
from orderloop.importing.steps.ordering import order_id
from orderloop.importing.work import Work, day, given


async def import_payments(work: Work) -> None:
    """Each payment for its order; finance finds the invoices."""

    async def received(payment: Payment) -> Did:
        body = given(
            customer_id=work.customer_id(work.batch.orders[payment.order].customer),
            order_id=order_id(work, payment.order),
            amount=work.money(payment.amount),
            reference=payment.reference,
            received_on=day(payment.received_on),
        )
        answer = await work.send("finance", "/payments", body, of=("payment", payment.key))
        return {"payment_id": answer.body["payment_id"]}

    await work.each("payments", "payment", work.batch.payments.values(), received)
