"""Contacts: in each role one is the primary one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import ContactAdded, CustomerRegistered
from contracts.ids import CustomerId, new_id
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]


async def add(service: ServiceUnderTest, customer_id: CustomerId, name: str = "Bea", **fields: object) -> ContactAdded:
    body = {"role": "buyer", "name": name, **fields}
    answer = await service.post(f"/customers/{customer_id}/contacts", body, role="sales")
    assert answer.status_code == 200, answer.text
    return ContactAdded.model_validate_json(answer.content)


def primaries(seen: dict[str, Any]) -> list[str]:
    return [each["name"] for each in seen["contacts"] if each["primary"]]


async def test_only_the_id_and_the_role_of_a_contact_are_told(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    added = await add(customer_service, anna.customer_id, "Bea  B.", email="bea@anna.example", phone="+49 1")

    assert (await customer_service.published())[1:] == [
        ContactAdded(customer_id=anna.customer_id, contact_id=added.contact_id, role="buyer")
    ]
    assert (await read(anna.customer_id))["contacts"] == [
        {
            "contact_id": str(added.contact_id),
            "role": "buyer",
            "name": "Bea B.",
            "email": "bea@anna.example",
            "phone": "+49 1",
            "primary": True,
        }
    ]


async def test_another_contact_is_made_the_primary_one(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()
    _ = await add(customer_service, anna.customer_id, "Bea")
    carl = await add(customer_service, anna.customer_id, "Carl")

    answer = await customer_service.post(
        f"/customers/{anna.customer_id}/contacts/{carl.contact_id}/primary", role="service"
    )

    assert answer.status_code == 204
    assert primaries(await read(anna.customer_id)) == ["Carl"]


async def test_a_contact_may_come_as_the_primary_one(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()
    _ = await add(customer_service, anna.customer_id, "Bea")
    _ = await add(customer_service, anna.customer_id, "Carl", primary=True)

    assert primaries(await read(anna.customer_id)) == ["Carl"]


async def test_when_the_primary_contact_goes_the_next_follows(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()
    bea = await add(customer_service, anna.customer_id, "Bea")
    _ = await add(customer_service, anna.customer_id, "Carl")

    path = f"/customers/{anna.customer_id}/contacts/{bea.contact_id}"
    answer = await customer_service.post(path, method="DELETE", role="sales", key="gone")
    again = await customer_service.post(path, method="DELETE", role="sales", key="gone")

    assert (answer.status_code, again.status_code) == (204, 204)
    assert primaries(await read(anna.customer_id)) == ["Carl"]


async def test_a_contact_without_a_name_is_refused(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna = await register()

    refused = await customer_service.post(f"/customers/{anna.customer_id}/contacts", {"role": "buyer", "name": " "})

    assert refused.status_code == 422
    assert (await read(anna.customer_id))["contacts"] == []
    assert await customer_service.published() == [anna]


@pytest.mark.parametrize(("method", "end"), [("POST", "/primary"), ("DELETE", "")])
async def test_a_contact_that_the_customer_does_not_have_is_not_found(
    customer_service: ServiceUnderTest, register: Register, read: Read, method: str, end: str
) -> None:
    anna = await register()

    refused = await customer_service.post(f"/customers/{anna.customer_id}/contacts/{new_id()}{end}", method=method)

    assert (refused.status_code, refused.json()["type"]) == (404, "urn:orderloop:problem:contact-unknown")
    assert (await read(anna.customer_id))["version"] == 1


async def test_others_do_not_name_contacts(customer_service: ServiceUnderTest, register: Register, read: Read) -> None:
    anna = await register()
    bea = await add(customer_service, anna.customer_id)
    path = f"/customers/{anna.customer_id}/contacts"

    refused = [
        await customer_service.post(path, {"role": "buyer", "name": "Eve"}, role="finance"),
        await customer_service.post(f"{path}/{bea.contact_id}/primary", role="finance"),
        await customer_service.post(f"{path}/{bea.contact_id}", method="DELETE", role="finance"),
        await customer_service.post(f"/customers/{new_id()}/contacts", {"role": "buyer", "name": "Eve"}),
        await customer_service.post(path, {"role": "buyer", "name": "Eve"}, if_match=7),
    ]

    assert [answer.status_code for answer in refused] == [403, 403, 403, 404, 412]
    assert (await read(anna.customer_id))["version"] == 2
