"""What quality found and did is shown on the case that it began with."""

from copy import deepcopy
from datetime import UTC, date, datetime

import pytest

from contracts.ids import CapaId, CustomerId, ItemId, LotId, NonconformanceId, new_id
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
from service.domain.case import Case
from service.domain.findings import CorrectiveAction, Finding, FindingNotYetKnown, QualityNews

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
ANNAS = CustomerId(new_id())
FOUND = NonconformanceId(new_id())
CAPA = CapaId(new_id())
LOT = LotId(new_id())

RAISED = NonconformanceRaised(nonconformance_id=FOUND, number="N-1", title="Drills stick", severity="major")
CONTAINED = NonconformanceContained(
    nonconformance_id=FOUND, customer_id=ANNAS, item_id=None, lot_ids=(LOT,), reason="they stick"
)
DISPOSITIONED = NonconformanceDispositioned(
    nonconformance_id=FOUND,
    customer_id=ANNAS,
    item_id=ItemId(new_id()),
    lot_id=LOT,
    quantity=Quantity.pieces(4),
    disposition="return_to_supplier",
    reason="bad grease",
)
CLOSED = NonconformanceClosed(nonconformance_id=FOUND, customer_id=ANNAS)
OPENED = CapaOpened(
    capa_id=CAPA,
    number="K-1",
    nonconformance_id=FOUND,
    customer_id=ANNAS,
    case_id=None,
    order_id=None,
    title="No more sticking",
    owner="olga",
)
CAUSE = CapaRootCauseIdentified(capa_id=CAPA, nonconformance_id=FOUND, root_cause="bad grease")
PLANNED = CapaPlanned(capa_id=CAPA, nonconformance_id=FOUND, action="other grease", metric="returns", window_days=30)
DONE = CapaImplemented(
    capa_id=CAPA,
    nonconformance_id=FOUND,
    customer_id=ANNAS,
    implemented_on=date(2025, 4, 1),
    observe_until=date(2025, 5, 1),
)
EFFECTIVE = CapaVerifiedEffective(
    capa_id=CAPA, nonconformance_id=FOUND, customer_id=ANNAS, case_id=None, verifier="vera"
)
INEFFECTIVE = CapaFoundIneffective(capa_id=CAPA, nonconformance_id=FOUND, customer_id=ANNAS, reason="it sticks")


def a_case(*heard: QualityNews) -> Case:
    case = Case(number="C-1", customer_id=ANNAS, kind="complaint", title="Sticks")
    for news in heard:
        case.hear(news, now=NOW)
    return case


def test_a_case_shows_what_quality_found() -> None:
    case = a_case(RAISED, CONTAINED, DISPOSITIONED, CLOSED)

    assert case.findings == (
        Finding(
            nonconformance_id=FOUND,
            number="N-1",
            title="Drills stick",
            severity="major",
            state="closed",
            contained_lot_ids=(LOT,),
            decisions=(f"4 C62 of lot {LOT}: return to supplier, bad grease",),
        ),
    )


def test_a_case_shows_what_quality_did_about_it() -> None:
    case = a_case(RAISED, OPENED, CAUSE, PLANNED, DONE, EFFECTIVE)

    assert case.actions == (
        CorrectiveAction(
            capa_id=CAPA,
            nonconformance_id=FOUND,
            number="K-1",
            title="No more sticking",
            owner="olga",
            state="effective",
            root_cause="bad grease",
            action="other grease",
            metric="returns",
            observe_until=date(2025, 5, 1),
            verifier="vera",
        ),
    )


def test_an_action_that_did_not_work_is_shown_as_open_again() -> None:
    case = a_case(OPENED, CAUSE, PLANNED, DONE, INEFFECTIVE)

    assert case.actions == a_case(OPENED).actions
    assert case.history[-1].text == "Corrective action did not work: it sticks"


def test_each_piece_of_news_is_a_line_of_the_history() -> None:
    case = a_case(RAISED, CONTAINED, DISPOSITIONED, CLOSED, OPENED, CAUSE, PLANNED, DONE, EFFECTIVE)

    assert [(entry.by, entry.what) for entry in case.history] == [("quality", "quality")] * 9
    assert [entry.text for entry in case.history] == [
        "Nonconformance N-1 raised: Drills stick",
        "Lots contained (1): they stick",
        f"Decided: 4 C62 of lot {LOT}: return to supplier, bad grease",
        "Nonconformance closed",
        "Corrective action K-1 opened: No more sticking, owner olga",
        "Root cause found: bad grease",
        "Corrective action planned: other grease, returns over 30 days",
        "Corrective action done, watched until 2025-05-01",
        "Corrective action worked, checked by vera",
    ]


@pytest.mark.parametrize("news", [CONTAINED, DISPOSITIONED, CLOSED, CAUSE, PLANNED, DONE, EFFECTIVE, INEFFECTIVE])
def test_news_of_something_not_yet_told_waits_and_changes_nothing(news: QualityNews) -> None:
    case = a_case()
    before = deepcopy(vars(case))

    with pytest.raises(FindingNotYetKnown):
        case.hear(news, now=NOW)

    assert vars(case) == before
