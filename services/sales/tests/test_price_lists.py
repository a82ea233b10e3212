"""Price lists: on any day an item has at most one price in a currency."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contracts.ids import new_id
from contracts.sales import PriceListPublished, PriceListRetired
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]
Refuses = Callable[..., Awaitable[None]]


def a_price(item_id: str, amount: str = "10.00", currency: str = "EUR") -> dict[str, Any]:  # Any: JSON
    return {"item_id": item_id, "price": {"amount": amount, "currency": currency}}


async def a_draft_list(service: ServiceUnderTest, *prices: dict[str, Any], **said: Any) -> str:  # Any: JSON
    at = f"/price-lists/{new_id()}"
    body = {"name": "2026", "currency": "EUR", "valid_from": "2026-01-01", "prices": list(prices), **said}
    answer = await service.post(at, body, role="sales", method="PUT")
    assert answer.status_code == 204, answer.text
    return at


async def price_on(service: ServiceUnderTest, item_id: str, day: str) -> str | None:
    answer = await service.get(f"/catalogue/{item_id}/price", currency="EUR", on=day)
    return answer.json()["price"]["amount"] if answer.status_code == 200 else None


async def test_a_published_list_tells_the_price_of_an_item_on_a_day(sales_service: ServiceUnderTest) -> None:
    item_id = str(new_id())
    at = await a_draft_list(sales_service, a_price(item_id, "12.50"), valid_until="2026-12-31")

    before = await price_on(sales_service, item_id, "2026-06-01")
    answer = await sales_service.post(f"{at}/publish", role="sales")

    [published] = await sales_service.published()
    assert isinstance(published, PriceListPublished)
    assert (answer.status_code, answer.headers["etag"], before) == (200, '"2"', None)
    days = ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    assert [await price_on(sales_service, item_id, day) for day in days] == [None, "12.50", "12.50", None]
    dollars = await sales_service.get(f"/catalogue/{item_id}/price", currency="USD", on="2026-06-01")
    assert (dollars.status_code, dollars.json()["type"]) == (404, "urn:orderloop:problem:price-unknown")


async def test_prices_of_a_draft_are_set_and_replaced(sales_service: ServiceUnderTest) -> None:
    one, two = str(new_id()), str(new_id())
    at = await a_draft_list(sales_service, a_price(one, "1.00"))

    body = {"prices": [a_price(one, "2.00"), a_price(two, "3.00")]}
    answer = await sales_service.post(f"{at}/prices", body, role="sales")

    read = await sales_service.get(at)
    assert (answer.status_code, read.headers["etag"], read.json()["items"]) == (204, '"2"', 2)
    assert read.json()["prices"] == body["prices"]
    assert await sales_service.published() == []


async def test_an_impossible_price_is_refused_with_all_that_came_with_it(
    sales_service: ServiceUnderTest, refuses: Refuses
) -> None:
    at = await a_draft_list(sales_service)

    for wrong in (a_price(str(new_id()), "-1.00"), a_price(str(new_id()), currency="USD")):
        body = {"prices": [a_price(str(new_id())), wrong]}
        await refuses(sales_service.post(f"{at}/prices", body), 422, "price-impossible", at=at)


async def test_a_list_ends_after_it_begins(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    body = {"name": "x", "currency": "EUR", "valid_from": "2026-02-01", "valid_until": "2026-01-31"}
    request = sales_service.post(f"/price-lists/{new_id()}", body, method="PUT")

    await refuses(request, 422, "validity-ends-before-it-begins")


async def test_a_list_is_drafted_once(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    at = await a_draft_list(sales_service)
    body = {"name": "another", "currency": "EUR", "valid_from": "2026-01-01"}

    await refuses(sales_service.post(at, body, method="PUT"), 409, "already-exists", at=at)


async def test_an_empty_list_is_not_published(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    at = await a_draft_list(sales_service)

    await refuses(sales_service.post(f"{at}/publish"), 409, "price-list-empty", at=at)


async def test_published_prices_stand(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    at = await a_draft_list(sales_service, a_price(str(new_id())))
    _ = await sales_service.post(f"{at}/publish")

    body = {"prices": [a_price(str(new_id()))]}
    await refuses(sales_service.post(f"{at}/prices", body), 409, "price-list-already-published", at=at)
    await refuses(sales_service.post(f"{at}/publish"), 409, "price-list-already-published", at=at)


async def test_lists_that_share_an_item_do_not_overlap(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    item_id = str(new_id())
    first = await a_draft_list(sales_service, a_price(item_id, "1.00"), valid_until="2026-06-30")
    overlapping = await a_draft_list(sales_service, a_price(item_id, "2.00"), valid_from="2026-06-30")
    following = await a_draft_list(sales_service, a_price(item_id, "3.00"), valid_from="2026-07-01")
    other_currency = await a_draft_list(sales_service, a_price(item_id, currency="USD"), currency="USD")
    _ = await sales_service.post(f"{first}/publish")

    await refuses(sales_service.post(f"{overlapping}/publish"), 409, "item-already-priced", at=overlapping)
    answers = [await sales_service.post(f"{each}/publish") for each in (following, other_currency)]

    assert [answer.status_code for answer in answers] == [200, 200]
    days = ("2026-06-30", "2026-07-01")
    assert [await price_on(sales_service, item_id, day) for day in days] == ["1.00", "3.00"]


async def test_two_lists_published_at_once_do_not_overlap(sales_service: ServiceUnderTest) -> None:
    item_id = str(new_id())
    lists = [
        await a_draft_list(sales_service, a_price(item_id), valid_from=day) for day in ("2026-01-01", "2026-02-01")
    ]

    answers = await asyncio.gather(*(sales_service.post(f"{each}/publish") for each in lists))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(await sales_service.published()) == 1


async def test_a_retired_list_tells_the_prices_of_earlier_days_and_makes_room(
    sales_service: ServiceUnderTest, refuses: Refuses
) -> None:
    item_id = str(new_id())
    old = await a_draft_list(sales_service, a_price(item_id, "1.00"))
    new = await a_draft_list(sales_service, a_price(item_id, "2.00"), valid_from="2026-03-01")
    await refuses(
        sales_service.post(f"{old}/retire", {"retired_from": "2026-03-01"}), 409, "price-list-not-published", at=old
    )
    _ = await sales_service.post(f"{old}/publish")

    retired = await sales_service.post(f"{old}/retire", {"retired_from": "2026-03-01"}, role="sales")
    published = await sales_service.post(f"{new}/publish", role="sales")

    assert (retired.status_code, published.status_code) == (200, 200)
    assert retired.json() == {"price_list_id": old.rpartition("/")[2], "retired_from": "2026-03-01"}
    assert PriceListRetired in [type(event) for event in await sales_service.published()]
    days = ("2026-02-28", "2026-03-01")
    assert [await price_on(sales_service, item_id, day) for day in days] == ["1.00", "2.00"]
    read = (await sales_service.get(old)).json()
    assert (read["status"], read["retired_from"]) == ("retired", "2026-03-01")


async def test_a_list_retired_before_it_begins_never_holds(sales_service: ServiceUnderTest) -> None:
    item_id = str(new_id())
    never, instead = [await a_draft_list(sales_service, a_price(item_id, price)) for price in ("1.00", "2.00")]
    _ = await sales_service.post(f"{never}/publish")

    _ = await sales_service.post(f"{never}/retire", {"retired_from": "2025-12-01"})
    published = await sales_service.post(f"{instead}/publish")

    assert published.status_code == 200
    assert await price_on(sales_service, item_id, "2026-01-01") == "2.00"


async def test_changes_of_what_is_no_longer_true_or_not_there_are_refused(
    sales_service: ServiceUnderTest, refuses: Refuses
) -> None:
    at, missing = await a_draft_list(sales_service, a_price(str(new_id()))), f"/price-lists/{new_id()}"
    bodies: dict[str, Any] = {
        "publish": None,
        "retire": {},
        "prices": {"prices": [a_price(str(new_id()))]},
    }  # Any: JSON

    for action, body in bodies.items():
        await refuses(sales_service.post(f"{at}/{action}", body, if_match=5), 412, "version-mismatch", at=at)
        await refuses(sales_service.post(f"{missing}/{action}", body), 404, "not-found")
    assert (await sales_service.get(missing)).status_code == 404


@pytest.mark.parametrize("role", ["warehouse", "finance", "reader"])
async def test_prices_are_made_by_sales_only(sales_service: ServiceUnderTest, refuses: Refuses, role: str) -> None:
    at = await a_draft_list(sales_service, a_price(str(new_id())))
    body = {"name": "x", "currency": "EUR", "valid_from": "2026-01-01"}

    await refuses(
        sales_service.post(f"/price-lists/{new_id()}", body, role=role, method="PUT"), 403, "forbidden", at=at
    )
    prices = {"prices": [a_price(str(new_id()))]}
    await refuses(sales_service.post(f"{at}/prices", prices, role=role), 403, "forbidden", at=at)
    await refuses(sales_service.post(f"{at}/publish", role=role), 403, "forbidden", at=at)
    await refuses(sales_service.post(f"{at}/retire", {}, role=role), 403, "forbidden", at=at)


async def test_price_lists_are_found_by_what_they_are(sales_service: ServiceUnderTest) -> None:
    one = await a_draft_list(sales_service, name="find me", currency="CHF")
    two = await a_draft_list(sales_service, a_price(str(new_id()), currency="CHF"), name="me too", currency="CHF")
    _ = await sales_service.post(f"{two}/publish")

    async def found(**query: Any) -> list[tuple[str, int]]:
        page = await sales_service.get("/price-lists", **query)
        return [(f"/price-lists/{each['price_list_id']}", each["items"]) for each in page.json()["items"]]

    assert await found(currency="CHF") == [(one, 0), (two, 1)]
    assert await found(currency="CHF", status="published") == [(two, 1)]
    assert await found(name="find me") == [(one, 0)]
