"""A case: what a customer has to say, from the first word until nobody objects to the answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import CaseId, CustomerId, ItemId, LineId, LotId, OrderId, new_id
from contracts.service import (
    CaseAssigned,
    CaseClosed,
    CaseKind,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    CaseWaiting,
    ComplaintFiled,
    Severity,
)
from service.domain.findings import (
    CorrectiveAction,
    Finding,
    NonconformanceNews,
    QualityNews,
    action_after,
    finding_after,
    words_for,
)
from service.domain.shipped import ShippedUnit
from service.domain.tracing import About, traced

OBJECTION_TIME = timedelta(days=7)
"""So long after its resolution a case closes by itself."""

REOPEN_WINDOW = timedelta(days=30)
"""So long after its resolution a case can be reopened."""


class Status(StrEnum):
    """new -> in_progress <-> waiting_on_… -> resolved -> closed; resolved or closed -> reopened -> in_progress."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING_ON_CUSTOMER = "waiting_on_customer"
    WAITING_ON_THIRD_PARTY = "waiting_on_third_party"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


WAITING = (Status.WAITING_ON_CUSTOMER, Status.WAITING_ON_THIRD_PARTY)
SETTLED = (Status.RESOLVED, Status.CLOSED)


class Priority(StrEnum):
    """How soon somebody has to look; orders the worklist, oldest first within one priority."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class CaseUnknown(NotFound):
    """No case has this id."""


class NothingSaid(Malformed):
    """A title, an assignee, a reason, a resolution, a note: where one is asked for, it is not blank."""


class ComplaintNamesNothing(Refused):
    """A complaint names an order line or a serial, or says why it cannot."""


class NothingShippedOnOrderLine(Refused):
    """A complaint on an order line is about goods that left the house; otherwise it says why nothing can be named."""


class CaseNotAssigned(Refused):
    """A case waits or is resolved in somebody's hands: until one has taken it, it only can be assigned."""


class CaseIsSettled(Refused):
    """A resolved or closed case does not go on by itself; it has to be reopened."""


class CaseIsNotWaiting(Refused):
    """Only what waits can be resumed."""


class CaseIsNotSettled(Refused):
    """Only a resolved or closed case can be reopened."""


class CaseIsNotResolved(Refused):
    """Only a resolved case can be closed."""


class ObjectionTimeRuns(Refused):
    """The customer may object for a time; until it is over, only the customer's consent closes the case."""


