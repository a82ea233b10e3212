"""A CAPA (corrective and preventive action): why it happened, what is done, and the proof that it worked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import CapaId, CaseId, CustomerId, ItemId, NonconformanceId, OrderId, new_id
from contracts.quality import (
    CapaFoundIneffective,
    CapaImplemented,
    CapaOpened,
    CapaPlanned,
    CapaRootCauseIdentified,
    CapaVerifiedEffective,
)
from contracts.service import ComplaintFiled
from quality.domain.nonconformance import Nonconformance


class Status(StrEnum):
    """open -> root_cause_identified -> planned -> implemented -> effective, or open again when it did not work."""

    OPEN = "open"
    ROOT_CAUSE_IDENTIFIED = "root_cause_identified"
    PLANNED = "planned"
    IMPLEMENTED = "implemented"
    EFFECTIVE = "effective"


class CapaUnknown(NotFound):
    """No corrective action has this id."""


class CapaSaysNothing(Malformed):
    """A title, a person, a cause, an action, a metric, a reason: where one is asked for, it is not blank."""


class WindowTooShort(Malformed):
    """What worked is seen after at least a day."""


class CapaNotInTurn(Refused):
    """Cause, plan, implementation, verification: each follows the one before, and an effective one is the end."""


class PlanIsFixed(Refused):
    """How and until when the effect is watched is fixed before the action is done; then nobody moves the mark."""


class ImplementedBeforePlan(Refused):
    """An action that was done before metric and window were fixed proves nothing."""


class ImplementedInTheFuture(Refused):
    """The window begins when the action was done, not when it will be."""


class WindowNotOver(Refused):
    """Effective is said after the last day of the window, not before."""


class OwnerVerifies(Refused):
    """Nobody verifies an action of their own."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A plan that was carried out and did not work. Kept, so that the next one does not repeat it."""

    root_cause: str
    action: str
    metric: str
    window_days: int
    implemented_on: date
    failed_on: date
    reason: str


