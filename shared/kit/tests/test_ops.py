"""What operators see and do over HTTP: parked keys, failed timers, replays."""

from __future__ import annotations

from uuid import UUID

import pytest
from counter.given import a_counter, a_supply, arrive, left, parked, retry_what_is_due

from contracts.ids import new_id
from testkit import ServiceUnderTest

TOPIC = "supplier.events"
DISCARD = {"event_id": "01890000-0000-7000-8000-000000000000", "reason": "no reason"}


async def a_parked_key(counter_service: ServiceUnderTest) -> tuple[UUID, UUID]:
    """A counter, and a key whose first event is refused while two wait behind it."""
    counter_id, supply_id = await a_counter(counter_service), new_id()
    events = [counter_service.records(a_supply(counter_id, supply_id, pieces)) for pieces in (0, 1, 1)]
    await arrive(counter_service, *events)
    return counter_id, supply_id


async def test_a_parked_key_is_listed_with_its_reason_and_its_events(counter_service: ServiceUnderTest) -> None:
    _, supply_id = await a_parked_key(counter_service)

    keys = (await counter_service.get("/ops/parked")).json()
    events = (await counter_service.get(f"/ops/parked/{TOPIC}/{supply_id}")).json()

    [key] = [key for key in keys if key["subject"] == str(supply_id)]
    assert {name: key[name] for name in ("topic", "kind", "reason", "attempts", "next_attempt_at", "waiting")} == {
        "topic": TOPIC,
        "kind": "refused",
        "reason": "NothingSupplied: order more",
        "attempts": 0,
        "next_attempt_at": None,
        "waiting": 3,
    }
    assert [(event["sequence"], event["type"]) for event in events] == [
        (number, "orderloop.supplier.PiecesSupplied.v1") for number in (1, 2, 3)
    ]
    assert f'"supply_id":"{supply_id}"' in events[0]["data"]


async def test_a_retry_tries_the_key_again_at_once(counter_service: ServiceUnderTest) -> None:
    counter_id, supply_id = await a_parked_key(counter_service)

    answer = await counter_service.post(f"/ops/parked/{TOPIC}/{supply_id}/retry")

    assert answer.status_code == 202
    assert await retry_what_is_due(counter_service) == 1
    assert (await left(counter_service, counter_id), await parked(counter_service, supply_id) is None) == (0, False)


async def test_a_discard_gives_up_the_blocking_event_and_the_others_go_on(counter_service: ServiceUnderTest) -> None:
    counter_id, supply_id = await a_parked_key(counter_service)

    blocking = (await counter_service.get(f"/ops/parked/{TOPIC}/{supply_id}")).json()[0]

    answer = await counter_service.post(
        f"/ops/parked/{TOPIC}/{supply_id}/discard", {"event_id": blocking["id"], "reason": "a typing error"}
    )

    assert (answer.status_code, answer.json()) == (200, blocking)
    await retry_what_is_due(counter_service)
    assert (await left(counter_service, counter_id), await parked(counter_service, supply_id)) == (2, None)
    async with counter_service.running.database.read() as tx:
        kept = await tx.exec_driver_sql("SELECT reason, discarded_by FROM discarded_message ORDER BY discarded_at")
        assert [tuple(row) for row in kept][-1] == ("a typing error", "anna")


async def test_a_discard_of_another_event_than_the_blocking_one_is_refused_with_the_one_that_blocks(
    counter_service: ServiceUnderTest,
) -> None:
    _, supply_id = await a_parked_key(counter_service)
    before = (await counter_service.get(f"/ops/parked/{TOPIC}/{supply_id}")).json()

    answer = await counter_service.post(
        f"/ops/parked/{TOPIC}/{supply_id}/discard", {"event_id": before[1]["id"], "reason": "a typing error"}
    )

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:orderloop:problem:another-blocks")
    assert before[0]["id"] in answer.json()["detail"]
    assert (await counter_service.get(f"/ops/parked/{TOPIC}/{supply_id}")).json() == before


async def test_a_discard_needs_an_event_and_a_reason(counter_service: ServiceUnderTest) -> None:
    _, supply_id = await a_parked_key(counter_service)
    blocking = (await counter_service.get(f"/ops/parked/{TOPIC}/{supply_id}")).json()[0]["id"]

    for body in (None, {}, {"reason": "a typing error"}, {"event_id": blocking}, {"event_id": blocking, "reason": ""}):
        answer = await counter_service.post(f"/ops/parked/{TOPIC}/{supply_id}/discard", body)
        assert answer.status_code == 422

    assert (await parked(counter_service, supply_id)) is not None


@pytest.mark.parametrize("role", ["sales", "warehouse", "finance", "service", "quality", "reader", "customer"])
async def test_only_an_admin_retries_discards_and_replays(counter_service: ServiceUnderTest, role: str) -> None:
    _, supply_id = await a_parked_key(counter_service)
    key = f"/ops/parked/{TOPIC}/{supply_id}"

    for path, body in ((f"{key}/retry", None), (f"{key}/discard", DISCARD), ("/ops/replays", {})):
        answer = await counter_service.post(path, body, role=role, customer_id=new_id() if role == "customer" else None)
        assert answer.status_code == 403

    left_alone = await parked(counter_service, supply_id)
    assert left_alone is not None
    assert (left_alone.next_attempt_at, left_alone.waiting) == (None, 3)


async def test_a_customer_sees_nothing_of_it(counter_service: ServiceUnderTest) -> None:
    for path in ("/ops/parked", f"/ops/parked/{TOPIC}/{new_id()}", "/ops/timers/failed", "/ops/replays"):
        assert (await counter_service.get(path, role="customer", customer_id=new_id())).status_code == 403


@pytest.mark.parametrize(("action", "body"), [("retry", None), ("discard", DISCARD)])
async def test_a_key_that_is_not_parked_is_not_found(
    counter_service: ServiceUnderTest, action: str, body: dict[str, str] | None
) -> None:
    answer = await counter_service.post(f"/ops/parked/{TOPIC}/{new_id()}/{action}", body)

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:orderloop:problem:not-found")


async def test_a_replay_that_ends_before_it_begins_is_refused(counter_service: ServiceUnderTest) -> None:
    before = (await counter_service.get("/ops/replays")).json()

    answer = await counter_service.post(
        "/ops/replays", {"from_time": "2025-02-01T00:00:00Z", "to_time": "2025-01-01T00:00:00Z"}
    )

    assert answer.status_code == 422
    assert (await counter_service.get("/ops/replays")).json() == before


async def test_a_replay_is_kept_until_a_relay_has_done_it(counter_service: ServiceUnderTest) -> None:
    subject = new_id()

    answer = await counter_service.post("/ops/replays", {"subject": str(subject)})

    newest = (await counter_service.get("/ops/replays")).json()[0]
    assert newest == answer.json() | {"subject": str(subject), "sent": 0, "done_at": None}