class ReopenWindowPassed(Refused):
    """A case settled long ago stays so; what comes up later is a new case."""


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One thing that was done about the case. Entries are added, never changed; the first has number 1."""

    number: int
    at: datetime
    by: str
    what: str
    text: str


@dataclass(eq=False, kw_only=True)
class Case:
    """An enquiry, a complaint, an incident or the question of a return.

    Open a case by making one with what the customer said, then `open`. `order_id` … `serial` name what it is
    about; `severity` counts for complaints only; `external_reference` is what others call the case. On CustomersMerged
    `customer_id` becomes the survivor.
    """

    number: str
    customer_id: CustomerId
    kind: CaseKind
    title: str
    description: str = ""
    priority: Priority = Priority.NORMAL
    severity: Severity = "minor"
    order_id: OrderId | None = None
    line_id: LineId | None = None
    item_id: ItemId | None = None
    lot_ids: tuple[LotId, ...] = ()
    serial: str | None = None
    nothing_named_because: str | None = None
    external_reference: str | None = None
    status: Status = Status.NEW
    assignee: str | None = None
    waiting_reason: str | None = None
    resolution: str | None = None
    opened_at: datetime | None = None
    resolved_at: datetime | None = None
    closes_at: datetime | None = None
    reopen_until: datetime | None = None
    closed_at: datetime | None = None
    history: tuple[HistoryEntry, ...] = ()
    findings: tuple[Finding, ...] = ()
    actions: tuple[CorrectiveAction, ...] = ()
    case_id: CaseId = field(default_factory=lambda: CaseId(new_id()))
    version: int = 0

    @property
    def about(self) -> About:
        return About(
            order_id=self.order_id,
            line_id=self.line_id,
            item_id=self.item_id,
            lot_ids=self.lot_ids,
            serial=self.serial,
        )

    def open(
        self, *, by: str, now: datetime, shipped: Iterable[ShippedUnit] = ()
    ) -> tuple[CaseOpened | ComplaintFiled, ...]:
        """Take it up; a complaint is filed, too.

        `shipped` are the units of the line or serial that it names; they tell item and lots.
        """
        title = _said(self.title, "a title")
        units = tuple(shipped)
        about = traced(self._tidied_about(), self.customer_id, units)
        if self.kind == "complaint":
            self._must_name_something(about, units)
        self._take(about)
        self.title, self.opened_at = title, now
        self._note(now, by, "opened", title)
        opened = CaseOpened(
            case_id=self.case_id,
            customer_id=self.customer_id,
            number=self.number,
            kind=self.kind,
            title=title,
            order_id=self.order_id,
        )
        return (opened, self._complaint()) if self.kind == "complaint" else (opened,)

    def assign(self, assignee: str, *, by: str, now: datetime) -> CaseAssigned | None:
        """Someone takes care of it. A waiting case goes on waiting, in other hands."""
        assignee = _said(assignee, "who takes care of it")
        self._must_not_be_settled()
        begins = self.status in (Status.NEW, Status.REOPENED)
        if self.assignee == assignee and not begins:
            return None
        self.assignee = assignee
        self.status = Status.IN_PROGRESS if begins else self.status
        self._note(now, by, "assigned", assignee)
        return CaseAssigned(case_id=self.case_id, customer_id=self.customer_id, assignee=assignee)

    def prioritise(self, priority: Priority, *, by: str, now: datetime) -> None:
        """Say how soon somebody has to look; the same as before leaves no trace."""
        self._must_not_be_settled()
        if priority is not self.priority:
            self.priority = priority
            self._note(now, by, "prioritised", priority.value)

    def wait(
        self, waiting_on: Literal["customer", "third_party"], reason: str, *, by: str, now: datetime
    ) -> CaseWaiting:
        """The next move is somebody else's, for this reason."""
        reason = _said(reason, "what it waits for")
        self._must_be_in_hand()
        self.status = Status.WAITING_ON_CUSTOMER if waiting_on == "customer" else Status.WAITING_ON_THIRD_PARTY
        self.waiting_reason = reason
        self._note(now, by, self.status.value, reason)
        return CaseWaiting(case_id=self.case_id, customer_id=self.customer_id, waiting_on=waiting_on, reason=reason)

    def resume(self, reason: str = "", *, by: str, now: datetime) -> None:
        """What it waited for has come."""
        if self.status not in WAITING:
            raise CaseIsNotWaiting(f"case {self.number} is {_in_words(self.status)}; there is nothing to resume")
        self.status, self.waiting_reason = Status.IN_PROGRESS, None
        self._note(now, by, "resumed", reason.strip())

    def note(self, text: str, *, by: str, now: datetime) -> None:
        """Write something down for whoever looks at the case next; also after it was settled."""
        self._note(now, by, "noted", _said(text, "the note"))

    def resolve(
        self,
        resolution: str,
        *,
        by: str,
        now: datetime,
        objection_time: timedelta = OBJECTION_TIME,
        reopen_window: timedelta = REOPEN_WINDOW,
    ) -> CaseResolved:
        """We think that it is done. The customer may object; the reopen window is at least as long as that."""
        resolution = _said(resolution, "how it was resolved")
        self._must_be_in_hand()
        self.status, self.waiting_reason = Status.RESOLVED, None
        self.resolution, self.resolved_at = resolution, now
        self.closes_at = now + objection_time
        self.reopen_until = now + max(reopen_window, objection_time)
        self._note(now, by, "resolved", resolution)
        return CaseResolved(
            case_id=self.case_id, customer_id=self.customer_id, resolution=resolution, order_id=self.order_id
        )

    def close(self, *, by: str, now: datetime, customer_agrees: bool = False) -> CaseClosed:
        """Nobody objected in time, or the customer agrees before."""
        if self.status is not Status.RESOLVED:
            raise CaseIsNotResolved(f"case {self.number} is {_in_words(self.status)}; only a resolved case is closed")
        if not customer_agrees and not self.is_due_to_close(now):
            raise ObjectionTimeRuns(f"the customer may object to case {self.number} until {self.closes_at}")
        self.status, self.closed_at = Status.CLOSED, now
        self._note(now, by, "closed", "the customer agrees" if customer_agrees else "nobody objected in time")
        return CaseClosed(case_id=self.case_id, customer_id=self.customer_id)

    def is_due_to_close(self, now: datetime) -> bool:
        """What the timer asks: status resolved and closes_at <= now."""
        return self.status is Status.RESOLVED and self.closes_at is not None and self.closes_at <= now

    def reopen(self, reason: str, *, by: str, now: datetime) -> CaseReopened:
        """It was not done: it comes back to who had it, until the reopen window has passed."""
        reason = _said(reason, "why it was not done")
        if self.status not in SETTLED:
            raise CaseIsNotSettled(f"case {self.number} is {_in_words(self.status)}; it need not be reopened")
        if self.reopen_until is not None and now > self.reopen_until:
            raise ReopenWindowPassed(f"case {self.number} could be reopened until {self.reopen_until}; open a new one")
        self.status = Status.REOPENED
        self.resolution = self.resolved_at = self.closes_at = self.reopen_until = self.closed_at = None
        self._note(now, by, "reopened", reason)
        return CaseReopened(case_id=self.case_id, customer_id=self.customer_id, reason=reason)

    def hear(self, news: QualityNews, *, now: datetime) -> None:
        """Show what quality found and did; whatever the state of the case, for it is often closed by then."""
        if isinstance(news, NonconformanceNews):
            findings = {each.nonconformance_id: each for each in self.findings}
            findings[news.nonconformance_id] = finding_after(news, findings.get(news.nonconformance_id))
            self.findings = tuple(findings.values())
        else:
            actions = {each.capa_id: each for each in self.actions}
            actions[news.capa_id] = action_after(news, actions.get(news.capa_id))
            self.actions = tuple(actions.values())
        self._note(now, "quality", "quality", words_for(news))

    def _tidied_about(self) -> About:
        return replace(self.about, serial=(self.serial or "").strip() or None)

    def _must_name_something(self, about: About, shipped: tuple[ShippedUnit, ...]) -> None:
        if (self.nothing_named_because or "").strip():
            return
        if about.line_id is None and about.serial is None:
            raise ComplaintNamesNothing("name an order line or a serial, or say in nothing_named_because why not")
        if about.line_id is not None and all(unit.line_id != about.line_id for unit in shipped):
            raise NothingShippedOnOrderLine(
                f"nothing of order line {about.line_id} has been shipped; wait, or say in nothing_named_because why"
            )

    def _take(self, about: About) -> None:
        self.order_id, self.line_id, self.item_id = about.order_id, about.line_id, about.item_id
        self.lot_ids, self.serial = about.lot_ids, about.serial

    def _complaint(self) -> ComplaintFiled:
        return ComplaintFiled(
            case_id=self.case_id,
            customer_id=self.customer_id,
            number=self.number,
            title=self.title,
            severity=self.severity,
            order_id=self.order_id,
            line_id=self.line_id,
            item_id=self.item_id,
            lot_ids=self.lot_ids,
            serial=self.serial,
        )

    def _note(self, at: datetime, by: str, what: str, text: str) -> None:
        entry = HistoryEntry(number=len(self.history) + 1, at=at, by=by, what=what, text=text)
        self.history = (*self.history, entry)

    def _must_not_be_settled(self) -> None:
        if self.status in SETTLED:
            raise CaseIsSettled(f"case {self.number} is {_in_words(self.status)}; reopen it first")

    def _must_be_in_hand(self) -> None:
        self._must_not_be_settled()
        if self.status is Status.NEW:
            raise CaseNotAssigned(f"nobody has taken case {self.number}; assign it first")


def _said(text: str, what: str) -> str:
    text = text.strip()
    if not text:
        raise NothingSaid(f"say {what}: it is blank")
    return text


def _in_words(status: Status) -> str:
    return status.value.replace("_", " ")
