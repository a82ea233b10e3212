"""What is cancelled is not owed, and what was paid for it goes back."""

from __future__ import annotations

import pytest

from contracts.finance import RefundIssued
from testkit import Parked, ServiceUnderTest

from .a_business import Business, a_line, cancelled, euros, in_json, names, only, shipped


async def test_a_cancelled_order_is_not_owed(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("1000.00")
    placed = acme.order()
    await finance_service.receives(placed)

    told = await finance_service.receives(cancelled(placed), times=5)

    assert told == []
    assert (await acme.account())["open_orders"] == in_json("0.00")


async def test_a_cancelled_order_makes_room_for_the_next(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("150.00")
    first, second = acme.order(), acme.order()
    await finance_service.receives(first, second)

    told = await finance_service.receives(cancelled(first))

    assert names(told) == ["CreditLimitCleared", "CreditStateChanged"]


async def test_money_for_a_cancelled_prepaid_order_goes_back_once(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(prepaid=True)
    await finance_service.receives(placed)
    await acme.pays("119.00", order_id=placed.order_id)

    [refund] = await finance_service.receives(cancelled(placed), times=5)

    assert isinstance(refund, RefundIssued)
    assert (refund.order_id, refund.amount) == (placed.order_id, euros("119.00"))
    [listed] = (await finance_service.get("/refunds", order_id=placed.order_id)).json()["items"]
    assert listed["amount"] == in_json("119.00")
    assert (await finance_service.get("/ledger/proof")).json()["holds"]


async def test_what_remains_of_the_order_keeps_its_money(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order(a_line(quantity=3), prepaid=True)
    await finance_service.receives(placed)
    await acme.pays("357.00", order_id=placed.order_id)

    told = await finance_service.receives(cancelled(placed, 2))

    assert only(told, RefundIssued).amount == euros("238.00")


async def test_what_is_invoiced_is_not_cancelled(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()
    await finance_service.receives(placed, shipped(placed))
    before = await acme.account()
    await finance_service.test_begins()

    with pytest.raises(Parked, match="CancelledMoreThanOpen"):
        await finance_service.receives(cancelled(placed))

    assert await finance_service.published() == []
    assert await acme.account() == before
