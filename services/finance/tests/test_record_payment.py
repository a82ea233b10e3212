"""Money comes in and finds its invoices."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts.finance import InvoiceIssued, InvoicePaid, PaymentAllocated, PaymentReceived
from contracts.ids import InvoiceId, new_id
from testkit import ServiceUnderTest

from .a_business import Business, in_json, names, only, shipped


async def an_invoice(acme: Business) -> InvoiceIssued:
    placed = acme.order()
    issued = only(await acme.service.receives(placed, shipped(placed)), InvoiceIssued)
    await acme.service.test_begins()
    return issued


async def test_a_payment_sent_twice_is_one_payment(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)

    first = await acme.pays("119.00", key="pay-once", reference="R-1")
    again = await acme.pays("119.00", key="pay-once", reference="R-1")

    assert first.status_code == 201, first.text
    assert again.content == first.content
    received, allocated, paid = await finance_service.published()
    assert isinstance(received, PaymentReceived)
    assert isinstance(allocated, PaymentAllocated)
    assert isinstance(paid, InvoicePaid)
    assert (allocated.invoice_id, paid.invoice_id) == (invoice.invoice_id, invoice.invoice_id)
    read = await finance_service.get(first.headers["location"])
    assert (read.json()["status"], read.headers["etag"], first.headers["etag"]) == ("allocated", '"1"', '"1"')


async def test_money_without_a_name_settles_the_oldest_first(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    oldest, newer = await an_invoice(acme), await an_invoice(acme)
    await an_invoice(acme)

    await acme.pays("150.00")

    told = [each for each in await finance_service.published() if isinstance(each, PaymentAllocated)]
    assert [(each.invoice_id, str(each.amount)) for each in told] == [
        (oldest.invoice_id, "119.00 EUR"),
        (newer.invoice_id, "31.00 EUR"),
    ]
    read = (await finance_service.get(f"/invoices/{newer.invoice_id}")).json()
    assert (read["status"], read["open"]) == ("partly_paid", in_json("88.00"))


async def test_money_for_an_invoice_settles_that_one_only(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    oldest, named = await an_invoice(acme), await an_invoice(acme)

    await acme.pays("200.00", invoice_id=named.invoice_id)

    assert only(await finance_service.published(), PaymentAllocated).invoice_id == named.invoice_id
    assert (await finance_service.get(f"/invoices/{oldest.invoice_id}")).json()["status"] == "issued"
    assert (await acme.account())["unallocated_cash"] == in_json("81.00")


async def test_cash_lets_a_waiting_order_through(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("100.00")
    await finance_service.receives(acme.order())
    await finance_service.test_begins()

    await acme.pays("50.00")

    assert names(await finance_service.published()) == ["PaymentReceived", "CreditLimitCleared", "CreditStateChanged"]


async def test_a_reference_comes_once_per_customer(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    await acme.pays("10.00", reference="SAME")
    before = await acme.account()
    await finance_service.test_begins()

    again = await acme.pays("10.00", reference="SAME")

    assert (again.status_code, again.json()["type"]) == (409, "urn:orderloop:problem:payment-reference-taken")
    assert await finance_service.published() == []
    assert await acme.account() == before
    assert (await other.pays("10.00", reference="SAME")).status_code == 201


@pytest.mark.parametrize(
    ("amount", "options", "status", "problem"),
    [
        ("0.00", {}, 422, "payment-not-positive"),
        ("5.00", {"reference": " "}, 422, "payment-has-no-reference"),
        ("5.00", {"order_id": new_id()}, 404, "order-of-payment-unknown"),
        ("5.00", {"invoice_id": InvoiceId(new_id())}, 404, "invoice-unknown"),
        ("5.00", {"role": "sales"}, 403, "forbidden"),
    ],
)
async def test_a_payment_that_makes_no_sense_leaves_no_trace(
    finance_service: ServiceUnderTest, amount: str, options: dict[str, Any], status: int, problem: str
) -> None:
    acme = await Business(finance_service).begin()

    answer = await acme.pays(amount, **options)

    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:orderloop:problem:{problem}")
    assert await finance_service.published() == []
    assert (await finance_service.get(f"/payments?customer_id={acme.customer_id}")).json()["items"] == []


async def test_money_settles_no_other_customers_invoice_or_order(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    invoice = await an_invoice(other)

    answers = [
        await acme.pays("5.00", invoice_id=invoice.invoice_id),
        await acme.pays("5.00", order_id=invoice.order_id),
    ]

    problems = [each.json()["type"].rpartition(":")[2] for each in answers]
    assert problems == ["allocation-to-another-customer", "order-of-another-customer"]
    assert await finance_service.published() == []


async def test_money_in_another_currency_is_refused(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    body = {"customer_id": str(acme.customer_id), "amount": in_json("5.00", "USD"), "reference": "USD-1"}

    answer = await finance_service.post("/payments", body)

    assert answer.json()["type"] == "urn:orderloop:problem:not-the-accounts-currency"
    assert await finance_service.published() == []


async def test_ten_payments_at_once_never_settle_more_than_the_invoice(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    invoice = await an_invoice(acme)

    answers = await asyncio.gather(*(acme.pays("20.00") for _ in range(10)))

    assert {each.status_code for each in answers} == {201}
    assert names(await finance_service.published()).count("InvoicePaid") == 1
    read = (await finance_service.get(f"/invoices/{invoice.invoice_id}")).json()
    assert (read["open"], read["settled"]) == (in_json("0.00"), in_json("119.00"))
    assert (await acme.account())["unallocated_cash"] == in_json("81.00")
    assert (await finance_service.get("/ledger/proof")).json()["holds"]


async def test_a_customer_reads_its_own_payments_and_account_only(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    path = (await acme.pays("10.00")).headers["location"]
    mine: dict[str, Any] = {"role": "customer", "customer_id": acme.customer_id}
    theirs: dict[str, Any] = {"role": "customer", "customer_id": other.customer_id}

    listed = await finance_service.get("/payments", **theirs)

    assert (await finance_service.get(path, **mine)).status_code == 200
    assert (await finance_service.get(path, **theirs)).status_code == 404
    assert listed.json()["items"] == []
    assert (await finance_service.get(f"/credit-accounts/{acme.customer_id}", **mine)).status_code == 200
    assert (await finance_service.get(f"/credit-accounts/{acme.customer_id}", **theirs)).status_code == 404
    assert (await finance_service.get("/credit-accounts", **mine)).status_code == 403
    assert (await finance_service.get("/ledger/entries", **mine)).status_code == 403
