"""What quality found and did, shown on the case that it is about."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from contracts.event import Event
from contracts.ids import CapaId, CaseId, CustomerId, ItemId, LotId, NonconformanceId, new_id
from contracts.quality import (
    CapaFoundIneffective,
    CapaImplemented,
    CapaOpened,
    CapaPlanned,
    CapaRootCauseIdentified,
    CapaVerifiedEffective,
    NonconformanceClosed,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceRaised,
)
from contracts.values import Quantity
from testkit import Parked, ServiceUnderTest

LOT = LotId(new_id())


def case_of(address: str) -> CaseId:
    return CaseId(UUID(address.rpartition("/")[2]))


def found(case_id: CaseId | None, customer_id: CustomerId | None = None) -> list[Event]:
    """A nonconformance from its first to its last event."""
    this, item_id = NonconformanceId(new_id()), ItemId(new_id())
    return [
        NonconformanceRaised(
            nonconformance_id=this, number="NC-1", title="Loose socket", severity="major", case_id=case_id
        ),
        NonconformanceContained(
            nonconformance_id=this, customer_id=customer_id, item_id=item_id, lot_ids=(LOT,), reason="complaint"
        ),
        NonconformanceDispositioned(
            nonconformance_id=this,
            customer_id=customer_id,
            item_id=item_id,
            lot_id=LOT,
            quantity=Quantity.pieces(7),
            disposition="scrap",
            reason="unsafe",
        ),
        NonconformanceClosed(nonconformance_id=this, customer_id=customer_id),
    ]


def done(case_id: CaseId | None, *, ends: bool = True) -> list[Event]:
    """A corrective action from its first to its last event."""
    capa_id, nonconformance_id = CapaId(new_id()), NonconformanceId(new_id())
    last = (
        CapaVerifiedEffective(
            capa_id=capa_id, nonconformance_id=nonconformance_id, customer_id=None, case_id=case_id, verifier="vera"
        )
        if ends
        else CapaFoundIneffective(
            capa_id=capa_id, nonconformance_id=nonconformance_id, customer_id=None, reason="again"
        )
    )
    return [
        CapaOpened(
            capa_id=capa_id,
            number="CAPA-1",
            nonconformance_id=nonconformance_id,
            customer_id=None,
            case_id=case_id,
            order_id=None,
            title="Sockets must hold",
            owner="olga",
        ),
        CapaRootCauseIdentified(capa_id=capa_id, nonconformance_id=nonconformance_id, root_cause="worn mould"),
        CapaPlanned(
            capa_id=capa_id, nonconformance_id=nonconformance_id, action="new mould", metric="none", window_days=30
        ),
        CapaImplemented(
            capa_id=capa_id,
            nonconformance_id=nonconformance_id,
            customer_id=None,
            implemented_on=date(2025, 3, 3),
            observe_until=date(2025, 4, 2),
        ),
        last,
    ]


async def test_a_finding_is_shown_from_raised_to_closed(service_service: ServiceUnderTest, case: str) -> None:
    told = [await service_service.receives(event, times=5) for event in found(case_of(case))]

    read = (await service_service.get(case)).json()
    [finding] = read["findings"]
    assert told == [[], [], [], []]
    assert (finding["state"], finding["contained_lot_ids"]) == ("closed", [str(LOT)])
    assert finding["decisions"] == ["7 C62 of lot " + str(LOT) + ": scrap, unsafe"]
    assert [each["what"] for each in read["history"]] == ["opened", *["quality"] * 4]
    assert [each["number"] for each in read["history"]] == [1, 2, 3, 4, 5]


async def test_an_action_is_shown_from_opened_to_effective(service_service: ServiceUnderTest, case: str) -> None:
    await service_service.receives(*done(case_of(case)))

    read = (await service_service.get(case)).json()
    [action] = read["actions"]
    assert (action["state"], action["verifier"], action["root_cause"]) == ("effective", "vera", "worn mould")
    assert (action["observe_until"], len(read["history"])) == ("2025-04-02", 6)


async def test_an_action_that_did_not_work_is_open_again(service_service: ServiceUnderTest, case: str) -> None:
    await service_service.receives(*done(case_of(case), ends=False))

    [action] = (await service_service.get(case)).json()["actions"]
    assert (action["state"], action["root_cause"]) == ("open", None)


async def test_a_closed_case_hears_of_its_capa(service_service: ServiceUnderTest, resolved_case: str) -> None:
    await service_service.post(f"{resolved_case}/close", {"customer_agrees": True}, role="service")

    await service_service.receives(*done(case_of(resolved_case)))

    read = (await service_service.get(resolved_case)).json()
    assert (read["status"], read["actions"][0]["state"]) == ("closed", "effective")


async def test_what_quality_finds_without_a_case_leaves_no_trace(service_service: ServiceUnderTest) -> None:
    assert await service_service.receives(*found(None), *done(None)) == []


async def test_news_of_a_case_that_is_not_there_wait(service_service: ServiceUnderTest) -> None:
    with pytest.raises(Parked) as parked:
        await service_service.receives(found(CaseId(new_id()))[0])

    assert parked.value.kind == "waiting"
    assert await service_service.published() == []
