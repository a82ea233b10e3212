"""A case: opened, taken, waiting, resolved, closed, reopened; what it names, and its history."""

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import OrderloopError, Refused
from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId, ShipmentId, new_id
from contracts.service import (
    CaseAssigned,
    CaseClosed,
    CaseKind,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    CaseWaiting,
    ComplaintFiled,
)
from contracts.values import Quantity
from service.domain.case import (
    WAITING,
    Case,
    CaseIsNotResolved,
    CaseIsNotSettled,
    CaseIsNotWaiting,
    CaseIsSettled,
    CaseNotAssigned,
    ComplaintNamesNothing,
    HistoryEntry,
    NothingSaid,
    NothingShippedOnOrderLine,
    ObjectionTimeRuns,
    Priority,
    ReopenWindowPassed,
    Status,
)
from service.domain.shipped import ShippedUnit
from service.domain.tracing import OrderLineOfAnotherCustomer

Step = Callable[[Case], object]

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
ANNAS = CustomerId(new_id())
DRILL = ItemId(new_id())
ORDER = OrderId(new_id())
LINE = LineId(new_id())
LOT = LotId(new_id())


def a_unit(*, customer_id: CustomerId = ANNAS) -> ShippedUnit:
    return ShippedUnit(
        shipment_id=ShipmentId(new_id()),
        order_id=ORDER,
        line_id=LINE,
        item_id=DRILL,
        customer_id=customer_id,
        quantity=Quantity.pieces(1),
        shipped_at=NOW,
        lot_id=LOT,
        serials=("S-1",),
    )


def a_case(
    kind: CaseKind = "enquiry",
    *,
    title: str = "Drill does not turn",
    line_id: LineId | None = None,
    serial: str | None = None,
    item_id: ItemId | None = None,
    because: str | None = None,
) -> Case:
    return Case(
        number="C-1",
        customer_id=ANNAS,
        kind=kind,
        title=title,
        severity="major",
        line_id=line_id,
        serial=serial,
        item_id=item_id,
        nothing_named_because=because,
    )


def take(case: Case) -> object:
    return case.assign("sam", by="sue", now=NOW)


def wait(case: Case) -> object:
    return case.wait("customer", "a photo", by="sam", now=NOW)


def resolve(case: Case) -> object:
    return case.resolve("sent a new one", by="sam", now=NOW)


def close(case: Case) -> object:
    return case.close(by="timer", now=NOW + WEEK)


def reopen(case: Case) -> object:
    return case.reopen("still broken", by="sue", now=NOW + WEEK)


PATHS: dict[Status, tuple[Step, ...]] = {
    Status.NEW: (),
    Status.IN_PROGRESS: (take,),
    Status.WAITING_ON_CUSTOMER: (take, wait),
    Status.WAITING_ON_THIRD_PARTY: (take, lambda c: c.wait("third_party", "the maker", by="sam", now=NOW)),
    Status.RESOLVED: (take, resolve),
    Status.CLOSED: (take, resolve, close),
    Status.REOPENED: (take, resolve, reopen),
}


def a_case_that_is(status: Status) -> Case:
    case = a_case()
    _ = case.open(by="sue", now=NOW)
    for step in PATHS[status]:
        _ = step(case)
    assert case.status is status
    return case


def state(case: Case) -> dict[str, object]:
    return deepcopy(vars(case))


def test_an_enquiry_is_opened_with_one_event_and_the_first_line_of_its_history() -> None:
    case = a_case(title=" Drill does not turn ")

    events = case.open(by="sue", now=NOW)

    assert events == (
        CaseOpened(case_id=case.case_id, customer_id=ANNAS, number="C-1", kind="enquiry", title="Drill does not turn"),
    )
    assert (case.status, case.opened_at) == (Status.NEW, NOW)
    assert case.history == (HistoryEntry(number=1, at=NOW, by="sue", what="opened", text="Drill does not turn"),)


