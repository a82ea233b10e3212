"""Merging: two records are one customer from then on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from contracts.customer import CustomerRegistered, CustomersMerged
from contracts.ids import CustomerId, new_id
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]
Read = Callable[[UUID], Awaitable[dict[str, Any]]]


async def merge(
    service: ServiceUnderTest,
    merged_id: UUID,
    survivor_id: UUID,
    *,
    role: str = "sales",
    if_match: int | None = None,
    key: str | None = None,
) -> Any:  # Any: an answer
    body = {"survivor_id": str(survivor_id)}
    return await service.post(f"/customers/{merged_id}/merge", body, role=role, if_match=if_match, key=key)


async def test_a_merged_record_is_answered_by_its_survivor_with_a_hint(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna, second = await register(), await register(name="Anna AG, Berlin")
    contact = {"role": "buyer", "name": "Bea"}
    _ = await customer_service.post(f"/customers/{second.customer_id}/contacts", contact)
    _ = await customer_service.post(f"/customers/{second.customer_id}/activate")

    answer = await merge(customer_service, second.customer_id, anna.customer_id, key="merge")
    again = await merge(customer_service, second.customer_id, anna.customer_id, key="merge")

    told = CustomersMerged(customer_id=second.customer_id, survivor_id=anna.customer_id)
    assert (answer.status_code, CustomersMerged.model_validate_json(answer.content)) == (200, told)
    assert again.content == answer.content
    assert (await customer_service.published())[3:] == [told]
    seen = await read(second.customer_id)
    assert (seen["customer_id"], seen["merged_from"]) == (str(anna.customer_id), str(second.customer_id))
    assert (seen["name"], seen["status"]) == ("Anna AG", "active")
    assert [each["name"] for each in seen["contacts"]] == ["Bea"]
    directly = await read(anna.customer_id)
    assert (directly["merged_from"], directly["merged_ids"]) == (None, [str(second.customer_id)])


async def test_who_was_merged_before_moves_on_to_the_new_survivor(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    first, second, third, top = [(await register()).customer_id for _ in range(4)]
    _ = await merge(customer_service, first, third)
    _ = await merge(customer_service, second, third)

    _ = await merge(customer_service, third, top)

    told = [each for each in await customer_service.published() if isinstance(each, CustomersMerged)]
    assert told[2:] == [CustomersMerged(customer_id=each, survivor_id=top) for each in (third, first, second)]
    assert (await read(first))["customer_id"] == str(top)
    assert (await read(top))["merged_ids"] == [str(each) for each in (first, second, third)]


async def test_interactions_of_a_merged_record_are_the_survivors(
    customer_service: ServiceUnderTest, register: Register
) -> None:
    anna, second = await register(), await register()
    call = {"channel": "call", "direction": "inbound", "summary": "hello"}
    _ = await customer_service.post(f"/customers/{second.customer_id}/interactions", call)

    _ = await merge(customer_service, second.customer_id, anna.customer_id)

    for asked in (anna, second):
        found = await customer_service.get(f"/customers/{asked.customer_id}/interactions")
        assert [each["summary"] for each in found.json()["items"]] == ["hello"]


async def test_a_merged_record_does_not_change_again(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna, second = await register(), await register()
    _ = await merge(customer_service, second.customer_id, anna.customer_id)
    before, path = await customer_service.published(), f"/customers/{second.customer_id}"

    refused = [
        await customer_service.post(path, {"name": "X"}, method="PATCH", if_match=2),
        await customer_service.post(f"{path}/activate"),
        await customer_service.post(f"{path}/deactivate"),
        await customer_service.post(f"{path}/contacts", {"role": "buyer", "name": "Bea"}),
        await customer_service.post(
            f"{path}/interactions", {"channel": "call", "direction": "inbound", "summary": "hi"}
        ),
        await merge(customer_service, second.customer_id, anna.customer_id),
    ]

    assert [answer.json()["type"] for answer in refused] == ["urn:orderloop:problem:customer-is-merged"] * 6
    assert [answer.status_code for answer in refused] == [409] * 6
    assert await customer_service.published() == before
    assert (await read(anna.customer_id))["version"] == 2


async def test_merges_that_make_no_sense_change_nothing(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna, dollars, merged = await register(), await register(currency="USD"), await register()
    child = await register(parent_id=str(anna.customer_id))
    grandchild = await register(parent_id=str(child.customer_id))
    other = await register()
    _ = await merge(customer_service, merged.customer_id, other.customer_id)
    before, me = await customer_service.published(), anna.customer_id

    refused = [
        await merge(customer_service, me, me),
        await merge(customer_service, me, dollars.customer_id),
        await merge(customer_service, me, grandchild.customer_id),
        await merge(customer_service, me, merged.customer_id),
        await merge(customer_service, me, CustomerId(new_id())),
        await merge(customer_service, me, other.customer_id, if_match=7),
        await merge(customer_service, me, other.customer_id, role="service"),
    ]

    assert [answer.status_code for answer in refused] == [422, 409, 409, 409, 404, 412, 403]
    assert [answer.json()["type"] for answer in refused[:4]] == [
        "urn:orderloop:problem:merged-into-itself",
        "urn:orderloop:problem:currencies-differ",
        "urn:orderloop:problem:merged-into-its-own-subsidiary",
        "urn:orderloop:problem:survivor-is-merged",
    ]
    assert await customer_service.published() == before
    assert (await read(me))["version"] == 1


async def test_two_records_merged_into_each_other_at_once_leave_one_survivor(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    anna, bert = (await register()).customer_id, (await register()).customer_id

    answers = await asyncio.gather(merge(customer_service, anna, bert), merge(customer_service, bert, anna))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert (await read(anna))["customer_id"] == (await read(bert))["customer_id"]


async def test_a_merge_into_one_who_is_just_being_merged_leaves_no_chain(
    customer_service: ServiceUnderTest, register: Register, read: Read
) -> None:
    low, middle, top = [(await register()).customer_id for _ in range(3)]

    _ = await asyncio.gather(merge(customer_service, low, middle), merge(customer_service, middle, top))

    assert (await read(middle))["customer_id"] == str(top)
    assert (await read(low))["customer_id"] in (str(top), str(low))
