"""What sales remembers of others' facts: customers and their merges, items, availability, credit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomerProfileChanged, CustomersMerged
from contracts.event import Event
from contracts.finance import CreditState, CreditStateChanged
from contracts.ids import CustomerId, ItemId, new_id
from contracts.inventory import AvailabilityChanged, ItemRegistered
from contracts.values import Money, Quantity
from testkit import ServiceUnderTest

Make = Callable[..., Awaitable[str]]
OfCustomer = Callable[[str, str], Awaitable[list[dict[str, Any]]]]  # Any: JSON


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def an_availability(item_id: str, available: int, on_hand: int = 9) -> AvailabilityChanged:
    return AvailabilityChanged(
        item_id=ItemId(UUID(item_id)),
        on_hand=Quantity.pieces(on_hand),
        reserved=Quantity.pieces(on_hand - available),
        quarantined=Quantity.pieces(0),
        available=Quantity.pieces(available),
    )


def a_credit_state(
    customer_id: str, exposure: str, limit: str | None = "1000.00", state: CreditState = "ok"
) -> CreditStateChanged:
    return CreditStateChanged(
        customer_id=CustomerId(UUID(customer_id)),
        state=state,
        exposure=euros(exposure),
        limit=None if limit is None else euros(limit),
    )


def a_merge(merged: str, survivor: str) -> CustomersMerged:
    return CustomersMerged(customer_id=CustomerId(UUID(merged)), survivor_id=CustomerId(UUID(survivor)))


async def test_a_customer_goes_by_its_newest_name(sales_service: ServiceUnderTest, a_customer: Make) -> None:
    customer_id = await a_customer("Acme")
    changed = CustomerProfileChanged(
        customer_id=CustomerId(UUID(customer_id)), kind="organisation", name="Acme Ltd", country="GB", currency="GBP"
    )

    _ = await sales_service.receives(changed, times=5)

    read = (await sales_service.get(f"/customers/{customer_id}")).json()
    assert (read["name"], read["currency"], read["credit"]) == ("Acme Ltd", "GBP", None)
    assert await sales_service.published() == []


async def test_a_customer_never_heard_of_is_not_found(sales_service: ServiceUnderTest) -> None:
    assert (await sales_service.get(f"/customers/{new_id()}")).status_code == 404


async def test_an_item_told_anew_takes_the_place_of_the_old_one(sales_service: ServiceUnderTest) -> None:
    item_id = ItemId(new_id())
    old = ItemRegistered(
        item_id=item_id, sku="A", description="old", kind="goods", unit="C62", standard_cost=euros("1.00")
    )
    new = old.model_copy(update={"description": "new"})

    _ = await sales_service.receives(old, new, times=5)

    read = (await sales_service.get(f"/catalogue/{item_id}")).json()
    assert (read["description"], read["stock"], read["prices"]) == ("new", None, [])


async def test_the_newest_availability_counts_also_within_a_batch(
    sales_service: ServiceUnderTest, an_item: Make
) -> None:
    one, two = await an_item(), await an_item()

    told = await sales_service.receives(
        an_availability(one, 5), an_availability(two, 7), an_availability(one, 3), times=5
    )

    available = [(await sales_service.get(f"/catalogue/{each}")).json()["stock"]["available"] for each in (one, two)]
    assert available == [{"value": "3", "unit": "C62"}, {"value": "7", "unit": "C62"}]
    assert told == []
    _ = await sales_service.receives(an_availability(one, 8))
    stock = (await sales_service.get(f"/catalogue/{one}")).json()["stock"]
    assert (stock["on_hand"]["value"], stock["reserved"]["value"], stock["available"]["value"]) == ("9", "1", "8")


async def test_availability_may_be_told_before_the_item(sales_service: ServiceUnderTest) -> None:
    item_id = ItemId(new_id())
    registered = ItemRegistered(
        item_id=item_id, sku="A", description="late", kind="goods", unit="C62", standard_cost=euros("1.00")
    )

    _ = await sales_service.receives(an_availability(str(item_id), 4))
    unknown = await sales_service.get(f"/catalogue/{item_id}")
    _ = await sales_service.receives(sales_service.records(registered, sequence=2))

    assert unknown.status_code == 404
    read = (await sales_service.get(f"/catalogue/{item_id}")).json()
    assert read["stock"]["available"]["value"] == "4"


async def test_the_catalogue_shows_price_and_availability(
    sales_service: ServiceUnderTest, an_item: Make, published_prices: Make
) -> None:
    one, two = await an_item(sku="SHOWN"), await an_item(sku="SHOWN", kind="service")
    _ = await published_prices({one: "10.00", two: "20.00"}, valid_until="2026-12-31")
    _ = await sales_service.receives(an_availability(one, 5))

    page = await sales_service.get("/catalogue", sku="SHOWN", on="2026-06-01", limit=1)
    rest = await sales_service.get("/catalogue", sku="SHOWN", on="2026-06-01", cursor=page.json()["next_cursor"])
    later = await sales_service.get("/catalogue", sku="SHOWN", on="2027-06-01")
    dollars = await sales_service.get("/catalogue", sku="SHOWN", on="2026-06-01", currency="USD")
    services = await sales_service.get("/catalogue", sku="SHOWN", kind="service")

    shown = [
        (each["item_id"], [price["price"]["amount"] for price in each["prices"]], each["stock"] is None)
        for each in page.json()["items"] + rest.json()["items"]
    ]
    assert shown == [(one, ["10.00"], False), (two, ["20.00"], True)]
    assert [each["prices"] for each in later.json()["items"] + dollars.json()["items"]] == [[], [], [], []]
    assert [each["item_id"] for each in services.json()["items"]] == [two]


async def test_a_customer_reads_no_catalogue_since_it_names_our_costs(
    sales_service: ServiceUnderTest, an_item: Make
) -> None:
    for path in ("/catalogue", f"/catalogue/{await an_item()}"):
        assert (await sales_service.get(path, role="customer", customer_id=new_id())).status_code == 403


async def test_the_newest_credit_state_counts_also_within_a_batch(
    sales_service: ServiceUnderTest, a_customer: Make
) -> None:
    customer_id = await a_customer()
    states = [a_credit_state(customer_id, "100.00"), a_credit_state(customer_id, "900.00", state="watch")]

    told = await sales_service.receives(*states, times=5)

    read = (await sales_service.get(f"/customers/{customer_id}")).json()["credit"]
    assert (read["state"], read["headroom"], told) == ("watch", {"amount": "100.00", "currency": "EUR"}, [])
    _ = await sales_service.receives(a_credit_state(customer_id, "900.00", limit=None))
    read = (await sales_service.get(f"/customers/{customer_id}")).json()["credit"]
    assert (read["state"], read["limit"], read["headroom"]) == ("ok", None, None)


async def test_a_standing_quote_warns_of_stock_and_credit(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_draft: Make, a_customer: Make, of_customer: OfCustomer
) -> None:
    customer_id = await a_customer()
    quote_id = await a_draft(opportunity_id=await an_opportunity(customer_id=customer_id))
    at = f"/quotes/{quote_id}"
    item_id = (await sales_service.get(at)).json()["lines"][0]["item_id"]

    async def warnings() -> tuple[list[str], bool | None]:
        [listed], single = await of_customer("/quotes", customer_id), (await sales_service.get(at)).json()
        assert listed == single
        return [each["quantity"]["value"] for each in single["warnings"]["shortages"]], single["warnings"]["credit"][
            "fits"
        ]

    _ = await sales_service.receives(an_availability(item_id, 1), a_credit_state(customer_id, "800.00"))
    assert await warnings() == (["1"], False)
    _ = await sales_service.receives(an_availability(item_id, 2), a_credit_state(customer_id, "762.00"))
    assert await warnings() == ([], True)


@pytest.mark.parametrize("times", [1, 5])
async def test_what_names_a_merged_customer_means_the_survivor(
    sales_service: ServiceUnderTest,
    an_opportunity: Make,
    a_sent_quote: Make,
    a_customer: Make,
    of_customer: OfCustomer,
    times: int,
) -> None:
    merged, survivor = await a_customer("Old"), await a_customer("New")
    lead = (await sales_service.post("/leads", {"source": "fair", "name": "A"})).json()["lead_id"]
    worth = {"customer_id": merged, "owner": "anna", "amount": {"amount": "1.00", "currency": "EUR"}}
    qualified = (await sales_service.post(f"/leads/{lead}/qualify", worth)).json()
    quote_id = await a_sent_quote(opportunity_id=qualified["opportunity_id"])
    before = await sales_service.published()

    _ = await sales_service.receives(a_merge(merged, survivor), times=times)

    assert await sales_service.published() == before
    for path in (f"/leads/{lead}", f"/opportunities/{qualified['opportunity_id']}", f"/quotes/{quote_id}"):
        assert (await sales_service.get(path)).json()["customer_id"] == survivor
    later = await an_opportunity(customer_id=merged)
    assert (await sales_service.get(f"/opportunities/{later}")).json()["customer_id"] == survivor
    found = await of_customer("/opportunities", merged)
    assert [each["opportunity_id"] for each in found] == [qualified["opportunity_id"], later]
    assert (await sales_service.get(f"/customers/{merged}")).json()["name"] == "New"
    accepted = await sales_service.post(
        f"/quotes/{quote_id}/accept", {"revision": 1}, role="customer", customer_id=UUID(merged)
    )
    assert (accepted.status_code, accepted.json()["customer_id"]) == (200, survivor)


@pytest.mark.parametrize("turned", [False, True])
async def test_merges_of_merges_lead_to_the_last_survivor_in_any_order(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_customer: Make, turned: bool
) -> None:
    first, second, last = await a_customer("1"), await a_customer("2"), await a_customer("3")
    opportunity_id = await an_opportunity(customer_id=first)
    merges: list[Event] = [a_merge(first, second), a_merge(second, last)]

    for merge in reversed(merges) if turned else merges:
        _ = await sales_service.receives(merge)

    assert (await sales_service.get(f"/opportunities/{opportunity_id}")).json()["customer_id"] == last
    later = await an_opportunity(customer_id=first)
    assert (await sales_service.get(f"/opportunities/{later}")).json()["customer_id"] == last


async def test_what_is_opened_while_its_customer_is_merged_is_the_survivors(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_customer: Make
) -> None:
    for _ in range(5):
        merged, survivor = await a_customer(), await a_customer()

        opened, *_ = await asyncio.gather(
            an_opportunity(customer_id=merged), sales_service.receives(a_merge(merged, survivor))
        )

        assert (await sales_service.get(f"/opportunities/{opened}")).json()["customer_id"] == survivor


async def test_the_accepted_quote_of_a_survivor_wins_for_the_survivor(
    sales_service: ServiceUnderTest, an_opportunity: Make, a_sent_quote: Make, a_customer: Make
) -> None:
    merged, survivor = await a_customer(), await a_customer()
    quote_id = await a_sent_quote(opportunity_id=await an_opportunity(customer_id=merged))

    _ = await sales_service.receives(a_merge(merged, survivor))
    accepted = await sales_service.post(f"/quotes/{quote_id}/accept", {"revision": 1})

    assert (accepted.status_code, accepted.json()["customer_id"]) == (200, survivor)
