"""Invoices that nobody pays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.finance import InvoiceIssued, InvoiceOverdue
from testkit import ServiceUnderTest

from .a_business import Business, in_json, only, shipped


async def an_invoice(acme: Business, days_ago: int) -> InvoiceIssued:
    placed = acme.order()
    dispatched = acme.service.records(shipped(placed))
    long_ago = dispatched.model_copy(update={"time": datetime.now(UTC) - timedelta(days=days_ago)})
    return only(await acme.service.receives(placed, long_ago), InvoiceIssued)


async def test_an_invoice_is_told_overdue_once(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    late = await an_invoice(acme, 31)
    await an_invoice(acme, 30)
    await acme.pays("19.00", invoice_id=late.invoice_id)

    told = await finance_service.time_passes(datetime.now(UTC))
    again = await finance_service.time_passes(datetime.now(UTC) + timedelta(minutes=11))

    overdue = only(told, InvoiceOverdue)
    assert (overdue.invoice_id, str(overdue.open), overdue.due_on) == (late.invoice_id, "100.00 EUR", late.due_on)
    assert again == []
    listed = (await finance_service.get(f"/invoices?overdue=true&customer_id={acme.customer_id}")).json()["items"]
    assert [(each["invoice_id"], each["open"]) for each in listed] == [(str(late.invoice_id), in_json("100.00"))]


async def test_a_paid_invoice_is_never_overdue(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    late = await an_invoice(acme, 40)
    await acme.pays("119.00", invoice_id=late.invoice_id)

    told = await finance_service.time_passes(datetime.now(UTC) + timedelta(hours=1))

    assert told == []
