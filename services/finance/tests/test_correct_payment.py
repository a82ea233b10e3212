"""Money that waits is allocated by hand or goes back."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.finance import InvoiceIssued, InvoicePaid, PaymentAllocated, RefundIssued
from contracts.ids import new_id
from testkit import ServiceUnderTest

from .a_business import Business, in_json, names, only, shipped


async def paid_before_its_invoice(acme: Business, amount: str = "150.00") -> tuple[str, InvoiceIssued]:
    """Money first, then an invoice that nothing has settled."""
    payment_id = (await acme.pays(amount)).json()["payment_id"]
    placed = acme.order()
    issued = only(await acme.service.receives(placed, shipped(placed)), InvoiceIssued)
    await acme.service.test_begins()
    return payment_id, issued


async def allocate(acme: Business, payment_id: object, **body: Any) -> Any:  # Any: JSON, an HTTP answer
    role = body.pop("role", "finance")
    return await acme.service.post(f"/payments/{payment_id}/allocations", body, role=role)


async def refund(acme: Business, payment_id: object, **body: Any) -> Any:  # Any: JSON, an HTTP answer
    role = body.pop("role", "finance")
    return await acme.service.post(f"/payments/{payment_id}/refunds", {"reason": "too much", **body}, role=role)


async def test_without_an_amount_as_much_as_possible_is_allocated(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    payment_id, invoice = await paid_before_its_invoice(acme)

    answer = await allocate(acme, payment_id, invoice_id=str(invoice.invoice_id))

    assert answer.status_code == 200, answer.text
    told = await finance_service.published()
    assert str(only(told, PaymentAllocated).amount) == "119.00 EUR"
    assert only(told, InvoicePaid).invoice_id == invoice.invoice_id
    settles = (await finance_service.get("/payments", invoice_id=invoice.invoice_id)).json()["items"]
    assert [each["payment_id"] for each in settles] == [payment_id]


@pytest.mark.parametrize(
    ("amount", "problem"),
    [
        (in_json("119.01"), "allocation-exceeds-invoice"),
        (in_json("150.01"), "allocation-exceeds-payment"),
        (in_json("0.00"), "amount-not-positive"),
        (in_json("1.00", "USD"), "allocation-in-another-currency"),
    ],
)
async def test_an_allocation_stays_within_both_sides(
    finance_service: ServiceUnderTest, amount: dict[str, str], problem: str
) -> None:
    acme = await Business(finance_service).begin()
    payment_id, invoice = await paid_before_its_invoice(acme)
    before = await acme.account()

    answer = await allocate(acme, payment_id, invoice_id=str(invoice.invoice_id), amount=amount)

    assert answer.json()["type"] == f"urn:orderloop:problem:{problem}"
    assert await finance_service.published() == []
    assert await acme.account() == before


async def test_another_customers_invoice_is_not_settled(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    payment_id, _ = await paid_before_its_invoice(acme)
    _, invoice = await paid_before_its_invoice(other)

    answer = await allocate(acme, payment_id, invoice_id=str(invoice.invoice_id))

    assert answer.json()["type"] == "urn:orderloop:problem:allocation-to-another-customer"
    assert await finance_service.published() == []


async def test_only_finance_moves_money_that_is_there(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    payment_id, invoice = await paid_before_its_invoice(acme)
    named = {"invoice_id": str(invoice.invoice_id)}

    assert (await allocate(acme, new_id(), **named)).json()["type"] == "urn:orderloop:problem:payment-unknown"
    assert (await allocate(acme, payment_id, invoice_id=str(new_id()))).status_code == 404
    assert (await allocate(acme, payment_id, role="sales", **named)).status_code == 403
    assert (await refund(acme, new_id())).status_code == 404
    assert (await refund(acme, payment_id, role="service")).status_code == 403
    assert await finance_service.published() == []


async def test_all_that_is_unallocated_goes_back(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    payment_id = (await acme.pays("50.00")).json()["payment_id"]
    await finance_service.test_begins()

    answer = await refund(acme, payment_id)

    assert answer.status_code == 200, answer.text
    assert str(only(await finance_service.published(), RefundIssued).amount) == "50.00 EUR"
    assert (await finance_service.get(f"/payments/{payment_id}")).json()["status"] == "refunded"
    [listed] = (await finance_service.get("/refunds", payment_id=payment_id)).json()["items"]
    assert (listed["refund_id"], listed["amount"]) == (answer.json()["refund_id"], in_json("50.00"))
    assert (await acme.account())["exposure"] == in_json("0.00")


async def test_no_more_than_is_unallocated_goes_back(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    payment_id = (await acme.pays("50.00")).json()["payment_id"]
    before = await acme.account()
    await finance_service.test_begins()

    answer = await refund(acme, payment_id, amount=in_json("50.01"))

    assert answer.json()["type"] == "urn:orderloop:problem:refund-exceeds-unallocated"
    assert names(await finance_service.published()) == []
    assert await acme.account() == before
