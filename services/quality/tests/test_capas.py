"""Corrective actions: cause, plan, implementation, proof; and what a repeat complaint does to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.ids import CaseId, new_id
from contracts.quality import (
    CapaFoundIneffective,
    CapaImplemented,
    CapaOpened,
    CapaPlanned,
    CapaRootCauseIdentified,
    CapaVerifiedEffective,
    NonconformanceContained,
    NonconformanceRaised,
)
from contracts.service import ComplaintFiled
from testkit import ServiceUnderTest

TODAY = datetime.now(UTC).date()
LONG_AGO = TODAY - timedelta(days=40)
PLAN = {"action": "a new mould", "metric": "no complaint", "window_days": 30}
STEPS: list[tuple[str, dict[str, Any] | None]] = [  # Any: JSON
    ("root-cause", {"root_cause": "a worn mould"}),
    ("plan", PLAN),
    ("implement", {}),
    ("verify", None),
    ("ineffective", {"reason": "again"}),
]


async def state(under_test: ServiceUnderTest, capa: str) -> dict[str, Any]:  # Any: JSON
    return (await under_test.get(capa)).json()


async def does(under_test: ServiceUnderTest, capa: str, step: str, body: dict[str, Any] | None = None) -> None:
    answer = await under_test.post(f"{capa}/{step}", body, role="quality")
    assert answer.status_code == 200, answer.text


async def is_implemented(under_test: ServiceUnderTest, capa: str, *, days_ago: int) -> None:
    """Cause, plan, and done so many days ago; to be watched for thirty days."""
    day = str(TODAY - timedelta(days=days_ago))
    await does(under_test, capa, "root-cause", {"root_cause": "a worn mould"})
    await does(under_test, capa, "plan", PLAN | {"planned_on": day})
    await does(under_test, capa, "implement", {"implemented_on": day})
    await under_test.test_begins()


async def refuses(
    under_test: ServiceUnderTest, capa: str, step: str, body: dict[str, Any] | None, status: int, kind: str
) -> None:
    """The step is refused for this reason, nothing is published and nothing changes."""
    before, published = await state(under_test, capa), await under_test.published()

    answer = await under_test.post(f"{capa}/{step}", body, role="quality")

    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (status, kind)
    assert (await state(under_test, capa), await under_test.published()) == (before, published)


async def test_a_capa_goes_from_its_cause_to_its_proof(
    quality_service: ServiceUnderTest, raised: NonconformanceRaised, capa: str
) -> None:
    day = str(LONG_AGO)
    await does(quality_service, capa, "root-cause", {"root_cause": "a worn mould"})
    await does(quality_service, capa, "plan", PLAN | {"planned_on": day})
    await does(quality_service, capa, "implement", {"implemented_on": day})
    watched = await state(quality_service, capa)
    await does(quality_service, capa, "verify")

    kinds = [type(event) for event in await quality_service.published()]
    verified = (await quality_service.published())[-1]
    read = await state(quality_service, capa)
    assert kinds == [CapaRootCauseIdentified, CapaPlanned, CapaImplemented, CapaVerifiedEffective]
    assert isinstance(verified, CapaVerifiedEffective)
    assert (verified.verifier, verified.case_id) == ("anna", raised.case_id)
    assert (watched["status"], watched["due"]) == ("implemented", True)
    assert (read["status"], read["due"], read["verified_on"]) == ("effective", False, str(TODAY))


async def test_opening_takes_over_what_the_nonconformance_is_about(
    quality_service: ServiceUnderTest, raised: NonconformanceRaised
) -> None:
    body = {"nonconformance_id": str(raised.nonconformance_id), "title": "Sockets must hold", "owner": "olga"}

    key = f"open-{raised.nonconformance_id}"
    answer = await quality_service.post("/capas", body, role="quality", key=key)
    again = await quality_service.post("/capas", body, role="quality", key=key)

    [opened] = await quality_service.published()
    assert again.content == answer.content
    read = await quality_service.get(answer.headers["location"])
    whole = await state(quality_service, f"/nonconformances/{raised.nonconformance_id}")
    assert isinstance(opened, CapaOpened)
    assert (opened.case_id, opened.order_id, opened.owner) == (raised.case_id, raised.order_id, "olga")
    assert (read.json()["nonconformance_number"], read.headers["etag"]) == (raised.number, '"1"')
    assert [each["number"] for each in whole["capas"]] == [opened.number]


async def test_a_capa_is_against_a_nonconformance(quality_service: ServiceUnderTest) -> None:
    body = {"nonconformance_id": str(new_id()), "title": "Sockets must hold", "owner": "olga"}

    unknown = await quality_service.post("/capas", body, role="quality")
    refused = await quality_service.post("/capas", body, role="sales")

    assert (unknown.status_code, refused.status_code, await quality_service.published()) == (404, 403, [])


async def test_a_blank_owner_is_refused(quality_service: ServiceUnderTest, raised: NonconformanceRaised) -> None:
    body = {"nonconformance_id": str(raised.nonconformance_id), "title": "Sockets must hold", "owner": " "}

    answer = await quality_service.post("/capas", body, role="quality")

    assert (answer.status_code, await quality_service.published()) == (422, [])


async def test_nothing_is_done_before_its_turn(quality_service: ServiceUnderTest, capa: str) -> None:
    for step, body in (("plan", PLAN), ("implement", {}), ("verify", None), ("ineffective", {"reason": "again"})):
        await refuses(quality_service, capa, step, body, 409, "capa-not-in-turn")


async def test_the_plan_is_fixed_once_it_is_done(quality_service: ServiceUnderTest, capa: str) -> None:
    await is_implemented(quality_service, capa, days_ago=1)

    await refuses(quality_service, capa, "plan", PLAN, 409, "plan-is-fixed")


async def test_nothing_is_done_before_its_plan_or_in_the_future(quality_service: ServiceUnderTest, capa: str) -> None:
    await does(quality_service, capa, "root-cause", {"root_cause": "a worn mould"})
    await does(quality_service, capa, "plan", PLAN)
    future = {"implemented_on": str(TODAY + timedelta(days=2))}

    await refuses(quality_service, capa, "implement", {"implemented_on": str(LONG_AGO)}, 409, "implemented-before-plan")
    await refuses(quality_service, capa, "implement", future, 409, "implemented-in-the-future")


async def test_nobody_says_effective_while_the_window_runs(quality_service: ServiceUnderTest, capa: str) -> None:
    await is_implemented(quality_service, capa, days_ago=10)

    await refuses(quality_service, capa, "verify", None, 409, "window-not-over")


async def test_the_owner_does_not_verify(quality_service: ServiceUnderTest, raised: NonconformanceRaised) -> None:
    body = {"nonconformance_id": str(raised.nonconformance_id), "title": "Sockets must hold", "owner": "Anna"}
    annas = (await quality_service.post("/capas", body, role="quality")).headers["location"]
    await is_implemented(quality_service, annas, days_ago=40)

    await refuses(quality_service, annas, "verify", None, 409, "owner-verifies")


async def test_what_did_not_work_is_kept_and_begun_anew(quality_service: ServiceUnderTest, capa: str) -> None:
    await is_implemented(quality_service, capa, days_ago=10)

    await does(quality_service, capa, "ineffective", {"reason": "the check failed"})

    [event] = await quality_service.published()
    read = await state(quality_service, capa)
    assert isinstance(event, CapaFoundIneffective)
    assert (read["status"], read["root_cause"], read["attempts"][0]["action"]) == ("open", None, "a new mould")


async def test_a_repeat_complaint_inside_the_window_reopens_by_itself(
    quality_service: ServiceUnderTest, capa: str, filed: ComplaintFiled
) -> None:
    await is_implemented(quality_service, capa, days_ago=10)
    repeat = filed.model_copy(update={"case_id": CaseId(new_id()), "number": "CS-2"})

    told = await quality_service.receives(repeat, times=5)

    read = await state(quality_service, capa)
    assert [type(event) for event in told] == [NonconformanceRaised, NonconformanceContained, CapaFoundIneffective]
    assert (read["status"], read["attempts"][0]["reason"]) == ("open", "complaint CS-2 on the same item: It flickers")


async def test_a_complaint_after_the_window_or_on_another_item_reopens_nothing(
    quality_service: ServiceUnderTest, capa: str, filed: ComplaintFiled
) -> None:
    await is_implemented(quality_service, capa, days_ago=40)
    late = filed.model_copy(update={"case_id": CaseId(new_id())})
    other = filed.model_copy(update={"case_id": CaseId(new_id()), "item_id": new_id()})
    unnamed = filed.model_copy(update={"case_id": CaseId(new_id()), "item_id": None})

    told = await quality_service.receives(late, other, unnamed)

    assert CapaFoundIneffective not in {type(event) for event in told}
    assert (await state(quality_service, capa))["status"] == "implemented"


@pytest.mark.parametrize(("step", "body"), STEPS)
async def test_capas_are_for_quality(
    quality_service: ServiceUnderTest, capa: str, step: str, body: dict[str, Any] | None
) -> None:
    before = await state(quality_service, capa)

    refused = await quality_service.post(f"{capa}/{step}", body, role="service")
    missing = await quality_service.post(f"/capas/{new_id()}/{step}", body, role="quality")
    outdated = await quality_service.post(f"{capa}/{step}", body, role="quality", if_match=9)

    assert (refused.status_code, missing.status_code, outdated.status_code) == (403, 404, 412)
    assert (await quality_service.published(), await state(quality_service, capa)) == ([], before)


async def test_capas_are_filtered(
    quality_service: ServiceUnderTest, capa: str, raised: NonconformanceRaised, filed: ComplaintFiled
) -> None:
    async def found(query: str) -> list[str]:
        page = (await quality_service.get(f"/capas?{query}")).json()
        return [f"/capas/{each['capa_id']}" for each in page["items"]]

    for query in (
        f"nonconformance_id={raised.nonconformance_id}&status=open",
        f"item_id={filed.item_id}&owner=olga",
        f"case_id={filed.case_id}",
        f"order_id={filed.order_id}",
        f"customer_id={filed.customer_id}",
    ):
        assert await found(query) == [capa], query
    assert await found(f"case_id={filed.case_id}&due=true") == []
    await is_implemented(quality_service, capa, days_ago=40)
    assert await found(f"case_id={filed.case_id}&due=true") == [capa]


async def test_capas_are_read_by_staff(quality_service: ServiceUnderTest, capa: str) -> None:
    customer = await quality_service.get(capa, role="customer", customer_id=new_id())
    missing = await quality_service.get(f"/capas/{new_id()}")

    assert (customer.status_code, missing.status_code) == (403, 404)
    assert missing.json()["type"].endswith("capa-unknown")