def test_a_complaint_on_an_order_line_tells_item_and_lots() -> None:
    case = a_case("complaint", line_id=LINE)

    opened, filed = case.open(by="sue", now=NOW, shipped=[a_unit()])

    assert isinstance(opened, CaseOpened)
    assert opened.order_id == ORDER
    assert filed == ComplaintFiled(
        case_id=case.case_id,
        customer_id=ANNAS,
        number="C-1",
        title="Drill does not turn",
        severity="major",
        order_id=ORDER,
        line_id=LINE,
        item_id=DRILL,
        lot_ids=(LOT,),
    )
    assert (case.order_id, case.item_id, case.lot_ids) == (ORDER, DRILL, (LOT,))


def test_a_complaint_on_a_serial_leads_to_its_order_line() -> None:
    case = a_case("complaint", serial=" S-1 ")

    _ = case.open(by="sue", now=NOW, shipped=[a_unit()])

    assert (case.serial, case.line_id, case.lot_ids) == ("S-1", LINE, (LOT,))


def test_a_complaint_on_a_serial_that_we_never_shipped_is_filed_without_an_item() -> None:
    case = a_case("complaint", serial="S-9")

    _, filed = case.open(by="sue", now=NOW, shipped=[])

    assert isinstance(filed, ComplaintFiled)
    assert (filed.serial, filed.item_id, filed.lot_ids) == ("S-9", None, ())


@pytest.mark.parametrize("line_id", [None, LINE])
def test_a_complaint_that_says_why_it_names_nothing_is_filed(line_id: LineId | None) -> None:
    case = a_case("complaint", line_id=line_id, because="the parcel never came")

    _, filed = case.open(by="sue", now=NOW)

    assert isinstance(filed, ComplaintFiled)
    assert (filed.line_id, filed.item_id, filed.lot_ids) == (line_id, None, ())


def test_an_enquiry_may_be_about_an_order_line_that_was_not_shipped() -> None:
    case = a_case("enquiry", line_id=LINE)

    assert len(case.open(by="sue", now=NOW)) == 1


OPENINGS: dict[str, tuple[Case, list[ShippedUnit], type[OrderloopError]]] = {
    "no title": (a_case(title=" "), [], NothingSaid),
    "complaint about nothing": (a_case("complaint"), [], ComplaintNamesNothing),
    "complaint about a blank serial": (a_case("complaint", serial=" "), [], ComplaintNamesNothing),
    "complaint with a blank reason": (a_case("complaint", because=" "), [], ComplaintNamesNothing),
    "complaint about a line not shipped": (a_case("complaint", line_id=LINE), [], NothingShippedOnOrderLine),
    "the same with its item": (a_case("complaint", line_id=LINE, item_id=DRILL), [], NothingShippedOnOrderLine),
    "line of another customer": (
        a_case("complaint", line_id=LINE),
        [a_unit(customer_id=CustomerId(new_id()))],
        OrderLineOfAnotherCustomer,
    ),
}


@pytest.mark.parametrize(("case", "shipped", "refusal"), OPENINGS.values(), ids=OPENINGS)
def test_a_case_that_is_not_opened_leaves_no_trace(
    case: Case, shipped: list[ShippedUnit], refusal: type[OrderloopError]
) -> None:
    before = state(case)

    with pytest.raises(refusal):
        _ = case.open(by="sue", now=NOW, shipped=shipped)

    assert state(case) == before


def test_assigning_begins_the_work() -> None:
    case = a_case_that_is(Status.NEW)

    assigned = case.assign(" sam ", by="sue", now=NOW)

    assert assigned == CaseAssigned(case_id=case.case_id, customer_id=ANNAS, assignee="sam")
    assert (case.status, case.assignee) == (Status.IN_PROGRESS, "sam")


def test_a_waiting_case_handed_over_goes_on_waiting() -> None:
    case = a_case_that_is(Status.WAITING_ON_CUSTOMER)

    _ = case.assign("tom", by="sam", now=NOW)

    assert (case.status, case.assignee, case.waiting_reason) == (Status.WAITING_ON_CUSTOMER, "tom", "a photo")


def test_assigning_to_the_one_who_has_it_changes_nothing() -> None:
    case = a_case_that_is(Status.IN_PROGRESS)
    before = state(case)

    assert case.assign("sam", by="sue", now=NOW) is None

    assert state(case) == before