@dataclass(eq=False, kw_only=True)
class Capa:
    """It must not happen again: someone owns finding out why.

    `case_id` and `item_id` are those of its nonconformance: a complaint of another case about the same item inside
    the window of observation reopens it. Storage finds those by (item_id, status = implemented).
    """

    number: str
    nonconformance_id: NonconformanceId
    title: str
    owner: str
    opened_on: date
    customer_id: CustomerId | None = None
    case_id: CaseId | None = None
    order_id: OrderId | None = None
    item_id: ItemId | None = None
    status: Status = Status.OPEN
    root_cause: str | None = None
    action: str | None = None
    metric: str | None = None
    window_days: int | None = None
    planned_on: date | None = None
    implemented_on: date | None = None
    observe_until: date | None = None
    verifier: str | None = None
    verified_on: date | None = None
    attempts: tuple[Attempt, ...] = ()
    capa_id: CapaId = field(default_factory=lambda: CapaId(new_id()))
    version: int = 0

    @staticmethod
    def against(found: Nonconformance, *, number: str, title: str, owner: str, opened_on: date) -> Capa:
        """A corrective action against what a nonconformance showed, closed or not."""
        return Capa(
            number=number,
            nonconformance_id=found.nonconformance_id,
            title=title,
            owner=owner,
            opened_on=opened_on,
            customer_id=found.customer_id,
            case_id=found.case_id,
            order_id=found.order_id,
            item_id=found.item_id,
        )

    def open(self) -> CapaOpened:
        """From now on the owner looks for the cause."""
        title, owner = _said(self.title, "what must not happen again"), _said(self.owner, "who owns it")
        self.title, self.owner = title, owner
        return CapaOpened(
            capa_id=self.capa_id,
            number=self.number,
            nonconformance_id=self.nonconformance_id,
            customer_id=self.customer_id,
            case_id=self.case_id,
            order_id=self.order_id,
            title=title,
            owner=owner,
        )

    def identify_root_cause(self, root_cause: str) -> CapaRootCauseIdentified:
        """We know why it happened; a better insight replaces the first until there is a plan."""
        root_cause = _said(root_cause, "why it happened")
        self._must_be(Status.OPEN, Status.ROOT_CAUSE_IDENTIFIED)
        self.status, self.root_cause = Status.ROOT_CAUSE_IDENTIFIED, root_cause
        return CapaRootCauseIdentified(
            capa_id=self.capa_id, nonconformance_id=self.nonconformance_id, root_cause=root_cause
        )

    def plan(self, action: str, *, metric: str, window_days: int, planned_on: date) -> CapaPlanned:
        """Fix what will be done, and how and for how many days its effect is watched; may change until it is done."""
        action, metric = _said(action, "what will be done"), _said(metric, "how the effect is seen")
        if window_days < 1:
            raise WindowTooShort(f"watch it for at least one day, not {window_days}")
        if self.status is Status.IMPLEMENTED:
            raise PlanIsFixed(f"{self.number} was implemented on {self.implemented_on}; its plan stands")
        self._must_be(Status.ROOT_CAUSE_IDENTIFIED, Status.PLANNED)
        self.status, self.action, self.metric = Status.PLANNED, action, metric
        self.window_days, self.planned_on = window_days, planned_on
        return CapaPlanned(
            capa_id=self.capa_id,
            nonconformance_id=self.nonconformance_id,
            action=action,
            metric=metric,
            window_days=window_days,
        )

    def implement(self, implemented_on: date, *, today: date) -> CapaImplemented:
        """It was done; the window of observation begins, and ends `window_days` later, that day included."""
        self._must_be(Status.PLANNED)
        planned_on, window_days = self._fixed_plan()
        if implemented_on > today:
            raise ImplementedInTheFuture(f"{implemented_on} is still to come; say so when it is done")
        if implemented_on < planned_on:
            raise ImplementedBeforePlan(f"the plan was fixed on {planned_on}, after {implemented_on}")
        observe_until = implemented_on + timedelta(days=window_days)
        self.status, self.implemented_on, self.observe_until = Status.IMPLEMENTED, implemented_on, observe_until
        return CapaImplemented(
            capa_id=self.capa_id,
            nonconformance_id=self.nonconformance_id,
            customer_id=self.customer_id,
            implemented_on=implemented_on,
            observe_until=observe_until,
        )

    def verify_effective(self, verifier: str, *, today: date) -> CapaVerifiedEffective:
        """The window has passed and it did not happen again; somebody other than the owner has checked."""
        verifier = _said(verifier, "who has checked")
        self._must_be(Status.IMPLEMENTED)
        if _same_person(verifier, self.owner):
            raise OwnerVerifies(f"{self.owner} owns {self.number}; let somebody else check it")
        if not self.window_is_over(today):
            raise WindowNotOver(f"{self.number} is watched until {self.observe_until}; check it after that day")
        self.status, self.verifier, self.verified_on = Status.EFFECTIVE, verifier, today
        return CapaVerifiedEffective(
            capa_id=self.capa_id,
            nonconformance_id=self.nonconformance_id,
            customer_id=self.customer_id,
            case_id=self.case_id,
            verifier=verifier,
        )

    def window_is_over(self, today: date) -> bool:
        """Whether it waits for its verification: implemented, and today is after observe_until."""
        return self.status is Status.IMPLEMENTED and self.observe_until is not None and today > self.observe_until

    def find_ineffective(self, reason: str, *, today: date) -> CapaFoundIneffective:
        """It happened again, or the check failed. Anyone may say so, at any time; the search starts anew."""
        reason = _said(reason, "why it did not work")
        self._must_be(Status.IMPLEMENTED)
        self.attempts = (*self.attempts, self._failed_attempt(reason, today))
        self.status = Status.OPEN
        self.root_cause = self.action = self.metric = None
        self.window_days = self.planned_on = self.implemented_on = self.observe_until = None
        return CapaFoundIneffective(
            capa_id=self.capa_id, nonconformance_id=self.nonconformance_id, customer_id=self.customer_id, reason=reason
        )

    def hear_complaint(self, filed: ComplaintFiled, *, filed_on: date) -> CapaFoundIneffective | None:
        """A complaint of another case about the same item, inside the window, says by itself that it did not work."""
        if not self._is_contradicted_by(filed, filed_on):
            return None
        return self.find_ineffective(f"complaint {filed.number} on the same item: {filed.title}", today=filed_on)

    def _is_contradicted_by(self, filed: ComplaintFiled, filed_on: date) -> bool:
        if self.status is not Status.IMPLEMENTED or self.implemented_on is None or self.observe_until is None:
            return False
        same_item = self.item_id is not None and filed.item_id == self.item_id
        return same_item and filed.case_id != self.case_id and self.implemented_on <= filed_on <= self.observe_until

    def _fixed_plan(self) -> tuple[date, int]:
        if self.planned_on is None or self.window_days is None:
            raise CapaNotInTurn(f"{self.number} has no plan; fix metric and window first")
        return self.planned_on, self.window_days

    def _failed_attempt(self, reason: str, failed_on: date) -> Attempt:
        _, window_days = self._fixed_plan()
        return Attempt(
            root_cause=self.root_cause or "",
            action=self.action or "",
            metric=self.metric or "",
            window_days=window_days,
            implemented_on=self.implemented_on or failed_on,
            failed_on=failed_on,
            reason=reason,
        )

    def _must_be(self, *allowed: Status) -> None:
        if self.status not in allowed:
            wanted = " or ".join(_in_words(status) for status in allowed)
            raise CapaNotInTurn(f"{self.number} is {_in_words(self.status)}; for this it has to be {wanted}")


def _said(text: str, what: str) -> str:
    text = text.strip()
    if not text:
        raise CapaSaysNothing(f"say {what}: it is blank")
    return text


def _same_person(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _in_words(status: Status) -> str:
    return status.value.replace("_", " ")
