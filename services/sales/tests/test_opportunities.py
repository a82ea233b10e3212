"""Opportunities: opened, changed, moved, lost, reopened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.ids import new_id
from contracts.sales import (
    OpportunityAssigned,
    OpportunityCustomerNamed,
    OpportunityEstimated,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityStageChanged,
)
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]
Refuses = Callable[..., Awaitable[None]]
OfCustomer = Callable[[str, str], Awaitable[list[dict[str, Any]]]]  # Any: JSON

BODY: dict[str, Any] = {
    "name": "Racks",
    "owner": "anna",
    "amount": {"amount": "900.00", "currency": "EUR"},
}  # Any: JSON


async def test_an_opportunity_may_be_opened_before_its_customer_is_known(sales_service: ServiceUnderTest) -> None:
    said = {"opened_on": "2016-10-20", "external_reference": "1C1I7A6R", "stage": "engaging"}

    answer = await sales_service.post("/opportunities", {**BODY, **said}, role="sales")

    [opened] = await sales_service.published()
    assert isinstance(opened, OpportunityOpened)
    assert (opened.customer_id, opened.stage, opened.external_reference) == (None, "engaging", "1C1I7A6R")
    read = await sales_service.get(answer.headers["location"])
    assert (read.headers["etag"], answer.headers["etag"]) == ('"1"', '"1"')
    assert {name: read.json()[name] for name in said} == said
    assert read.json()["weighted"] == {"amount": "225.00", "currency": "EUR"}
    assert read.json()["follow_up"]["entries"] == []


async def test_the_same_key_opens_one_opportunity(sales_service: ServiceUnderTest) -> None:
    one = await sales_service.post("/opportunities", BODY, role="sales", key="open")
    two = await sales_service.post("/opportunities", BODY, role="sales", key="open")

    assert (one.content, two.headers["idempotency-replayed"]) == (two.content, "true")
    assert len(await sales_service.published()) == 1


async def test_a_source_names_an_opportunity_once(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    body = {**BODY, "external_reference": "crm-7"}
    _ = await sales_service.post("/opportunities", body)

    again = sales_service.post("/opportunities", body)

    await refuses(again, 409, "already-exists", at="/opportunities?external_reference=crm-7")


async def test_an_opportunity_is_of_a_customer_that_is_known(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    await refuses(sales_service.post("/opportunities", {**BODY, "customer_id": str(new_id())}), 404, "customer-unknown")


async def test_an_opportunity_is_worth_nothing_or_more(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    body = {**BODY, "amount": {"amount": "-1.00", "currency": "EUR"}}

    await refuses(sales_service.post("/opportunities", body), 422, "amount-negative")


async def test_a_change_says_only_what_is_different(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_customer: Make
) -> None:
    opportunity_id = await an_opportunity(customer_id=None, expected_close_on="2026-12-31")
    at, customer_id = f"/opportunities/{opportunity_id}", await a_customer()

    named = await sales_service.post(at, {"customer_id": customer_id}, role="sales", method="PATCH", if_match=1)
    amount = {"amount": "50.00", "currency": "USD"}
    estimated = await sales_service.post(at, {"amount": amount}, role="sales", method="PATCH", if_match=2)
    first = (await sales_service.get(at)).json()
    body = {"owner": "bert", "expected_close_on": None}
    assigned = await sales_service.post(at, body, role="sales", method="PATCH", if_match=3)
    second = (await sales_service.get(at)).json()

    told = [type(event) for event in await sales_service.published()][-4:]
    assert told == [OpportunityCustomerNamed, OpportunityEstimated, OpportunityAssigned, OpportunityEstimated]
    assert [answer.status_code for answer in (named, estimated, assigned)] == [200, 200, 200]
    assert (named.json()["customer_id"], estimated.json()["amount"], assigned.json()["owner"]) == (
        customer_id,
        amount,
        "bert",
    )
    assert assigned.headers["etag"] == '"4"'
    assert (first["customer_id"], first["amount"], first["owner"]) == (customer_id, amount, "anna")
    assert first["expected_close_on"] == "2026-12-31"
    assert (second["owner"], second["expected_close_on"], second["amount"]) == ("bert", None, amount)
    assert second["version"] == 4


async def test_a_change_to_what_it_is_already_changes_nothing(
    sales_service: ServiceUnderTest, an_opportunity: Make
) -> None:
    at = f"/opportunities/{await an_opportunity(owner='anna')}"
    before, told = (await sales_service.get(at)).json(), await sales_service.published()

    body = {name: before[name] for name in ("owner", "amount", "customer_id", "expected_close_on")}
    answer = await sales_service.post(at, body, role="sales", method="PATCH", if_match=1)

    assert (answer.status_code, answer.content) == (204, b"")
    assert (await sales_service.get(at)).json() == before
    assert await sales_service.published() == told


@pytest.mark.parametrize(
    ("if_match", "body", "status", "problem"),
    [
        (None, {"owner": "bert"}, 428, "precondition-required"),
        (9, {"owner": "bert"}, 412, "version-mismatch"),
        (1, {"amount": {"amount": "-1", "currency": "EUR"}}, 422, "amount-negative"),
        (1, {"owner": "bert", "customer_id": str(new_id())}, 404, "customer-unknown"),
    ],
)
async def test_a_refused_change_changes_nothing(
    sales_service: ServiceUnderTest,
    an_opportunity: Make,
    refuses: Refuses,
    if_match: int | None,
    body: dict[str, Any],  # Any: JSON
    status: int,
    problem: str,
) -> None:
    at = f"/opportunities/{await an_opportunity()}"

    await refuses(sales_service.post(at, body, method="PATCH", if_match=if_match), status, problem, at=at)


async def test_a_quoted_opportunity_stays_its_customers(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_customer: Make, a_draft: Make, refuses: Refuses
) -> None:
    opportunity_id, other = await an_opportunity(), await a_customer()
    _ = await a_draft(opportunity_id=opportunity_id)
    at = f"/opportunities/{opportunity_id}"

    request = sales_service.post(at, {"customer_id": other}, method="PATCH", if_match=2)

    await refuses(request, 409, "opportunity-already-quoted", at=at)


async def test_an_opportunity_moves_and_stays(sales_service: ServiceUnderTest, an_opportunity: Make) -> None:
    opportunity_id = await an_opportunity()
    at = f"/opportunities/{opportunity_id}/stage"

    moved = await sales_service.post(at, {"stage": "negotiating"}, role="sales")
    stayed = await sales_service.post(at, {"stage": "negotiating"}, role="sales")

    [_, changed] = await sales_service.published()
    assert isinstance(changed, OpportunityStageChanged)
    assert (changed.before, changed.after) == ("prospecting", "negotiating")
    assert (moved.status_code, moved.headers["etag"], stayed.status_code) == (200, '"2"', 204)


async def test_a_lost_opportunity_rests_until_it_is_reopened(
    sales_service: ServiceUnderTest, an_opportunity: Make, refuses: Refuses
) -> None:
    opportunity_id = await an_opportunity(stage="proposing")
    at = f"/opportunities/{opportunity_id}"

    body = {"reason": "price", "competitor": "Betasoloin", "lost_on": "2017-03-01"}
    _ = await sales_service.post(f"{at}/lose", body, role="sales")
    lost = (await sales_service.get(at)).json()
    await refuses(sales_service.post(f"{at}/lose", body), 409, "opportunity-is-lost", at=at)
    await refuses(sales_service.post(f"{at}/stage", {"stage": "engaging"}), 409, "opportunity-is-lost", at=at)
    amount = {"amount": {"amount": "1", "currency": "EUR"}}
    await refuses(sales_service.post(at, amount, method="PATCH", if_match=2), 409, "opportunity-is-lost", at=at)
    reopened = await sales_service.post(f"{at}/reopen", role="sales")

    assert (lost["status"], lost["closed_on"], lost["competitor"]) == ("lost", "2017-03-01", "Betasoloin")
    assert lost["weighted"] == {"amount": "0.00", "currency": "EUR"}
    assert reopened.json()["stage"] == "proposing"
    told = [type(event) for event in await sales_service.published()]
    assert told == [OpportunityOpened, OpportunityLost, OpportunityReopened]
    again = (await sales_service.get(at)).json()
    assert (again["status"], again["closed_on"], again["reason"]) == ("open", None, None)


async def test_only_a_lost_opportunity_is_reopened(
    sales_service: ServiceUnderTest, an_opportunity: Make, refuses: Refuses
) -> None:
    at = f"/opportunities/{await an_opportunity()}"

    await refuses(sales_service.post(f"{at}/reopen"), 409, "opportunity-not-lost", at=at)


async def test_who_loses_an_opportunity_says_why(
    sales_service: ServiceUnderTest, an_opportunity: Make, refuses: Refuses
) -> None:
    at = f"/opportunities/{await an_opportunity()}"

    await refuses(sales_service.post(f"{at}/lose", {"reason": " "}), 422, "reason-missing", at=at)


async def test_a_won_opportunity_does_not_change_but_may_change_hands(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, refuses: Refuses
) -> None:
    opportunity_id = await an_opportunity()
    quote_id = await a_sent_quote(opportunity_id=opportunity_id)
    _ = await sales_service.post(f"/quotes/{quote_id}/accept", {"revision": 1})
    at = f"/opportunities/{opportunity_id}"

    await refuses(sales_service.post(f"{at}/lose", {"reason": "late"}), 409, "opportunity-already-won", at=at)
    await refuses(sales_service.post(f"{at}/reopen"), 409, "opportunity-not-lost", at=at)
    handed = await sales_service.post(at, {"owner": "bert"}, method="PATCH", if_match=3)

    assert (handed.status_code, handed.json()["owner"]) == (200, "bert")
    assert (await sales_service.get(at)).json()["owner"] == "bert"


@pytest.mark.parametrize("action", ["stage", "lose", "reopen"])
async def test_an_opportunity_that_is_not_there_is_not_found(
    sales_service: ServiceUnderTest, refuses: Refuses, action: str
) -> None:
    at, bodies = f"/opportunities/{new_id()}", {"stage": {"stage": "engaging"}, "lose": {"reason": "price"}}

    await refuses(sales_service.post(f"{at}/{action}", bodies.get(action)), 404, "not-found")
    assert (await sales_service.get(at)).status_code == 404


@pytest.mark.parametrize("role", ["warehouse", "finance", "reader"])
async def test_opportunities_are_opened_by_sales_only(
    sales_service: ServiceUnderTest, refuses: Refuses, role: str
) -> None:
    await refuses(sales_service.post("/opportunities", BODY, role=role), 403, "forbidden")


async def test_opportunities_are_read_by_our_own_people_only(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_customer: Make
) -> None:
    customer_id = await a_customer()
    at = f"/opportunities/{await an_opportunity(customer_id=customer_id)}"

    for path in ("/opportunities", at, "/pipeline", f"/customers/{customer_id}"):
        answer = await sales_service.get(path, role="customer", customer_id=UUID(customer_id))
        assert answer.status_code == 403


async def test_opportunities_are_found_by_what_they_are(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_customer: Make, of_customer: OfCustomer
) -> None:
    customer_id = await a_customer()
    one = await an_opportunity(owner="carla", stage="proposing", external_reference="find me", customer_id=customer_id)
    two = await an_opportunity(owner="carla")
    _ = await sales_service.post(f"/opportunities/{two}/lose", {"reason": "price"})

    async def found(**query: Any) -> list[str]:
        page = await sales_service.get("/opportunities", owner="carla", **query)
        return [each["opportunity_id"] for each in page.json()["items"]]

    assert await found() == [one, two]
    assert await found(stage="proposing") == [one]
    assert await found(status="lost") == [two]
    assert [each["opportunity_id"] for each in await of_customer("/opportunities", customer_id)] == [one]
    assert await found(external_reference="find me") == [one]


async def test_the_pipeline_counts_and_weighs_what_is_open_by_stage(
    sales_service: ServiceUnderTest, an_opportunity: Make
) -> None:
    for stage, amount in (("proposing", "100.00"), ("proposing", "300.50"), ("prospecting", "10.00")):
        _ = await an_opportunity(owner="dora", stage=stage, amount={"amount": amount, "currency": "EUR"})
    _ = await an_opportunity(owner="dora", amount={"amount": "7.00", "currency": "USD"})
    lost = await an_opportunity(owner="dora")
    _ = await sales_service.post(f"/opportunities/{lost}/lose", {"reason": "price"})

    pipeline = (await sales_service.get("/pipeline", owner="dora", currency="EUR")).json()
    everything = (await sales_service.get("/pipeline", owner="dora")).json()

    assert [
        (each["stage"], each["count"], each["amount"]["amount"], each["weighted"]["amount"])
        for each in pipeline["stages"]
    ] == [
        ("prospecting", 1, "10.00", "1.00"),
        ("proposing", 2, "400.50", "200.25"),
    ]
    assert pipeline["totals"] == [
        {
            "count": 3,
            "amount": {"amount": "410.50", "currency": "EUR"},
            "weighted": {"amount": "201.25", "currency": "EUR"},
        }
    ]
    assert [total["amount"]["currency"] for total in everything["totals"]] == ["EUR", "USD"]