def test_a_reopened_case_is_taken_up_again_by_the_one_who_had_it() -> None:
    case = a_case_that_is(Status.REOPENED)

    assert case.assign("sam", by="sue", now=NOW) is not None

    assert case.status is Status.IN_PROGRESS


def test_waiting_says_for_whom_and_for_what() -> None:
    case = a_case_that_is(Status.IN_PROGRESS)

    waiting = case.wait("third_party", " the maker ", by="sam", now=NOW)

    assert waiting == CaseWaiting(case_id=case.case_id, customer_id=ANNAS, waiting_on="third_party", reason="the maker")
    assert (case.status, case.waiting_reason) == (Status.WAITING_ON_THIRD_PARTY, "the maker")


@pytest.mark.parametrize("status", WAITING)
def test_what_waits_is_resumed(status: Status) -> None:
    case = a_case_that_is(status)

    case.resume("the photo came", by="sue", now=NOW)

    assert (case.status, case.waiting_reason) == (Status.IN_PROGRESS, None)
    assert (case.history[-1].what, case.history[-1].text) == ("resumed", "the photo came")


@pytest.mark.parametrize("status", [Status.IN_PROGRESS, Status.WAITING_ON_CUSTOMER, Status.REOPENED])
def test_a_case_in_hand_is_resolved(status: Status) -> None:
    case = a_case_that_is(status)

    resolved = case.resolve(" sent a new one ", by="sam", now=NOW)

    assert resolved == CaseResolved(case_id=case.case_id, customer_id=ANNAS, resolution="sent a new one")
    assert (case.status, case.resolved_at, case.waiting_reason) == (Status.RESOLVED, NOW, None)
    assert (case.closes_at, case.reopen_until) == (NOW + WEEK, NOW + MONTH)


def test_the_reopen_window_is_never_shorter_than_the_time_to_object() -> None:
    case = a_case_that_is(Status.IN_PROGRESS)

    _ = case.resolve("done", by="sam", now=NOW, objection_time=WEEK, reopen_window=timedelta(days=1))

    assert case.reopen_until == NOW + WEEK


def test_a_case_closes_when_nobody_objected_in_time() -> None:
    case = a_case_that_is(Status.RESOLVED)
    assert not case.is_due_to_close(NOW + WEEK - timedelta(seconds=1))
    assert case.is_due_to_close(NOW + WEEK)

    closed = case.close(by="timer", now=NOW + WEEK)

    assert closed == CaseClosed(case_id=case.case_id, customer_id=ANNAS)
    assert (case.status, case.closed_at) == (Status.CLOSED, NOW + WEEK)
    assert not case.is_due_to_close(NOW + WEEK)


def test_a_case_closes_at_once_when_the_customer_agrees() -> None:
    case = a_case_that_is(Status.RESOLVED)

    _ = case.close(by="sam", now=NOW, customer_agrees=True)

    assert (case.status, case.history[-1].text) == (Status.CLOSED, "the customer agrees")


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_a_settled_case_is_reopened_until_the_window_has_passed(status: Status) -> None:
    case = a_case_that_is(status)

    reopened = case.reopen(" still broken ", by="sue", now=NOW + MONTH)

    assert reopened == CaseReopened(case_id=case.case_id, customer_id=ANNAS, reason="still broken")
    assert (case.status, case.assignee) == (Status.REOPENED, "sam")
    assert (case.resolution, case.resolved_at, case.closes_at) == (None, None, None)
    assert (case.reopen_until, case.closed_at) == (None, None)


def test_a_priority_is_changed_once() -> None:
    case = a_case_that_is(Status.NEW)

    case.prioritise(Priority.URGENT, by="sue", now=NOW)
    case.prioritise(Priority.URGENT, by="sue", now=NOW)

    assert case.priority is Priority.URGENT
    assert [entry.what for entry in case.history] == ["opened", "prioritised"]


def test_a_closed_case_still_takes_notes() -> None:
    case = a_case_that_is(Status.CLOSED)

    case.note(" called again ", by="sue", now=NOW)

    assert (case.status, case.history[-1].text) == (Status.CLOSED, "called again")


