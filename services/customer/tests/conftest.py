"""The customer service for its tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomerRegistered
from contracts.ids import new_id
from customer.app import service
from testkit import ServiceUnderTest, service_fixture

customer_service = service_fixture(service)

Register = Callable[..., Awaitable[CustomerRegistered]]


@pytest.fixture
def register(customer_service: ServiceUnderTest) -> Register:
    """Registers a customer over HTTP, as in `await register(name="Anna AG")`."""

    async def registered(**fields: Any) -> CustomerRegistered:  # Any: JSON
        body = {"name": "Anna AG", "country": "DE", "currency": "EUR", **fields}
        answer = await customer_service.post("/customers", body)
        assert answer.status_code == 201, answer.text
        return CustomerRegistered.model_validate_json(answer.content)

    return registered


@pytest.fixture
def read(customer_service: ServiceUnderTest) -> Callable[[UUID], Awaitable[dict[str, Any]]]:
    """Reads a customer as the staff sees it."""

    async def seen(customer_id: UUID) -> dict[str, Any]:  # Any: JSON
        answer = await customer_service.get(f"/customers/{customer_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    return seen


@pytest.fixture
def word() -> str:
    """A word that no other test uses."""
    return f"w{new_id().hex}"
