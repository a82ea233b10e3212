"""Leads: captured once, qualified into one opportunity or given up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.ids import LeadId, new_id
from contracts.sales import LeadCaptured, LeadDisqualified, LeadQualified, OpportunityOpened
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]
Refuses = Callable[..., Awaitable[None]]
OfCustomer = Callable[[str, str], Awaitable[list[dict[str, Any]]]]  # Any: JSON

WORTH: dict[str, Any] = {"owner": "anna", "amount": {"amount": "500.00", "currency": "EUR"}}  # Any: JSON


async def a_lead(service: ServiceUnderTest, **said: Any) -> str:  # Any: JSON
    answer = await service.post("/leads", {"source": "fair", "name": "A. Buyer", **said}, role="sales")
    assert answer.status_code == 201, answer.text
    return answer.json()["lead_id"]


async def test_a_captured_lead_tells_its_source_and_not_who_it_is(sales_service: ServiceUnderTest) -> None:
    body = {"source": "fair", "name": "A. Buyer", "contact": "a@example.org", "captured_on": "2017-06-14"}

    answer = await sales_service.post("/leads", {**body, "external_reference": "mql-1"}, role="sales")

    [captured] = await sales_service.published()
    assert captured == LeadCaptured(
        lead_id=LeadId(UUID(answer.json()["lead_id"])), source="fair", external_reference="mql-1"
    )
    read = await sales_service.get(answer.headers["location"])
    assert (read.status_code, read.headers["etag"]) == (200, '"1"')
    assert {name: read.json()[name] for name in body} == body
    assert read.json()["status"] == "new"


async def test_a_source_gives_a_reference_once(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    _ = await a_lead(sales_service, external_reference="twice")

    again = sales_service.post("/leads", {"source": "web", "name": "B", "external_reference": "twice"})

    await refuses(again, 409, "already-exists", at="/leads?external_reference=twice")


async def test_the_same_key_captures_one_lead(sales_service: ServiceUnderTest) -> None:
    body = {"source": "fair", "name": "A. Buyer"}

    one = await sales_service.post("/leads", body, role="sales", key="the same")
    two = await sales_service.post("/leads", body, role="sales", key="the same")

    assert one.content == two.content
    assert len(await sales_service.published()) == 1


async def test_a_qualified_lead_is_an_opportunity_of_its_customer(
    sales_service: ServiceUnderTest, a_customer: Make
) -> None:
    customer_id, lead_id = await a_customer(), await a_lead(sales_service)
    body = {**WORTH, "customer_id": customer_id, "external_reference": f"deal of {lead_id}", "opened_on": "2017-07-01"}

    answer = await sales_service.post(f"/leads/{lead_id}/qualify", body, role="sales")

    [_, qualified, opened] = await sales_service.published()
    assert isinstance(qualified, LeadQualified)
    assert isinstance(opened, OpportunityOpened)
    assert str(qualified.opportunity_id) == str(opened.opportunity_id) == answer.json()["opportunity_id"]
    opportunity = (await sales_service.get(f"/opportunities/{opened.opportunity_id}")).json()
    assert (opportunity["lead_id"], opportunity["name"], opportunity["opened_on"]) == (
        lead_id,
        "A. Buyer",
        "2017-07-01",
    )
    lead = (await sales_service.get(f"/leads/{lead_id}")).json()
    assert (lead["status"], lead["customer_id"]) == ("qualified", customer_id)


async def test_a_lead_is_qualified_once(sales_service: ServiceUnderTest, a_customer: Make, refuses: Refuses) -> None:
    lead_id, body = await a_lead(sales_service), {**WORTH, "customer_id": await a_customer()}
    _ = await sales_service.post(f"/leads/{lead_id}/qualify", body)

    at = f"/leads/{lead_id}"
    await refuses(sales_service.post(f"{at}/qualify", body), 409, "lead-already-qualified", at=at)
    await refuses(sales_service.post(f"{at}/disqualify", {"reason": "no"}), 409, "lead-already-qualified", at=at)


async def test_a_lead_is_qualified_for_a_customer_that_is_known(
    sales_service: ServiceUnderTest, refuses: Refuses
) -> None:
    lead_id = await a_lead(sales_service)
    request = sales_service.post(f"/leads/{lead_id}/qualify", {**WORTH, "customer_id": str(new_id())})

    await refuses(request, 404, "customer-unknown", at=f"/leads/{lead_id}")


async def test_a_disqualified_lead_rests(sales_service: ServiceUnderTest, a_customer: Make, refuses: Refuses) -> None:
    lead_id, customer_id = await a_lead(sales_service), await a_customer()

    answer = await sales_service.post(f"/leads/{lead_id}/disqualify", {"reason": "a student"}, role="sales")

    assert answer.json() == {"lead_id": lead_id, "reason": "a student"}
    assert isinstance((await sales_service.published())[-1], LeadDisqualified)
    body, at = {**WORTH, "customer_id": customer_id}, f"/leads/{lead_id}"
    await refuses(sales_service.post(f"{at}/qualify", body), 409, "lead-is-disqualified", at=at)


async def test_who_gives_up_a_lead_says_why(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    lead_id = await a_lead(sales_service)
    request = sales_service.post(f"/leads/{lead_id}/disqualify", {"reason": "  "})

    await refuses(request, 422, "reason-missing", at=f"/leads/{lead_id}")


async def test_a_change_of_what_is_no_longer_true_is_refused(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    lead_id = await a_lead(sales_service)
    request = sales_service.post(f"/leads/{lead_id}/disqualify", {"reason": "no"}, if_match=7)

    await refuses(request, 412, "version-mismatch", at=f"/leads/{lead_id}")


async def test_a_lead_that_is_not_there_is_not_found(sales_service: ServiceUnderTest, refuses: Refuses) -> None:
    missing = f"/leads/{new_id()}"

    await refuses(sales_service.post(f"{missing}/disqualify", {"reason": "no"}), 404, "not-found")
    assert (await sales_service.get(missing)).status_code == 404


@pytest.mark.parametrize("role", ["warehouse", "finance", "reader"])
async def test_leads_are_captured_by_sales_only(sales_service: ServiceUnderTest, refuses: Refuses, role: str) -> None:
    await refuses(sales_service.post("/leads", {"source": "fair", "name": "A"}, role=role), 403, "forbidden")


async def test_a_customer_reads_no_leads(sales_service: ServiceUnderTest) -> None:
    answer = await sales_service.get("/leads", role="customer", customer_id=new_id())

    assert answer.status_code == 403


async def test_leads_are_found_by_source_and_status(
    sales_service: ServiceUnderTest, a_customer: Make, of_customer: OfCustomer
) -> None:
    one, two = await a_lead(sales_service, source="ad"), await a_lead(sales_service, source="ad")
    body = {**WORTH, "customer_id": await a_customer()}
    _ = await sales_service.post(f"/leads/{two}/qualify", body)

    new = await sales_service.get("/leads", source="ad", status="new")
    first = await sales_service.get("/leads", source="ad", limit=1)
    rest = await sales_service.get("/leads", source="ad", limit=1, cursor=first.json()["next_cursor"])

    assert [lead["lead_id"] for lead in new.json()["items"]] == [one]
    assert [lead["lead_id"] for lead in first.json()["items"] + rest.json()["items"]] == [one, two]
    assert [lead["lead_id"] for lead in await of_customer("/leads", body["customer_id"])] == [two]
