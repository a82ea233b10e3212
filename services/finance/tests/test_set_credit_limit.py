"""Granting credit."""

from __future__ import annotations

from contracts.finance import CreditLimitCleared, CreditStateChanged
from contracts.ids import CustomerId, new_id
from testkit import ServiceUnderTest

from .a_business import Business, euros, names


async def test_a_limit_is_told_with_the_state(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()

    answer = await acme.limit("500.00")

    assert answer.status_code == 200, answer.text
    [changed] = await finance_service.published()
    assert isinstance(changed, CreditStateChanged)
    assert (changed.customer_id, changed.state, changed.limit) == (acme.customer_id, "ok", euros("500.00"))


async def test_the_same_limit_again_tells_nobody(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("500.00")

    answer = await acme.limit("500.00")

    assert answer.status_code == 204
    assert await finance_service.published() == []


async def test_a_higher_limit_lets_the_waiting_order_through(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("100.00")
    placed = acme.order()
    await finance_service.receives(placed)
    await finance_service.test_begins()

    await acme.limit(None)

    changed, cleared = await finance_service.published()
    assert isinstance(changed, CreditStateChanged)
    assert isinstance(cleared, CreditLimitCleared)
    assert (cleared.order_id, cleared.limit) == (placed.order_id, None)


async def test_a_limit_below_zero_is_refused(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("100.00")

    answer = await acme.limit("-1.00")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderloop:problem:limit-below-zero")
    assert (await acme.account())["limit"] == {"amount": "100.00", "currency": "EUR"}
    assert await finance_service.published() == []


async def test_a_limit_for_a_version_that_is_gone_is_refused(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("100.00")

    answer = await acme.limit("200.00", if_match=1)

    assert answer.status_code == 412
    assert await finance_service.published() == []


async def test_an_unknown_customer_has_no_limit(finance_service: ServiceUnderTest) -> None:
    answer = await Business(finance_service, CustomerId(new_id())).limit("1.00")

    assert answer.status_code == 404
    assert await finance_service.published() == []


async def test_only_finance_grants_credit(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()

    answers = [await acme.limit("9.00", role=role) for role in ("sales", "reader", "warehouse")]

    assert [each.status_code for each in answers] == [403, 403, 403]
    assert names(await finance_service.published()) == []
