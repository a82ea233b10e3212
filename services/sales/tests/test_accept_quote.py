"""Accepting, rejecting and expiring quotes: one yes wins one opportunity, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.ids import new_id
from contracts.sales import OpportunityWon, QuoteAccepted, QuoteExpired, QuoteRejected
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]
Refuses = Callable[..., Awaitable[None]]

YES = {"revision": 1}
NO = {"revision": 1, "reason": "too dear"}


async def test_an_accepted_quote_wins_its_opportunity(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, a_customer: Make
) -> None:
    customer_id = await a_customer()
    opportunity_id = await an_opportunity(customer_id=customer_id)
    quote_id = await a_sent_quote(opportunity_id=opportunity_id, prepaid=True, requested_on="2026-12-01")

    body = {**YES, "customer_reference": "PO 4711"}
    answer = await sales_service.post(f"/quotes/{quote_id}/accept", body, role="sales")

    [accepted, won] = (await sales_service.published())[-2:]
    assert isinstance(accepted, QuoteAccepted)
    assert isinstance(won, OpportunityWon)
    assert (str(won.opportunity_id), str(won.quote_id), str(won.customer_id)) == (opportunity_id, quote_id, customer_id)
    assert (str(won.total), won.owner, won.prepaid) == ("238.00 EUR", "anna", True)
    assert (won.customer_reference, str(won.requested_on)) == ("PO 4711", "2026-12-01")
    assert (answer.status_code, answer.json()["revision"], answer.headers["etag"]) == (200, 1, '"3"')
    opportunity = (await sales_service.get(f"/opportunities/{opportunity_id}")).json()
    assert (opportunity["status"], opportunity["quote_id"]) == ("won", quote_id)
    assert opportunity["amount"] == {"amount": "200.00", "currency": "EUR"}


async def test_both_events_of_an_acceptance_belong_to_the_opportunitys_loop(
    sales_service: ServiceUnderTest, a_sent_quote: Make
) -> None:
    quote_id = await a_sent_quote()

    _ = await sales_service.post(f"/quotes/{quote_id}/accept", YES)

    assert len({each.correlation_id for each in await sales_service.recorded()}) == 1


async def test_five_acceptances_at_once_win_once(sales_service: ServiceUnderTest, a_sent_quote: Make) -> None:
    quote_id = await a_sent_quote()

    answers = await asyncio.gather(*(sales_service.post(f"/quotes/{quote_id}/accept", YES) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert len([event for event in await sales_service.published() if isinstance(event, OpportunityWon)]) == 1


async def test_two_quotes_accepted_at_once_win_one_opportunity_once(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make
) -> None:
    opportunity_id = await an_opportunity()
    quotes = [await a_sent_quote(opportunity_id=opportunity_id) for _ in range(2)]

    answers = await asyncio.gather(*(sales_service.post(f"/quotes/{each}/accept", YES) for each in quotes))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    page = (await sales_service.get("/quotes", opportunity_id=opportunity_id, status="accepted")).json()
    assert len(page["items"]) == 1


async def test_the_same_key_accepts_once(sales_service: ServiceUnderTest, a_sent_quote: Make) -> None:
    at = f"/quotes/{await a_sent_quote()}/accept"

    one = await sales_service.post(at, YES, key="accept")
    two = await sales_service.post(at, YES, key="accept")

    assert (one.status_code, two.status_code, one.content) == (200, 200, two.content)
    assert len([event for event in await sales_service.published() if isinstance(event, QuoteAccepted)]) == 1


async def test_what_cannot_be_accepted_cannot_be_rejected_either(
    sales_service: ServiceUnderTest,
    a_draft: Make,
    a_sent_quote: Make,
    an_item: Make,
    refuses: Refuses,
) -> None:
    draft, accepted, rejected, revised = [await each() for each in (a_draft, a_sent_quote, a_sent_quote, a_sent_quote)]
    _ = await sales_service.post(f"/quotes/{accepted}/accept", YES)
    _ = await sales_service.post(f"/quotes/{rejected}/reject", NO)
    line = {
        "item_id": await an_item(),
        "quantity": {"value": "1"},
        "unit_price": {"amount": "1.00", "currency": "EUR"},
    }
    _ = await sales_service.post(f"/quotes/{revised}/revise", {"lines": [line]}, if_match=2)

    for quote_id, problem, said in (
        (draft, "quote-not-sent", {}),
        (rejected, "quote-was-rejected", {}),
        (revised, "revision-replaced", {}),
        (revised, "quote-not-sent", {"revision": 2}),
    ):
        at = f"/quotes/{quote_id}"
        await refuses(sales_service.post(f"{at}/accept", {**YES, **said}), 409, problem, at=at)
        await refuses(sales_service.post(f"{at}/reject", {**NO, **said}), 409, problem, at=at)
    at = f"/quotes/{accepted}"
    await refuses(sales_service.post(f"{at}/accept", YES), 409, "opportunity-already-won", at=at)
    await refuses(sales_service.post(f"{at}/reject", NO), 409, "quote-already-accepted", at=at)
    at = f"/quotes/{draft}"
    await refuses(sales_service.post(f"{at}/accept", {"revision": 9}), 404, "revision-unknown", at=at)
    await refuses(sales_service.post(f"{at}/reject", {**NO, "revision": 9}), 404, "revision-unknown", at=at)
    await refuses(sales_service.post(f"{at}/accept", YES, if_match=9), 412, "version-mismatch", at=at)
    await refuses(sales_service.post(f"/quotes/{new_id()}/accept", YES), 404, "not-found")


async def test_a_quote_of_a_lost_opportunity_is_not_accepted(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, refuses: Refuses
) -> None:
    opportunity_id = await an_opportunity()
    at = f"/quotes/{await a_sent_quote(opportunity_id=opportunity_id)}"
    _ = await sales_service.post(f"/opportunities/{opportunity_id}/lose", {"reason": "price"})

    await refuses(sales_service.post(f"{at}/accept", YES), 409, "opportunity-is-lost", at=at)


async def test_an_offer_is_accepted_on_its_last_day_at_the_latest(
    sales_service: ServiceUnderTest, a_lapsed_quote: Make, refuses: Refuses, today: date
) -> None:
    late, on_time = [f"/quotes/{await a_lapsed_quote()}" for _ in range(2)]

    await refuses(sales_service.post(f"{late}/accept", YES), 409, "offer-lapsed", at=late)
    yesterday = today - timedelta(days=1)
    accepted = await sales_service.post(f"{on_time}/accept", {**YES, "accepted_on": str(yesterday)})
    won = (await sales_service.published())[-1]

    assert accepted.status_code == 200
    assert isinstance(won, OpportunityWon)
    assert won.won_on == yesterday


async def test_a_rejected_quote_leaves_its_opportunity_open(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make
) -> None:
    opportunity_id = await an_opportunity()
    at = f"/quotes/{await a_sent_quote(opportunity_id=opportunity_id)}"

    answer = await sales_service.post(f"{at}/reject", {**NO, "rejected_on": "2026-01-02"}, role="sales")

    assert answer.json()["reason"] == "too dear"
    assert isinstance((await sales_service.published())[-1], QuoteRejected)
    quote = (await sales_service.get(at)).json()
    assert (quote["status"], quote["decided_on"], quote["warnings"]) == ("rejected", "2026-01-02", None)
    assert (await sales_service.get(f"/opportunities/{opportunity_id}")).json()["status"] == "open"


async def test_who_rejects_says_why(sales_service: ServiceUnderTest, a_sent_quote: Make, refuses: Refuses) -> None:
    at = f"/quotes/{await a_sent_quote()}"

    await refuses(sales_service.post(f"{at}/reject", {**YES, "reason": " "}), 422, "reason-missing", at=at)


async def test_a_customer_accepts_and_rejects_its_own_quotes(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, a_customer: Make
) -> None:
    customer_id = await a_customer()
    yes, no = [await a_sent_quote(opportunity_id=await an_opportunity(customer_id=customer_id)) for _ in range(2)]

    own = UUID(customer_id)
    accepted = await sales_service.post(f"/quotes/{yes}/accept", YES, role="customer", customer_id=own)
    rejected = await sales_service.post(f"/quotes/{no}/reject", NO, role="customer", customer_id=own)

    assert (accepted.status_code, rejected.status_code) == (200, 200)
    page = await sales_service.get("/quotes", role="customer", customer_id=own)
    assert [(each["quote_id"], each["status"]) for each in page.json()["items"]] == [
        (yes, "accepted"),
        (no, "rejected"),
    ]


async def test_a_customer_decides_about_its_own_quotes_only_and_today(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, a_customer: Make, refuses: Refuses
) -> None:
    customer_id, other = await a_customer(), UUID(await a_customer())
    at = f"/quotes/{await a_sent_quote(opportunity_id=await an_opportunity(customer_id=customer_id))}"

    for action, body in (("accept", YES), ("reject", NO)):
        stranger = sales_service.post(f"{at}/{action}", body, role="customer", customer_id=other)
        await refuses(stranger, 404, "not-found", at=at)
        dated = {**body, f"{action}ed_on": "2026-01-01"}
        backwards = sales_service.post(f"{at}/{action}", dated, role="customer", customer_id=UUID(customer_id))
        await refuses(backwards, 403, "day-is-today", at=at)


async def test_a_customer_sees_its_own_quotes_once_they_were_sent(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_draft: Make, a_sent_quote: Make, a_customer: Make
) -> None:
    customer_id, other = await a_customer(), await a_customer()
    opportunity_id = await an_opportunity(customer_id=customer_id)
    draft, sent = await a_draft(opportunity_id=opportunity_id), await a_sent_quote(opportunity_id=opportunity_id)

    async def seen(path: str, by: str) -> int:
        return (await sales_service.get(path, role="customer", customer_id=UUID(by))).status_code

    own = await sales_service.get(f"/quotes/{sent}", role="customer", customer_id=UUID(customer_id))
    assert (own.status_code, own.json()["warnings"]) == (200, None)
    assert await seen(f"/quotes/{draft}", customer_id) == 404
    assert await seen(f"/quotes/{sent}", other) == 404
    page = await sales_service.get("/quotes", role="customer", customer_id=UUID(other))
    assert page.json()["items"] == []
    asked = await sales_service.get("/quotes", role="customer", customer_id=UUID(customer_id))
    assert [each["quote_id"] for each in asked.json()["items"]] == [sent]


@pytest.mark.parametrize("role", ["warehouse", "finance", "reader"])
async def test_nobody_else_decides(
    sales_service: ServiceUnderTest, a_sent_quote: Make, refuses: Refuses, role: str
) -> None:
    at = f"/quotes/{await a_sent_quote()}"

    await refuses(sales_service.post(f"{at}/accept", YES, role=role), 403, "forbidden", at=at)
    await refuses(sales_service.post(f"{at}/reject", NO, role=role), 403, "forbidden", at=at)


async def test_a_sent_quote_expires_on_the_day_after_its_last(
    sales_service: ServiceUnderTest, a_lapsed_quote: Make, a_sent_quote: Make, refuses: Refuses, today: date
) -> None:
    lapsed, standing = await a_lapsed_quote(), await a_sent_quote(valid_until=str(today))

    told = await sales_service.time_passes(datetime.now(UTC) + timedelta(hours=1))
    again = await sales_service.time_passes(datetime.now(UTC) + timedelta(hours=1))

    expired = [str(event.quote_id) for event in told if isinstance(event, QuoteExpired)]
    assert (lapsed in expired, standing in expired, again) == (True, False, [])
    at = f"/quotes/{lapsed}"
    quote = (await sales_service.get(at)).json()
    assert (quote["status"], quote["decided_on"]) == ("expired", str(today))
    await refuses(sales_service.post(f"{at}/accept", YES), 409, "offer-lapsed", at=at)
    assert (await sales_service.get(f"/quotes/{standing}")).json()["status"] == "sent"
