"""Interactions: what was said stays here, that it was said is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from contracts.customer import CustomerRegistered, InteractionLogged
from contracts.ids import new_id
from testkit import ServiceUnderTest

Register = Callable[..., Awaitable[CustomerRegistered]]
CALL: dict[str, Any] = {
    "channel": "call",
    "direction": "inbound",
    "summary": "asked for the delivery day",
    "happened_at": "2025-02-01T08:00:00Z",
}


async def test_a_call_is_told_without_its_words(customer_service: ServiceUnderTest, register: Register) -> None:
    anna = await register()

    answer = await customer_service.post(f"/customers/{anna.customer_id}/interactions", CALL, role="service")

    assert answer.status_code == 200, answer.text
    [_, logged] = await customer_service.published()
    assert isinstance(logged, InteractionLogged)
    assert (logged.channel, logged.customer_id) == ("call", anna.customer_id)
    assert "delivery" not in logged.model_dump_json()
    page = (await customer_service.get(f"/customers/{anna.customer_id}/interactions")).json()
    assert page["items"] == [
        {
            **CALL,
            "interaction_id": str(logged.interaction_id),
            "customer_id": str(anna.customer_id),
            "logged_by": "anna",
            "contact_id": None,
        }
    ]


async def test_an_interaction_happened_now_unless_it_says_when(
    customer_service: ServiceUnderTest, register: Register
) -> None:
    anna = await register()
    path = f"/customers/{anna.customer_id}/interactions"

    _ = await customer_service.post(path, {**CALL, "happened_at": None, "summary": "later"})
    _ = await customer_service.post(path, CALL)

    items = (await customer_service.get(path)).json()["items"]
    assert [each["summary"] for each in items] == ["later", "asked for the delivery day"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"happened_at": "2999-01-01T00:00:00Z"}, 409),
        ({"happened_at": "2025-02-01T08:00:00"}, 422),
        ({"summary": " "}, 422),
        ({"channel": "drums"}, 422),
        ({"contact_id": str(new_id())}, 404),
    ],
)
async def test_what_cannot_have_happened_is_not_logged(
    customer_service: ServiceUnderTest, register: Register, wrong: dict[str, object], status: int
) -> None:
    anna = await register()
    path = f"/customers/{anna.customer_id}/interactions"

    refused = await customer_service.post(path, {**CALL, **wrong})

    assert refused.status_code == status
    assert (await customer_service.get(path)).json()["items"] == []
    assert await customer_service.published() == [anna]


async def test_customers_neither_log_nor_read_what_we_noted(
    customer_service: ServiceUnderTest, register: Register
) -> None:
    anna = await register()
    path = f"/customers/{anna.customer_id}/interactions"

    logged = await customer_service.post(path, CALL, role="customer", customer_id=anna.customer_id)
    seen = await customer_service.get(path, role="customer", customer_id=anna.customer_id)
    unknown = await customer_service.post(f"/customers/{new_id()}/interactions", CALL)

    assert (logged.status_code, seen.status_code, unknown.status_code) == (403, 403, 404)
    assert await customer_service.published() == [anna]
