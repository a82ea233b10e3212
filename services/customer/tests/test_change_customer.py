"""Changing a customer: only what was read, only what is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from contracts.customer import CustomerProfileChanged, CustomerRegistered
from contracts.ids import CustomerId, new_id
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]


async def change(
    service: ServiceUnderTest, customer_id: UUID, *, version: int | None = 1, role: str = "sales", **fields: object
) -> Any:  # Any: an answer
    return await service.post(f"/customers/{customer_id}", fields, method="PATCH", if_match=version, role=role)


async def test_what_is_not_named_stays_as_it_is(
    customer_service: ServiceUnderTest, register: Register, read: Read, word: str
) -> None:
    anna = await register(tax_id=word)

    answer = await change(customer_service, anna.customer_id, name="Anna GmbH")

    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (await customer_service.published())[1:] == [
        CustomerProfileChanged(
            customer_id=anna.customer_id, kind="organisation", name="Anna GmbH", country="DE", currency="EUR"
        )
    ]
    seen = await read(anna.customer_id)
    assert (seen["name"], seen["tax_id"], seen["version"]) == ("Anna GmbH", word.upper(), 2)


async def test_a_tax_id_alone_is_saved_and_told_to_nobody(
    customer_service: ServiceUnderTest, register: Register, read: Read, word: str
) -> None:
    anna = await register()

    answer = await change(customer_service, anna.customer_id, tax_id=word)

    assert answer.status_code == 204
    assert await customer_service.published() == [anna]
    assert (await read(anna.customer_id))["tax_id"] == word.upper()


async def test_null_takes_the_tax_id_and_the_parent_away_but_not_the_name(
    customer_service: ServiceUnderTest, register: Register, read: Read, word: str
) -> None:
    parent = await register()
    anna = await register(tax_id=word, parent_id=str(parent.customer_id))

    _ = await change(customer_service, anna.customer_id, tax_id=None, parent_id=None, name=None)

    seen = await read(anna.customer_id)
    assert (seen["tax_id"], seen["parent_id"], seen["name"]) == (None, None, "Anna AG")


async def test_a_change_says_which_version_it_has_seen(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    blind = await change(customer_service, anna.customer_id, version=None, name="Bert")
    late = await change(customer_service, anna.customer_id, version=7, name="Bert")

    assert (blind.status_code, late.status_code) == (428, 412)
    assert (await read(anna.customer_id))["name"] == "Anna AG"
    assert await customer_service.published() == [anna]


async def test_anothers_tax_id_is_refused(
    customer_service: ServiceUnderTest, register: Register, read: Read, word: str
) -> None:
    first, second = await register(tax_id=word), await register()

    refused = await change(customer_service, second.customer_id, tax_id=word)

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:tax-id-taken")
    assert (await read(second.customer_id))["version"] == 1
    assert await customer_service.published() == [first, second]


async def test_nobody_is_above_itself(customer_service: ServiceUnderTest, register: Register, read: Read) -> None:
    top = await register()
    middle = await register(parent_id=str(top.customer_id))
    low = await register(parent_id=str(middle.customer_id))

    refused = await change(customer_service, top.customer_id, parent_id=str(low.customer_id))

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:parent-loop")
    assert (await read(top.customer_id))["parent_id"] is None
    assert await customer_service.published() == [top, middle, low]


async def test_nobody_is_above_itself_over_a_merged_record(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    top, second = await register(), await register()
    low = await register(parent_id=str(second.customer_id))
    _ = await customer_service.post(f"/customers/{second.customer_id}/merge", {"survivor_id": str(top.customer_id)})

    refused = await change(customer_service, top.customer_id, version=2, parent_id=str(low.customer_id))

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:orderloop:problem:parent-loop")
    assert (await read(top.customer_id))["parent_id"] is None


async def test_two_who_become_each_others_parent_at_once_do_not_both_succeed(
    customer_service: ServiceUnderTest, register: Register
) -> None:
    anna, bert = await register(), await register()

    answers = await asyncio.gather(
        change(customer_service, anna.customer_id, parent_id=str(bert.customer_id)),
        change(customer_service, bert.customer_id, parent_id=str(anna.customer_id)),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_parent_must_be_registered(customer_service: ServiceUnderTest, register: Register, read: Read) -> None:
    anna = await register()

    refused = await change(customer_service, anna.customer_id, parent_id=str(new_id()))

    assert refused.status_code == 404
    assert (await read(anna.customer_id))["version"] == 1
    assert await customer_service.published() == [anna]


async def test_a_customer_that_nobody_knows_is_not_changed(customer_service: ServiceUnderTest) -> None:
    assert (await change(customer_service, CustomerId(new_id()), name="Bert")).status_code == 404
    assert await customer_service.published() == []


async def test_others_do_not_change_customers(customer_service: ServiceUnderTest, register: Register) -> None:
    anna = await register()

    assert (await change(customer_service, anna.customer_id, role="warehouse", name="Bert")).status_code == 403
    assert await customer_service.published() == [anna]
