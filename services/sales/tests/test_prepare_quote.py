"""Preparing, revising and sending quotes: words from the catalogue, prices from the list, refusals without a trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.ids import new_id
from contracts.sales import QuotePrepared, QuoteSent, QuoteSuperseded
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]
Refuses = Callable[..., Awaitable[None]]


def a_line(item_id: str, price: str | None = "100.00", **said: Any) -> dict[str, Any]:  # Any: JSON
    priced = {} if price is None else {"unit_price": {"amount": price, "currency": "EUR"}}
    return {"item_id": item_id, "quantity": {"value": "2"}, **priced, **said}


async def test_a_quote_takes_words_from_the_catalogue_and_prices_from_the_list(
    sales_service: ServiceUnderTest, an_opportunity: Make, an_item: Make, published_prices: Make, today: date
) -> None:
    listed, said = await an_item(sku="RACK-1"), await an_item(sku="RACK-2")
    _ = await published_prices({listed: "12.34", said: "99.99"})
    lines = [a_line(listed, None, tax_percent="19"), a_line(said, "50.00", description="In blue")]

    answer = await sales_service.post(
        "/quotes", {"opportunity_id": await an_opportunity(), "lines": lines}, role="sales"
    )

    prepared = (await sales_service.published())[-1]
    assert isinstance(prepared, QuotePrepared)
    told = [(line.sku, line.description, str(line.unit_price)) for line in prepared.lines]
    assert told == [("RACK-1", "A thing", "12.34 EUR"), ("RACK-2", "In blue", "50.00 EUR")]
    assert (prepared.revision, prepared.valid_until) == (1, today + timedelta(days=30))
    read = await sales_service.get(answer.headers["location"])
    assert (read.headers["etag"], read.json()["status"]) == ('"1"', "draft")
    assert read.json()["total"] == {"amount": "129.37", "currency": "EUR"}


async def test_the_list_price_is_that_of_the_day_and_currency(
    sales_service: ServiceUnderTest, an_opportunity: Make, an_item: Make, published_prices: Make, refuses: Refuses
) -> None:
    item_id, opportunity_id = await an_item(), await an_opportunity()
    _ = await published_prices({item_id: "10.00"}, "2020-01-01", valid_until="2020-12-31")
    _ = await published_prices({item_id: "20.00"}, "2021-01-01", valid_until="2021-12-31")
    body: dict[str, Any] = {"opportunity_id": opportunity_id, "lines": [a_line(item_id, None)]}  # Any: JSON

    old = await sales_service.post("/quotes", {**body, "prepared_on": "2020-12-31"})

    assert old.json()["lines"][0]["unit_price"] == {"amount": "10.00", "currency": "EUR"}
    for said in ({"prepared_on": "2022-01-01"}, {"prepared_on": "2021-06-01", "currency": "USD"}):
        await refuses(sales_service.post("/quotes", {**body, **said}), 409, "item-has-no-price")


async def test_a_quote_shows_what_is_short_and_whether_the_credit_fits(
    sales_service: ServiceUnderTest, an_item: Make, an_opportunity: Make
) -> None:
    lines = [a_line(await an_item()), a_line(await an_item(kind="service"))]
    body = {"opportunity_id": await an_opportunity(), "lines": lines}

    answer = await sales_service.post("/quotes", body)
    read = (await sales_service.get(answer.headers["location"])).json()

    assert read["warnings"] == {
        "shortages": [{"item_id": lines[0]["item_id"], "quantity": {"value": "2", "unit": "C62"}}],
        "credit": None,
    }


async def test_the_same_key_prepares_one_quote(
    sales_service: ServiceUnderTest, an_opportunity: Make, an_item: Make
) -> None:
    opportunity_id = await an_opportunity()
    body = {"opportunity_id": opportunity_id, "lines": [a_line(await an_item())]}

    one = await sales_service.post("/quotes", body, key="quote")
    two = await sales_service.post("/quotes", body, key="quote")

    assert one.content == two.content
    assert len((await sales_service.get("/quotes", opportunity_id=opportunity_id)).json()["items"]) == 1


async def test_an_impossible_offer_is_refused(
    sales_service: ServiceUnderTest, an_opportunity: Make, an_item: Make, refuses: Refuses, today: date
) -> None:
    opportunity_id, item_id = await an_opportunity(), await an_item()
    at = f"/opportunities/{opportunity_id}"
    dollars = a_line(item_id, None, unit_price={"amount": "1.00", "currency": "USD"})
    yesterday = str(today - timedelta(days=1))
    refusals: list[tuple[dict[str, Any], int, str]] = [  # Any: JSON
        ({"lines": []}, 422, "offer-has-no-lines"),
        ({"lines": [a_line(item_id, quantity={"value": "0"})]}, 422, "offer-line-impossible"),
        ({"lines": [a_line(item_id, "-1.00")]}, 422, "offer-line-impossible"),
        ({"lines": [a_line(item_id, quantity={"value": "1", "unit": "KGM"})]}, 422, "other-unit"),
        ({"lines": [a_line(item_id), dollars]}, 422, "offer-in-two-currencies"),
        ({"lines": [a_line(item_id)], "valid_until": yesterday}, 409, "offer-lapsed"),
        ({"lines": [a_line(item_id, None)]}, 409, "item-has-no-price"),
        ({"lines": [a_line(str(new_id()))]}, 404, "item-unknown"),
        ({"lines": [a_line(item_id)], "opportunity_id": str(new_id())}, 404, "not-found"),
    ]

    for said, status, problem in refusals:
        request = sales_service.post("/quotes", {"opportunity_id": opportunity_id, **said})
        await refuses(request, status, problem, at=at)

    assert (await sales_service.get("/quotes", opportunity_id=opportunity_id)).json()["items"] == []


async def test_an_offer_takes_an_open_opportunity_with_a_customer(
    sales_service: ServiceUnderTest, an_opportunity: Make, an_item: Make, refuses: Refuses
) -> None:
    lines, nobodys, lost = [a_line(await an_item())], await an_opportunity(customer_id=None), await an_opportunity()
    _ = await sales_service.post(f"/opportunities/{lost}/lose", {"reason": "price"})

    for opportunity_id, problem in ((nobodys, "opportunity-has-no-customer"), (lost, "opportunity-is-lost")):
        request = sales_service.post("/quotes", {"opportunity_id": opportunity_id, "lines": lines})
        await refuses(request, 409, problem, at=f"/opportunities/{opportunity_id}")


async def test_a_revision_takes_the_place_of_the_one_before(
    sales_service: ServiceUnderTest, a_sent_quote: Make, an_item: Make
) -> None:
    quote_id, body = await a_sent_quote(), {"lines": [a_line(await an_item(), "80.00")], "prepaid": True}

    answer = await sales_service.post(f"/quotes/{quote_id}/revise", body, role="sales", if_match=2)

    [superseded, prepared] = (await sales_service.published())[-2:]
    assert isinstance(superseded, QuoteSuperseded)
    assert isinstance(prepared, QuotePrepared)
    assert (superseded.revision, superseded.superseded_by, prepared.revision) == (1, 2, 2)
    assert answer.headers["etag"] == '"3"'
    read = (await sales_service.get(f"/quotes/{quote_id}")).json()
    assert (read["revision"], read["status"], read["prepaid"]) == (2, "draft", True)
    assert [(each["revision"], each["status"], each["net"]["amount"]) for each in read["earlier"]] == [
        (1, "superseded", "200.00")
    ]


async def test_a_revision_says_which_version_it_replaces(
    sales_service: ServiceUnderTest, a_sent_quote: Make, an_item: Make, refuses: Refuses
) -> None:
    at, body = f"/quotes/{await a_sent_quote()}", {"lines": [a_line(await an_item())]}

    await refuses(sales_service.post(f"{at}/revise", body), 428, "precondition-required", at=at)
    await refuses(sales_service.post(f"{at}/revise", body, if_match=1), 412, "version-mismatch", at=at)
    missing = sales_service.post(f"/quotes/{new_id()}/revise", body, if_match=1)
    await refuses(missing, 404, "not-found", at=at)


async def test_nothing_is_offered_anew_when_all_is_decided(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, an_item: Make, refuses: Refuses
) -> None:
    opportunity_id = await an_opportunity()
    at, body = f"/quotes/{await a_sent_quote(opportunity_id=opportunity_id)}", {"lines": [a_line(await an_item())]}

    _ = await sales_service.post(f"/opportunities/{opportunity_id}/lose", {"reason": "price"})
    await refuses(sales_service.post(f"{at}/revise", body, if_match=2), 409, "opportunity-is-lost", at=at)
    _ = await sales_service.post(f"/opportunities/{opportunity_id}/reopen")
    _ = await sales_service.post(f"{at}/accept", {"revision": 1})
    await refuses(sales_service.post(f"{at}/revise", body, if_match=3), 409, "opportunity-already-won", at=at)


async def test_a_draft_is_sent_once(sales_service: ServiceUnderTest, a_draft: Make, refuses: Refuses) -> None:
    at = f"/quotes/{await a_draft()}"

    answer = await sales_service.post(f"{at}/send", {}, role="sales")

    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert isinstance((await sales_service.published())[-1], QuoteSent)
    await refuses(sales_service.post(f"{at}/send", {}), 409, "quote-already-sent", at=at)
    await refuses(sales_service.post(f"{at}/send", {}, if_match=1), 412, "version-mismatch", at=at)


async def test_a_draft_is_not_sent_when_it_lapsed_or_its_opportunity_is_lost(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_draft: Make, refuses: Refuses
) -> None:
    opportunity_id = await an_opportunity()
    late = f"/quotes/{await a_draft(prepared_on='2020-01-01', valid_until='2020-01-31')}"
    lost = f"/quotes/{await a_draft(opportunity_id=opportunity_id)}"
    _ = await sales_service.post(f"/opportunities/{opportunity_id}/lose", {"reason": "price"})

    await refuses(sales_service.post(f"{late}/send", {}), 409, "offer-lapsed", at=late)
    await refuses(sales_service.post(f"{lost}/send", {}), 409, "opportunity-is-lost", at=lost)
    await refuses(sales_service.post(f"/quotes/{new_id()}/send", {}), 404, "not-found")


@pytest.mark.parametrize("role", ["warehouse", "service", "reader"])
async def test_quotes_are_made_by_sales_only(
    sales_service: ServiceUnderTest, a_draft: Make, an_opportunity: Make, an_item: Make, refuses: Refuses, role: str
) -> None:
    at, lines = f"/quotes/{await a_draft()}", [a_line(await an_item())]
    body = {"opportunity_id": await an_opportunity(), "lines": lines}

    await refuses(sales_service.post("/quotes", body, role=role), 403, "forbidden")
    await refuses(sales_service.post(f"{at}/revise", {"lines": lines}, role=role, if_match=1), 403, "forbidden", at=at)
    await refuses(sales_service.post(f"{at}/send", {}, role=role), 403, "forbidden", at=at)
