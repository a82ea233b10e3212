"""Accounts follow the customers that they are for."""

from __future__ import annotations

import pytest

from contracts.customer import CustomerProfileChanged, CustomersMerged
from contracts.finance import CreditLimitCleared, CreditLimitExceeded, InvoiceIssued
from contracts.ids import CustomerId, new_id
from testkit import Parked, ServiceUnderTest

from .a_business import Business, a_customer, in_json, only, shipped


def profile(customer_id: CustomerId, currency: str, name: str = "Acme Ltd") -> CustomerProfileChanged:
    return CustomerProfileChanged(
        customer_id=customer_id, kind="organisation", name=name, country="DE", currency=currency
    )


async def test_a_registered_customer_has_an_account_without_a_limit(finance_service: ServiceUnderTest) -> None:
    customer_id = CustomerId(new_id())

    told = await finance_service.receives(a_customer(customer_id), times=5)

    assert told == []
    account = (await finance_service.get(f"/credit-accounts/{customer_id}")).json()
    assert (account["name"], account["state"], account["limit"]) == ("Acme", "ok", None)


async def test_an_unused_account_changes_its_currency(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()

    await finance_service.receives(profile(acme.customer_id, "USD"))

    account = await acme.account()
    assert (account["name"], account["exposure"]) == ("Acme Ltd", in_json("0", "USD"))


async def test_a_currency_in_use_stays(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("10.00")
    before = await acme.account()

    with pytest.raises(Parked, match="CurrencyInUse"):
        await finance_service.receives(profile(acme.customer_id, "USD"))

    assert await acme.account() == before


async def test_a_survivor_takes_over_what_the_merged_customer_owed(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin("1000.00"), await Business(finance_service).begin("100.00")
    placed, invoiced = other.order(), other.order()
    told = await finance_service.receives(placed, invoiced, shipped(invoiced))
    assert only(told[:1], CreditLimitExceeded).order_id == placed.order_id
    merged = CustomersMerged(customer_id=other.customer_id, survivor_id=acme.customer_id)

    cleared = await finance_service.receives(merged, times=5)

    assert next(each.order_id for each in cleared if isinstance(each, CreditLimitCleared)) == placed.order_id
    account = await other.account()
    assert (account["customer_id"], account["exposure"]) == (str(acme.customer_id), in_json("238.00"))
    invoice = only(told, InvoiceIssued)
    read = (await finance_service.get(f"/invoices/{invoice.invoice_id}")).json()
    assert read["customer_id"] == str(acme.customer_id)
    assert (await other.pays("238.00", reference="AFTER")).json()["customer_id"] == str(acme.customer_id)
    assert (await acme.pays("1.00", reference="AFTER")).status_code == 409
    settled = await finance_service.receives(shipped(placed))
    assert only(settled, InvoiceIssued).customer_id == acme.customer_id
    entries = await finance_service.get(f"/ledger/entries?customer_id={acme.customer_id}")
    assert str(other.customer_id) in {each["customer_id"] for each in entries.json()["items"]}
    assert (await finance_service.get("/ledger/proof")).json()["holds"]


async def test_mergers_are_understood_in_any_order(finance_service: ServiceUnderTest) -> None:
    first, second, third = [await Business(finance_service).begin() for _ in range(3)]

    await finance_service.receives(CustomersMerged(customer_id=second.customer_id, survivor_id=third.customer_id))
    await finance_service.receives(CustomersMerged(customer_id=first.customer_id, survivor_id=second.customer_id))

    assert (await first.account())["customer_id"] == str(third.customer_id)


async def test_a_merger_into_an_unknown_customer_waits(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()

    with pytest.raises(Parked, match="CustomerUnknown") as parked:
        await finance_service.receives(CustomersMerged(customer_id=acme.customer_id, survivor_id=CustomerId(new_id())))

    assert parked.value.kind == "waiting"
    assert (await acme.account())["customer_id"] == str(acme.customer_id)


async def test_customers_who_owe_in_two_currencies_are_not_merged(finance_service: ServiceUnderTest) -> None:
    acme, other = await Business(finance_service).begin(), await Business(finance_service).begin()
    await other.pays("1.00")
    await finance_service.receives(profile(acme.customer_id, "USD"))
    before = await other.account()

    with pytest.raises(Parked, match="CurrencyInUse"):
        await finance_service.receives(CustomersMerged(customer_id=other.customer_id, survivor_id=acme.customer_id))

    assert await other.account() == before
