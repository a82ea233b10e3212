"""Orders that are placed and amended meet the customer's credit."""

from __future__ import annotations

import pytest

from contracts.finance import CreditExposureChecked, CreditLimitExceeded
from contracts.ids import CustomerId, new_id
from testkit import Parked, ServiceUnderTest

from .a_business import Business, a_line, amended, euros, in_json, names, only


async def test_an_order_that_fits_is_told_so_once(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("1000.00")
    placed = acme.order()

    [checked] = await finance_service.receives(placed, times=5)

    assert isinstance(checked, CreditExposureChecked)
    assert (checked.order_id, checked.exposure, checked.limit) == (placed.order_id, euros("119.00"), euros("1000.00"))
    assert (await acme.account())["open_orders"] == in_json("119.00")


async def test_an_order_that_does_not_fit_waits(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("118.99")
    placed = acme.order()

    told = await finance_service.receives(placed)

    assert only(told, CreditLimitExceeded).exposure == euros("119.00")
    account = await acme.account()
    assert account["state"] == "blocked"
    assert [each["order_id"] for each in account["waiting"]] == [str(placed.order_id)]


async def test_a_prepaid_order_takes_no_credit(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("0.00")

    [checked] = await finance_service.receives(acme.order(prepaid=True))

    assert isinstance(checked, CreditExposureChecked)
    assert checked.reason == "prepaid"
    assert (await acme.account())["exposure"]["amount"] in ("0", "0.00")


async def test_an_order_amended_up_has_to_fit_again(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("150.00")
    placed = acme.order()
    await finance_service.receives(placed)

    told = await finance_service.receives(amended(placed, 1, 2))

    assert only(told, CreditLimitExceeded).exposure == euros("238.00")


async def test_an_order_amended_down_makes_room_for_one_that_waits(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin("250.00")
    first, second = acme.order(a_line(quantity=2)), acme.order()
    await finance_service.receives(first, second)

    told = await finance_service.receives(amended(first, 2, 1))

    assert "CreditLimitCleared" in names(told)
    assert (await acme.account())["waiting"] == []


async def test_an_order_of_an_unknown_customer_waits_for_its_registration(finance_service: ServiceUnderTest) -> None:
    stranger = Business(finance_service, CustomerId(new_id()))

    with pytest.raises(Parked, match="CustomerUnknown") as parked:
        await finance_service.receives(stranger.order())

    assert parked.value.kind == "waiting"
    assert await finance_service.published() == []


async def test_an_amendment_below_what_is_there_is_parked(finance_service: ServiceUnderTest) -> None:
    acme = await Business(finance_service).begin()
    placed = acme.order()
    await finance_service.receives(placed)
    before = await acme.account()

    with pytest.raises(Parked, match="AmendedBelowInvoiced"):
        await finance_service.receives(amended(placed, 3, 1))

    assert await acme.account() == before
