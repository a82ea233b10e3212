"""The sales service for its tests, and what they begin with. Builders go the public way and return ids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

import httpx
import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import CustomerId, ItemId, new_id
from contracts.inventory import ItemKind, ItemRegistered
from contracts.values import Money
from sales.app import service
from testkit import ServiceUnderTest, service_fixture

sales_service = service_fixture(service)

Make = Callable[..., Awaitable[str]]


class Refuses(Protocol):
    """Send a request that must be refused with this status and problem, and leave what is read at `at` as it was."""

    async def __call__(
        self, request: Awaitable[httpx.Response], status: int, problem: str, *, at: str | None = None
    ) -> None: ...


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


@pytest.fixture
def a_customer(sales_service: ServiceUnderTest) -> Make:
    async def make(name: str = "Acme") -> str:
        customer_id = CustomerId(new_id())
        registered = CustomerRegistered(
            customer_id=customer_id, number="C-1", kind="organisation", name=name, country="DE", currency="EUR"
        )
        _ = await sales_service.receives(registered)
        return str(customer_id)

    return make


@pytest.fixture
def an_item(sales_service: ServiceUnderTest) -> Make:
    async def make(sku: str = "RACK", kind: ItemKind = "goods") -> str:
        item_id = ItemId(new_id())
        cost = Money(amount=Decimal("40.00"), currency="EUR")
        registered = ItemRegistered(
            item_id=item_id, sku=sku, description="A thing", kind=kind, unit="C62", standard_cost=cost
        )
        _ = await sales_service.receives(registered)
        return str(item_id)

    return make


@pytest.fixture
def an_opportunity(sales_service: ServiceUnderTest, a_customer: Make) -> Make:
    """Of a customer of its own, unless one is named."""

    async def make(**said: Any) -> str:  # Any: JSON
        customer_id = said.pop("customer_id") if "customer_id" in said else await a_customer()
        body = {"name": "Racks", "owner": "anna", "amount": {"amount": "900.00", "currency": "EUR"}}
        answer = await sales_service.post("/opportunities", {**body, "customer_id": customer_id, **said}, role="sales")
        assert answer.status_code == 201, answer.text
        return answer.json()["opportunity_id"]

    return make


@pytest.fixture
def a_draft(sales_service: ServiceUnderTest, an_opportunity: Make, an_item: Make) -> Make:
    """A quote over two pieces at 100.00 EUR with 19 % tax, for an opportunity of its own unless one is named."""

    async def make(**said: Any) -> str:  # Any: JSON
        line = {
            "item_id": await an_item(),
            "quantity": {"value": "2"},
            "unit_price": {"amount": "100.00", "currency": "EUR"},
            "tax_percent": "19",
        }
        opportunity_id = said.pop("opportunity_id", None) or await an_opportunity()
        body = {"opportunity_id": opportunity_id, "lines": [line], **said}
        answer = await sales_service.post("/quotes", body, role="sales")
        assert answer.status_code == 201, answer.text
        return answer.json()["quote_id"]

    return make


@pytest.fixture
def a_sent_quote(sales_service: ServiceUnderTest, a_draft: Make) -> Make:
    async def make(sent_on: date | None = None, **said: Any) -> str:  # Any: JSON
        quote_id = await a_draft(**said)
        body = {} if sent_on is None else {"sent_on": str(sent_on)}
        answer = await sales_service.post(f"/quotes/{quote_id}/send", body, role="sales")
        assert answer.status_code == 200, answer.text
        return quote_id

    return make


@pytest.fixture
def a_lapsed_quote(a_sent_quote: Make, today: date) -> Make:
    """Sent, and good until yesterday."""

    async def make(**said: Any) -> str:  # Any: JSON
        yesterday = today - timedelta(days=1)
        return await a_sent_quote(sent_on=yesterday, prepared_on=str(yesterday), valid_until=str(yesterday), **said)

    return make


@pytest.fixture
def of_customer(sales_service: ServiceUnderTest) -> Callable[[str, str], Awaitable[list[dict[str, Any]]]]:
    """What a list, filtered by a customer, shows our own people."""

    async def read(path: str, customer_id: str) -> list[dict[str, Any]]:  # Any: JSON
        headers = {"authorization": f"Bearer {sales_service.issuer.token('reader')}"}
        answer = await sales_service.http.get(path, headers=headers, params={"customer_id": customer_id})
        return answer.json()["items"]

    return read


@pytest.fixture
def published_prices(sales_service: ServiceUnderTest) -> Make:
    """A list of prices in euros by item that holds from a day on."""

    async def make(prices: dict[str, str], valid_from: str = "2026-01-01", **said: Any) -> str:  # Any: JSON
        price_list_id = str(new_id())
        listed = [
            {"item_id": item_id, "price": {"amount": amount, "currency": "EUR"}} for item_id, amount in prices.items()
        ]
        body = {"name": "Prices", "currency": "EUR", "valid_from": valid_from, "prices": listed, **said}
        drafted = await sales_service.post(f"/price-lists/{price_list_id}", body, role="sales", method="PUT")
        assert drafted.status_code == 204, drafted.text
        answer = await sales_service.post(f"/price-lists/{price_list_id}/publish", role="sales")
        assert answer.status_code == 200, answer.text
        return price_list_id

    return make


@pytest.fixture
def refuses(sales_service: ServiceUnderTest) -> Refuses:
    async def state(at: str | None) -> tuple[object, object]:
        seen = None if at is None else (await sales_service.get(at)).json()
        return await sales_service.published(), seen

    async def send(request: Awaitable[httpx.Response], status: int, problem: str, *, at: str | None = None) -> None:
        before = await state(at)

        answer = await request

        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:orderloop:problem:{problem}"), answer.text
        assert await state(at) == before

    return send