def test_the_history_tells_the_whole_way_in_order() -> None:
    case = a_case_that_is(Status.WAITING_ON_CUSTOMER)
    case.resume(by="sam", now=NOW)
    _ = resolve(case)
    _ = reopen(case)
    _ = take(case)
    _ = resolve(case)
    _ = close(case)

    assert [(entry.number, entry.what) for entry in case.history] == [
        (1, "opened"),
        (2, "assigned"),
        (3, "waiting_on_customer"),
        (4, "resumed"),
        (5, "resolved"),
        (6, "reopened"),
        (7, "assigned"),
        (8, "resolved"),
        (9, "closed"),
    ]


def prioritise(case: Case) -> object:
    return case.prioritise(Priority.LOW, by="sue", now=NOW)


def resume(case: Case) -> object:
    return case.resume(by="sue", now=NOW)


REFUSALS: list[tuple[Status, Step, type[OrderloopError]]] = [
    *((status, take, CaseIsSettled) for status in (Status.RESOLVED, Status.CLOSED)),
    *((status, prioritise, CaseIsSettled) for status in (Status.RESOLVED, Status.CLOSED)),
    *((status, wait, CaseIsSettled) for status in (Status.RESOLVED, Status.CLOSED)),
    *((status, resolve, CaseIsSettled) for status in (Status.RESOLVED, Status.CLOSED)),
    (Status.NEW, wait, CaseNotAssigned),
    (Status.NEW, resolve, CaseNotAssigned),
    *((status, resume, CaseIsNotWaiting) for status in Status if status not in WAITING),
    *((status, close, CaseIsNotResolved) for status in Status if status is not Status.RESOLVED),
    *((status, reopen, CaseIsNotSettled) for status in Status if status not in (Status.RESOLVED, Status.CLOSED)),
    (Status.RESOLVED, lambda c: c.close(by="timer", now=NOW + WEEK - timedelta(seconds=1)), ObjectionTimeRuns),
    (Status.RESOLVED, lambda c: c.reopen("x", by="s", now=NOW + MONTH + timedelta(seconds=1)), ReopenWindowPassed),
    (Status.CLOSED, lambda c: c.reopen("x", by="s", now=NOW + MONTH + timedelta(seconds=1)), ReopenWindowPassed),
    (Status.NEW, lambda c: c.assign(" ", by="sue", now=NOW), NothingSaid),
    (Status.IN_PROGRESS, lambda c: c.wait("customer", " ", by="sue", now=NOW), NothingSaid),
    (Status.IN_PROGRESS, lambda c: c.resolve(" ", by="sue", now=NOW), NothingSaid),
    (Status.RESOLVED, lambda c: c.reopen(" ", by="sue", now=NOW), NothingSaid),
    (Status.NEW, lambda c: c.note(" ", by="sue", now=NOW), NothingSaid),
]


@pytest.mark.parametrize(("status", "attempt", "refusal"), REFUSALS)
def test_a_refusal_changes_nothing(status: Status, attempt: Step, refusal: type[OrderloopError]) -> None:
    case = a_case_that_is(status)
    before = state(case)

    with pytest.raises(refusal):
        _ = attempt(case)

    assert state(case) == before


@settings(derandomize=True, max_examples=200)
@given(steps=st.lists(st.sampled_from([take, wait, resume, resolve, close, reopen]), max_size=25))
def test_whatever_is_tried_in_whatever_order_the_case_makes_sense(steps: list[Step]) -> None:
    case = a_case_that_is(Status.NEW)

    for step in steps:
        try:
            _ = step(case)
        except Refused:
            continue

    settled = case.status in (Status.RESOLVED, Status.CLOSED)
    assert (case.resolution is not None, case.reopen_until is not None) == (settled, settled)
    assert (case.closed_at is not None) is (case.status is Status.CLOSED)
    assert (case.waiting_reason is not None) is (case.status in WAITING)
    assert (case.assignee is None) is (case.status is Status.NEW)
    assert [entry.number for entry in case.history] == list(range(1, len(case.history) + 1))
