"""What is done with a case until it is closed, and that refusals change nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.ids import new_id
from contracts.service import CaseAssigned, CaseClosed, CaseReopened, CaseResolved, CaseWaiting
from testkit import ServiceUnderTest

STEPS: list[tuple[str, dict[str, Any]]] = [  # Any: JSON
    ("assign", {"assignee": "ben"}),
    ("prioritise", {"priority": "urgent"}),
    ("wait", {"waiting_on": "customer", "reason": "a photo"}),
    ("resume", {"reason": "it came"}),
    ("notes", {"text": "an old friend"}),
    ("resolve", {"resolution": "Tomorrow"}),
    ("close", {"customer_agrees": True}),
    ("reopen", {"reason": "it did not come"}),
]


async def state(under_test: ServiceUnderTest, case: str) -> dict[str, Any]:  # Any: JSON
    return (await under_test.get(case)).json()


async def refuses(under_test: ServiceUnderTest, case: str, step: str, body: dict[str, Any], kind: str) -> None:
    """The step is refused for this reason, nothing is published and nothing changes."""
    before, published = await state(under_test, case), await under_test.published()

    answer = await under_test.post(f"{case}/{step}", body, role="service")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, kind)
    assert await state(under_test, case) == before
    assert await under_test.published() == published


async def test_an_assigned_case_is_in_progress(service_service: ServiceUnderTest, case: str) -> None:
    answer = await service_service.post(f"{case}/assign", {"assignee": "ben"}, role="service")

    [assigned] = await service_service.published()
    read = await state(service_service, case)
    assert isinstance(assigned, CaseAssigned)
    assert (assigned.assignee, answer.headers["etag"]) == ("ben", '"2"')
    assert (read["status"], read["assignee"], read["history"][1]["by"]) == ("in_progress", "ben", "anna")


async def test_assigning_to_the_same_again_changes_nothing(
    service_service: ServiceUnderTest, case_in_hand: str
) -> None:
    before = await state(service_service, case_in_hand)

    answer = await service_service.post(f"{case_in_hand}/assign", {"assignee": "ben"}, role="service")

    assert answer.status_code == 204
    assert (await state(service_service, case_in_hand), await service_service.published()) == (before, [])


async def test_priority_is_changed_without_an_event(service_service: ServiceUnderTest, case: str) -> None:
    answer = await service_service.post(f"{case}/prioritise", {"priority": "urgent"}, role="service")

    read = await state(service_service, case)
    assert (answer.status_code, read["priority"], read["version"]) == (204, "urgent", 2)
    assert await service_service.published() == []


async def test_a_case_waits_and_goes_on(service_service: ServiceUnderTest, case_in_hand: str) -> None:
    body = {"waiting_on": "third_party", "reason": "the carrier"}
    await service_service.post(f"{case_in_hand}/wait", body, role="service")
    waiting = await state(service_service, case_in_hand)
    await service_service.post(f"{case_in_hand}/resume", {}, role="service")
    going_on = await state(service_service, case_in_hand)

    [event] = await service_service.published()
    assert isinstance(event, CaseWaiting)
    assert (event.waiting_on, event.reason) == ("third_party", "the carrier")
    assert (waiting["status"], waiting["waiting_reason"]) == ("waiting_on_third_party", "the carrier")
    assert (going_on["status"], going_on["waiting_reason"]) == ("in_progress", None)


async def test_a_resolved_case_closes_by_itself_after_seven_days(
    service_service: ServiceUnderTest, resolved_case: str
) -> None:
    now = datetime.now(UTC)

    early = await service_service.time_passes(now + timedelta(days=6))
    [closed] = await service_service.time_passes(now + timedelta(days=7, minutes=1))
    later = await service_service.time_passes(now + timedelta(days=60))

    read = await state(service_service, resolved_case)
    assert (early, later) == ([], [])
    assert isinstance(closed, CaseClosed)
    assert (read["status"], read["history"][-1]["by"]) == ("closed", "system:timer:close_case")


async def test_a_reopened_case_does_not_close_by_itself(service_service: ServiceUnderTest, resolved_case: str) -> None:
    await service_service.post(f"{resolved_case}/reopen", {"reason": "it did not come"}, role="service")

    told = await service_service.time_passes(datetime.now(UTC) + timedelta(days=60))

    [reopened] = await service_service.published()
    read = await state(service_service, resolved_case)
    assert isinstance(reopened, CaseReopened)
    assert (told, read["status"], read["assignee"], read["closes_at"]) == ([], "reopened", "ben", None)


async def test_the_customers_consent_closes_at_once(service_service: ServiceUnderTest, resolved_case: str) -> None:
    answer = await service_service.post(f"{resolved_case}/close", {"customer_agrees": True}, role="service")

    told = await service_service.time_passes(datetime.now(UTC) + timedelta(days=60))

    [closed] = await service_service.published()
    assert (answer.status_code, told) == (200, [])
    assert isinstance(closed, CaseClosed)


async def test_resolving_tells_and_says_until_when_one_may_object(
    service_service: ServiceUnderTest, case_in_hand: str
) -> None:
    await service_service.post(f"{case_in_hand}/resolve", {"resolution": "Tomorrow"}, role="service")

    [resolved] = await service_service.published()
    read = await state(service_service, case_in_hand)
    window = datetime.fromisoformat(read["closes_at"]) - datetime.fromisoformat(read["resolved_at"])
    assert isinstance(resolved, CaseResolved)
    assert (read["status"], resolved.resolution, window) == ("resolved", "Tomorrow", timedelta(days=7))


async def test_nothing_waits_or_is_resolved_in_nobodys_hands(service_service: ServiceUnderTest, case: str) -> None:
    waiting = {"waiting_on": "customer", "reason": "a photo"}

    await refuses(service_service, case, "wait", waiting, "case-not-assigned")
    await refuses(service_service, case, "resolve", {"resolution": "Tomorrow"}, "case-not-assigned")


async def test_only_what_waits_is_resumed(service_service: ServiceUnderTest, case_in_hand: str) -> None:
    await refuses(service_service, case_in_hand, "resume", {}, "case-is-not-waiting")


async def test_only_a_settled_case_is_reopened(service_service: ServiceUnderTest, case: str) -> None:
    await refuses(service_service, case, "reopen", {"reason": "why not"}, "case-is-not-settled")


async def test_only_a_resolved_case_is_closed(service_service: ServiceUnderTest, case_in_hand: str) -> None:
    await refuses(service_service, case_in_hand, "close", {}, "case-is-not-resolved")


async def test_nobody_closes_a_case_while_the_customer_may_object(
    service_service: ServiceUnderTest, resolved_case: str
) -> None:
    await refuses(service_service, resolved_case, "close", {}, "objection-time-runs")


@pytest.mark.parametrize("step", ["assign", "prioritise", "wait", "resolve"])
async def test_a_resolved_case_does_not_go_on(service_service: ServiceUnderTest, resolved_case: str, step: str) -> None:
    await refuses(service_service, resolved_case, step, dict(STEPS)[step], "case-is-settled")


@pytest.mark.parametrize(("step", "body"), STEPS)
async def test_cases_are_for_service(
    service_service: ServiceUnderTest, case: str, step: str, body: dict[str, Any]
) -> None:
    answers = [await service_service.post(f"{case}/{step}", body, role=role) for role in ("sales", "reader")]
    answers.append(await service_service.post(f"{case}/{step}", body, role="customer", customer_id=new_id()))

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert await service_service.published() == []


@pytest.mark.parametrize(("step", "body"), STEPS)
async def test_a_case_that_is_not_there_is_not_found(
    service_service: ServiceUnderTest, step: str, body: dict[str, Any]
) -> None:
    answer = await service_service.post(f"/cases/{new_id()}/{step}", body, role="service")

    assert answer.status_code == 404


@pytest.mark.parametrize(("step", "body"), STEPS)
async def test_who_has_read_an_older_version_changes_nothing(
    service_service: ServiceUnderTest, case_in_hand: str, step: str, body: dict[str, Any]
) -> None:
    before = await state(service_service, case_in_hand)

    answer = await service_service.post(f"{case_in_hand}/{step}", body, role="service", if_match=1)

    assert (answer.status_code, await state(service_service, case_in_hand)) == (412, before)


async def test_the_same_key_notes_once(service_service: ServiceUnderTest, case: str) -> None:
    for _ in range(2):
        answer = await service_service.post(f"{case}/notes", {"text": "an old friend"}, role="service", key="noted")
        assert answer.status_code == 204

    assert len((await state(service_service, case))["history"]) == 2
