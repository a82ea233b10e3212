"""CAPA: cause, plan, implementation, proof; and back to the start when it did not work."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import OrderloopError
from contracts.ids import CaseId, CustomerId, ItemId, NonconformanceId, OrderId, new_id
from contracts.quality import (
    CapaFoundIneffective,
    CapaImplemented,
    CapaOpened,
    CapaPlanned,
    CapaRootCauseIdentified,
    CapaVerifiedEffective,
)
from contracts.service import ComplaintFiled
from quality.domain.capa import (
    Attempt,
    Capa,
    CapaNotInTurn,
    CapaSaysNothing,
    ImplementedBeforePlan,
    ImplementedInTheFuture,
    OwnerVerifies,
    PlanIsFixed,
    Status,
    WindowNotOver,
    WindowTooShort,
)
from quality.domain.nonconformance import Nonconformance

Step = Callable[[Capa], object]

OPENED = date(2025, 3, 3)
PLANNED = date(2025, 3, 10)
DONE = date(2025, 3, 20)
LAST_DAY = date(2025, 4, 19)
"""Thirty days after it was done."""
BOLT = ItemId(new_id())
CASE = CaseId(new_id())
ANNAS = CustomerId(new_id())


def a_capa(*, title: str = "Bolts must not break", owner: str = "Olga", item_id: ItemId | None = BOLT) -> Capa:
    return Capa(
        number="K-1",
        nonconformance_id=NonconformanceId(new_id()),
        title=title,
        owner=owner,
        opened_on=OPENED,
        customer_id=ANNAS,
        case_id=CASE,
        item_id=item_id,
    )


def a_capa_that_is(status: Status, *, item_id: ItemId | None = BOLT) -> Capa:
    capa = a_capa(item_id=item_id)
    steps: dict[Status, Step] = {
        Status.OPEN: lambda c: c.open(),
        Status.ROOT_CAUSE_IDENTIFIED: lambda c: c.identify_root_cause("wrong steel"),
        Status.PLANNED: plan,
        Status.IMPLEMENTED: lambda c: c.implement(DONE, today=DONE),
        Status.EFFECTIVE: lambda c: c.verify_effective("Vera", today=LAST_DAY + timedelta(days=1)),
    }
    for reached, step in steps.items():
        _ = step(capa)
        if reached is status:
            break
    return capa


def plan(capa: Capa, *, action: str = "test steel", metric: str = "breaks", window_days: int = 30) -> CapaPlanned:
    return capa.plan(action, metric=metric, window_days=window_days, planned_on=PLANNED)


def a_complaint(*, item_id: ItemId | None = BOLT, case_id: CaseId | None = None) -> ComplaintFiled:
    return ComplaintFiled(
        case_id=case_id or CaseId(new_id()),
        customer_id=CustomerId(new_id()),
        number="C-9",
        title="Broken again",
        severity="minor",
        order_id=None,
        line_id=None,
        item_id=item_id,
    )


def state(capa: Capa) -> dict[str, object]:
    return deepcopy(vars(capa))


def test_a_capa_against_a_nonconformance_takes_over_whom_and_what_it_is_about() -> None:
    found = Nonconformance(
        number="N-1",
        title="Bolts break",
        severity="major",
        raised_on=OPENED,
        customer_id=ANNAS,
        case_id=CASE,
        order_id=OrderId(new_id()),
        item_id=BOLT,
    )

    capa = Capa.against(found, number="K-1", title=" No more breaks ", owner=" Olga ", opened_on=OPENED)

    assert capa.open() == CapaOpened(
        capa_id=capa.capa_id,
        number="K-1",
        nonconformance_id=found.nonconformance_id,
        customer_id=ANNAS,
        case_id=CASE,
        order_id=found.order_id,
        title="No more breaks",
        owner="Olga",
    )
    assert (capa.item_id, capa.status) == (BOLT, Status.OPEN)


def test_the_root_cause_is_told_and_may_be_replaced_by_a_better_one() -> None:
    capa = a_capa_that_is(Status.OPEN)

    _ = capa.identify_root_cause("wrong supplier")
    found = capa.identify_root_cause(" wrong steel ")

    assert found == CapaRootCauseIdentified(
        capa_id=capa.capa_id, nonconformance_id=capa.nonconformance_id, root_cause="wrong steel"
    )
    assert (capa.status, capa.root_cause) == (Status.ROOT_CAUSE_IDENTIFIED, "wrong steel")


def test_the_plan_fixes_action_metric_and_window() -> None:
    capa = a_capa_that_is(Status.ROOT_CAUSE_IDENTIFIED)

    planned = capa.plan("test the steel", metric="breaks per 1000", window_days=30, planned_on=PLANNED)

    assert planned == CapaPlanned(
        capa_id=capa.capa_id,
        nonconformance_id=capa.nonconformance_id,
        action="test the steel",
        metric="breaks per 1000",
        window_days=30,
    )
    assert (capa.status, capa.planned_on) == (Status.PLANNED, PLANNED)


def test_the_plan_may_change_until_it_is_done() -> None:
    capa = a_capa_that_is(Status.PLANNED)

    _ = plan(capa, window_days=60)

    assert (capa.status, capa.window_days) == (Status.PLANNED, 60)


def test_the_window_begins_when_it_was_done() -> None:
    capa = a_capa_that_is(Status.PLANNED)

    implemented = capa.implement(DONE, today=DONE + timedelta(days=2))

    assert implemented == CapaImplemented(
        capa_id=capa.capa_id,
        nonconformance_id=capa.nonconformance_id,
        customer_id=ANNAS,
        implemented_on=DONE,
        observe_until=LAST_DAY,
    )
    assert capa.status is Status.IMPLEMENTED


def test_it_may_be_done_on_the_day_of_its_plan() -> None:
    capa = a_capa_that_is(Status.PLANNED)

    assert capa.implement(PLANNED, today=PLANNED).implemented_on == PLANNED


def test_somebody_else_verifies_it_after_the_window() -> None:
    capa = a_capa_that_is(Status.IMPLEMENTED)
    next_day = LAST_DAY + timedelta(days=1)

    verified = capa.verify_effective(" Vera ", today=next_day)

    assert verified == CapaVerifiedEffective(
        capa_id=capa.capa_id,
        nonconformance_id=capa.nonconformance_id,
        customer_id=ANNAS,
        case_id=CASE,
        verifier="Vera",
    )
    assert (capa.status, capa.verifier, capa.verified_on) == (Status.EFFECTIVE, "Vera", next_day)


def test_the_window_is_over_after_its_last_day_and_only_while_it_is_watched() -> None:
    capa = a_capa_that_is(Status.IMPLEMENTED)

    assert not capa.window_is_over(LAST_DAY)
    assert capa.window_is_over(LAST_DAY + timedelta(days=1))
    assert not a_capa_that_is(Status.PLANNED).window_is_over(LAST_DAY + timedelta(days=1))


def test_one_that_did_not_work_starts_anew_and_keeps_what_was_tried() -> None:
    capa = a_capa_that_is(Status.IMPLEMENTED)

    ineffective = capa.find_ineffective("still 2 breaks", today=DONE + timedelta(days=5))

    assert ineffective == CapaFoundIneffective(
        capa_id=capa.capa_id,
        nonconformance_id=capa.nonconformance_id,
        customer_id=ANNAS,
        reason="still 2 breaks",
    )
    assert capa.attempts == (
        Attempt(
            root_cause="wrong steel",
            action="test steel",
            metric="breaks",
            window_days=30,
            implemented_on=DONE,
            failed_on=DONE + timedelta(days=5),
            reason="still 2 breaks",
        ),
    )
    assert capa.status is Status.OPEN
    assert (capa.root_cause, capa.action, capa.metric, capa.window_days) == (None, None, None, None)
    assert (capa.planned_on, capa.implemented_on, capa.observe_until) == (None, None, None)


def test_one_that_did_not_work_cannot_be_done_again_without_a_new_plan() -> None:
    capa = a_capa_that_is(Status.IMPLEMENTED)
    _ = capa.find_ineffective("still 2 breaks", today=DONE)
    before = state(capa)

    with pytest.raises(CapaNotInTurn):
        _ = capa.implement(DONE, today=DONE)

    assert state(capa) == before


@pytest.mark.parametrize("filed_on", [DONE, LAST_DAY])
def test_a_repeat_on_the_same_item_inside_the_window_reopens_it_by_itself(filed_on: date) -> None:
    capa = a_capa_that_is(Status.IMPLEMENTED)

    ineffective = capa.hear_complaint(a_complaint(), filed_on=filed_on)

    assert ineffective is not None
    assert ineffective.reason == "complaint C-9 on the same item: Broken again"
    assert (capa.status, capa.attempts[0].failed_on) == (Status.OPEN, filed_on)


NO_REPEATS = [
    pytest.param(Status.IMPLEMENTED, BOLT, a_complaint(), DONE - timedelta(days=1), id="before it was done"),
    pytest.param(Status.IMPLEMENTED, BOLT, a_complaint(), LAST_DAY + timedelta(days=1), id="after the window"),
    pytest.param(Status.IMPLEMENTED, BOLT, a_complaint(item_id=ItemId(new_id())), DONE, id="another item"),
    pytest.param(Status.IMPLEMENTED, BOLT, a_complaint(item_id=None), DONE, id="no item"),
    pytest.param(Status.IMPLEMENTED, None, a_complaint(item_id=None), DONE, id="neither names an item"),
    pytest.param(Status.IMPLEMENTED, BOLT, a_complaint(case_id=CASE), DONE, id="the case that it began with"),
    pytest.param(Status.PLANNED, BOLT, a_complaint(), DONE, id="not yet done"),
    pytest.param(Status.EFFECTIVE, BOLT, a_complaint(), DONE, id="already effective"),
]


@pytest.mark.parametrize(("status", "item_id", "filed", "filed_on"), NO_REPEATS)
def test_a_complaint_that_is_no_repeat_changes_nothing(
    status: Status, item_id: ItemId | None, filed: ComplaintFiled, filed_on: date
) -> None:
    capa = a_capa_that_is(status, item_id=item_id)
    before = state(capa)

    assert capa.hear_complaint(filed, filed_on=filed_on) is None

    assert state(capa) == before


def identify(capa: Capa) -> object:
    return capa.identify_root_cause("x")


def implement(capa: Capa) -> object:
    return capa.implement(DONE, today=DONE)


def verify(capa: Capa) -> object:
    return capa.verify_effective("Vera", today=LAST_DAY + timedelta(days=1))


def find_ineffective(capa: Capa) -> object:
    return capa.find_ineffective("x", today=DONE)


NOT_IN_TURN: list[tuple[Step, Status]] = [
    (identify, Status.PLANNED),
    (identify, Status.IMPLEMENTED),
    (identify, Status.EFFECTIVE),
    (plan, Status.OPEN),
    (plan, Status.EFFECTIVE),
    (implement, Status.OPEN),
    (implement, Status.ROOT_CAUSE_IDENTIFIED),
    (implement, Status.IMPLEMENTED),
    (implement, Status.EFFECTIVE),
    (verify, Status.OPEN),
    (verify, Status.ROOT_CAUSE_IDENTIFIED),
    (verify, Status.PLANNED),
    (verify, Status.EFFECTIVE),
    (find_ineffective, Status.OPEN),
    (find_ineffective, Status.ROOT_CAUSE_IDENTIFIED),
    (find_ineffective, Status.PLANNED),
    (find_ineffective, Status.EFFECTIVE),
]


@pytest.mark.parametrize(("step", "status"), NOT_IN_TURN)
def test_a_step_out_of_turn_is_refused(step: Step, status: Status) -> None:
    capa = a_capa_that_is(status)
    before = state(capa)

    with pytest.raises(CapaNotInTurn):
        _ = step(capa)

    assert state(capa) == before


REFUSALS: list[tuple[Status, Step, type[OrderloopError]]] = [
    (Status.OPEN, lambda c: c.identify_root_cause(" "), CapaSaysNothing),
    (Status.ROOT_CAUSE_IDENTIFIED, lambda c: plan(c, action=" "), CapaSaysNothing),
    (Status.ROOT_CAUSE_IDENTIFIED, lambda c: plan(c, metric=" "), CapaSaysNothing),
    (Status.ROOT_CAUSE_IDENTIFIED, lambda c: plan(c, window_days=0), WindowTooShort),
    (Status.IMPLEMENTED, lambda c: plan(c, window_days=1), PlanIsFixed),
    (Status.PLANNED, lambda c: c.implement(DONE, today=DONE - timedelta(days=1)), ImplementedInTheFuture),
    (Status.PLANNED, lambda c: c.implement(PLANNED - timedelta(days=1), today=DONE), ImplementedBeforePlan),
    (Status.IMPLEMENTED, lambda c: c.verify_effective("Vera", today=LAST_DAY), WindowNotOver),
    (Status.IMPLEMENTED, lambda c: c.verify_effective("Olga", today=date(2026, 1, 1)), OwnerVerifies),
    (Status.IMPLEMENTED, lambda c: c.verify_effective(" oLGA ", today=date(2026, 1, 1)), OwnerVerifies),
    (Status.IMPLEMENTED, lambda c: c.verify_effective(" ", today=date(2026, 1, 1)), CapaSaysNothing),
    (Status.IMPLEMENTED, lambda c: c.find_ineffective(" ", today=DONE), CapaSaysNothing),
]


@pytest.mark.parametrize(("status", "attempt", "refusal"), REFUSALS)
def test_a_refusal_changes_nothing(status: Status, attempt: Step, refusal: type[OrderloopError]) -> None:
    capa = a_capa_that_is(status)
    before = state(capa)

    with pytest.raises(refusal):
        _ = attempt(capa)

    assert state(capa) == before


@pytest.mark.parametrize("capa", [a_capa(title=" "), a_capa(owner=" ")])
def test_a_capa_without_title_or_owner_is_not_opened(capa: Capa) -> None:
    before = state(capa)

    with pytest.raises(CapaSaysNothing):
        _ = capa.open()

    assert state(capa) == before


STEPS: list[Step] = [
    identify,
    plan,
    implement,
    verify,
    find_ineffective,
    lambda c: c.hear_complaint(a_complaint(), filed_on=DONE),
]


@settings(derandomize=True, max_examples=200)
@given(steps=st.lists(st.sampled_from(STEPS), max_size=25))
def test_whatever_is_tried_in_whatever_order_only_a_watched_plan_becomes_effective(steps: list[Step]) -> None:
    capa = a_capa_that_is(Status.OPEN)

    for step in steps:
        try:
            _ = step(capa)
        except (CapaNotInTurn, PlanIsFixed):
            continue

    done = capa.status in (Status.IMPLEMENTED, Status.EFFECTIVE)
    assert (capa.implemented_on is not None, capa.observe_until is not None) == (done, done)
    assert (capa.metric is not None) is (done or capa.status is Status.PLANNED)
    assert (capa.verifier is not None) is (capa.status is Status.EFFECTIVE)
