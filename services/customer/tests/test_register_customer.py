"""Registering customers: a tax id and a reference come once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import new_id
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]
ANNA = {"name": " Anna  AG ", "country": "de", "currency": "eur"}


async def test_a_registered_customer_is_a_prospect_with_a_number(
    customer_service: ServiceUnderTest, read: Read, word: str
) -> None:
    answer = await customer_service.post(
        "/customers", {**ANNA, "tax_id": f"de {word}", "external_reference": word}, role="sales"
    )

    told = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/customers/{told['customer_id']}")
    assert (told["name"], told["country"], told["currency"]) == ("Anna AG", "DE", "EUR")
    seen = await read(told["customer_id"])
    assert (seen["status"], seen["number"], seen["kind"]) == ("prospect", told["number"], "organisation")
    assert (seen["tax_id"], seen["external_reference"]) == (f"DE{word.upper()}", word)
    assert (seen["version"], seen["contacts"], seen["merged_from"], seen["merged_ids"]) == (1, [], None, [])
    assert "tax_id" not in told


async def test_numbers_do_not_come_twice(register: Register) -> None:
    assert (await register()).number != (await register()).number


async def test_the_same_key_registers_once(customer_service: ServiceUnderTest) -> None:
    key = str(new_id())

    first = await customer_service.post("/customers", ANNA, key=key)
    again = await customer_service.post("/customers", ANNA, key=key)

    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert len(await customer_service.published()) == 1


async def test_a_tax_id_comes_once_in_a_country_however_it_is_written(
    customer_service: ServiceUnderTest, register: Register, word: str
) -> None:
    first = await register(tax_id=word)

    refused = await customer_service.post("/customers", {**ANNA, "tax_id": f" {word[:5]}-{word[5:]} "})
    austrian = await register(tax_id=word, country="AT")

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:tax-id-taken")
    assert "find it by tax_id and country" in refused.json()["detail"]
    assert await customer_service.published() == [first, austrian]
    found = await customer_service.get("/customers", tax_id=word, country="DE")
    assert [each["customer_id"] for each in found.json()["items"]] == [str(first.customer_id)]


async def test_an_external_reference_comes_once(
    customer_service: ServiceUnderTest, register: Register, word: str
) -> None:
    first = await register(external_reference=word)

    refused = await customer_service.post("/customers", {**ANNA, "external_reference": f" {word} "})

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:external-reference-taken")
    assert word in refused.json()["detail"]
    assert await customer_service.published() == [first]


async def test_customers_without_tax_id_and_reference_are_not_the_same(register: Register) -> None:
    assert (await register()).customer_id != (await register(tax_id=" ", external_reference="")).customer_id


async def test_a_parent_must_be_registered(customer_service: ServiceUnderTest) -> None:
    refused = await customer_service.post("/customers", {**ANNA, "parent_id": str(new_id())})

    assert (refused.status_code, refused.json()["type"]) == (404, "urn:orderloop:problem:customer-unknown")
    assert await customer_service.published() == []


async def test_a_parent_is_told(register: Register) -> None:
    parent = await register()

    assert (await register(parent_id=str(parent.customer_id))).parent_id == parent.customer_id


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"country": "Germany"}, {"currency": "EURO"}, {"kind": "dealer"}, {"colour": "red"}]
)
async def test_what_makes_no_sense_is_refused(customer_service: ServiceUnderTest, wrong: dict[str, str]) -> None:
    refused = await customer_service.post("/customers", {**ANNA, **wrong})

    assert refused.status_code == 422
    assert await customer_service.published() == []


@pytest.mark.parametrize("role", ["warehouse", "reader", "finance", "customer"])
async def test_others_do_not_register(customer_service: ServiceUnderTest, role: str) -> None:
    refused = await customer_service.post("/customers", ANNA, role=role, customer_id=new_id())

    assert refused.status_code == 403
    assert await customer_service.published() == []
