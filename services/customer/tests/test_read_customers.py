"""Reading customers: lists, search, and who sees whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import new_id
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]


async def names(service: ServiceUnderTest, path: str = "/customers", **query: Any) -> list[str]:  # Any: query values
    answer = await service.get(path, **query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def test_customers_are_found_by_each_filter(
    customer_service: ServiceUnderTest, register: Register, word: str
) -> None:
    parent = await register(name=f"{word} Holding", country="AT")
    anna = await register(name=f"{word} Anna", parent_id=str(parent.customer_id), tax_id=word, external_reference=word)
    _ = await customer_service.post(f"/customers/{anna.customer_id}/activate")

    assert await names(customer_service, name=word.upper()) == [parent.name, anna.name]
    assert await names(customer_service, name=f"{word} a") == [anna.name]
    assert await names(customer_service, name=word[:3] + "%") == []
    assert await names(customer_service, name=word, country="at") == [parent.name]
    assert await names(customer_service, name=word, status="active") == [anna.name]
    assert await names(customer_service, parent_id=str(parent.customer_id)) == [anna.name]
    assert await names(customer_service, tax_id=f"{word[:4]}.{word[4:]}") == [anna.name]
    assert await names(customer_service, external_reference=word) == [anna.name]
    assert await names(customer_service, external_reference=word.upper()) == []


async def test_a_list_comes_in_pages(customer_service: ServiceUnderTest, register: Register, word: str) -> None:
    for number in range(3):
        _ = await register(name=f"{word} {number}")

    first = (await customer_service.get("/customers", name=word, limit=2)).json()
    rest = (await customer_service.get("/customers", name=word, limit=2, cursor=first["next_cursor"])).json()

    assert [each["name"] for each in first["items"] + rest["items"]] == [f"{word} {number}" for number in range(3)]
    assert rest["next_cursor"] is None


async def test_a_merged_record_is_listed_only_when_it_is_asked_for(
    customer_service: ServiceUnderTest, register: Register, word: str
) -> None:
    anna, second = await register(name=f"{word} A"), await register(name=f"{word} B", external_reference=word)
    _ = await customer_service.post(f"/customers/{second.customer_id}/merge", {"survivor_id": str(anna.customer_id)})

    assert await names(customer_service, name=word) == [anna.name]
    assert await names(customer_service, name=word, status="merged") == [second.name]
    [found] = (await customer_service.get("/customers", external_reference=word)).json()["items"]
    assert (found["name"], found["survivor_id"]) == (second.name, str(anna.customer_id))


async def test_customers_are_searched_by_what_people_type(
    customer_service: ServiceUnderTest, register: Register, word: str
) -> None:
    anna = await register(name=f"Zoë's {word} & Söhne", tax_id=f"T{word}", external_reference=f"ref-{word}")
    _ = await register(name=f"Bert {word}")
    contact = {"role": "buyer", "name": f"Carla{word}", "email": f"carla.{word}@anna.example"}
    _ = await customer_service.post(f"/customers/{anna.customer_id}/contacts", contact)
    path = "/customers/search"

    assert await names(customer_service, path, q=word) == [f"Bert {word}", anna.name]
    assert await names(customer_service, path, q=f"söh {word[:20].upper()}") == [anna.name]
    for typed in (anna.number, f"T{word}", f"ref-{word}", f"carla{word}", f"carla.{word}@anna", f"zoë's {word}"):
        assert await names(customer_service, path, q=typed) == [anna.name]
    assert await names(customer_service, path, q=f"{word} nobody") == []


@pytest.mark.parametrize("typed", ["'", "\\", "& | !", ":*", "()", "a:*'b"])
async def test_a_search_for_signs_finds_nobody_and_breaks_nothing(
    customer_service: ServiceUnderTest, typed: str
) -> None:
    assert await names(customer_service, "/customers/search", q=typed) == []


async def test_what_is_found_in_a_merged_record_leads_to_its_survivor(
    customer_service: ServiceUnderTest, register: Register, word: str
) -> None:
    anna, second = await register(name="Anna AG"), await register(name=word)
    _ = await customer_service.post(f"/customers/{second.customer_id}/merge", {"survivor_id": str(anna.customer_id)})

    [found] = (await customer_service.get("/customers/search", q=word)).json()["items"]

    assert found["customer_id"] == str(anna.customer_id)


async def test_a_customer_sees_only_itself(customer_service: ServiceUnderTest, register: Register) -> None:
    anna, bert = await register(), await register()

    async def seen(path: str, by: UUID) -> Any:  # Any: an answer
        return await customer_service.get(path, role="customer", customer_id=by)

    own, other = await seen(f"/customers/{anna.customer_id}", anna.customer_id), f"/customers/{bert.customer_id}"
    assert own.json()["customer_id"] == str(anna.customer_id)
    assert own.headers["etag"] == '"1"'
    assert (await seen(other, anna.customer_id)).status_code == 404
    assert (await seen(f"{other}/timeline", anna.customer_id)).status_code == 404
    assert (await seen("/customers/search?q=a", anna.customer_id)).status_code == 403
    listed = (await seen("/customers", anna.customer_id)).json()["items"]
    assert [each["customer_id"] for each in listed] == [str(anna.customer_id)]


async def test_a_customer_with_two_records_sees_the_survivor_under_both(
    customer_service: ServiceUnderTest, register: Register
) -> None:
    anna, second = await register(), await register()
    _ = await customer_service.post(f"/customers/{second.customer_id}/merge", {"survivor_id": str(anna.customer_id)})

    for path in ("/customers", f"/customers/{anna.customer_id}", f"/customers/{second.customer_id}"):
        answer = await customer_service.get(path, role="customer", customer_id=second.customer_id)
        found = answer.json()
        [own] = found.get("items", [found])
        assert own["customer_id"] == str(anna.customer_id)


async def test_nobody_finds_a_customer_that_is_not_there(customer_service: ServiceUnderTest) -> None:
    for end in ("", "/timeline", "/interactions"):
        assert (await customer_service.get(f"/customers/{new_id()}{end}")).status_code == 404
