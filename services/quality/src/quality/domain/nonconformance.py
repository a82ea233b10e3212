"""A nonconformance: something does not meet its requirement, and something has to become of every piece of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import CaseId, CustomerId, ItemId, LineId, LotId, NonconformanceId, OrderId, new_id
from contracts.inventory import LotQuarantined
from contracts.quality import (
    Disposition,
    NonconformanceClosed,
    NonconformanceContained,
    NonconformanceDispositioned,
    NonconformanceRaised,
)
from contracts.service import ComplaintFiled, Severity
from contracts.values import Quantity


class Status(StrEnum):
    """open -> contained <-> dispositioned -> closed; open -> closed only where there was nothing to contain.

    Dispositioned becomes contained again when more lots are contained.
    """

    OPEN = "open"
    CONTAINED = "contained"
    DISPOSITIONED = "dispositioned"
    CLOSED = "closed"


class NonconformanceUnknown(NotFound):
    """No nonconformance has this id."""


class NothingSaid(Malformed):
    """A title or a reason is not blank."""


class NothingToDispose(Malformed):
    """A disposition is about more than nothing."""


class NonconformanceIsClosed(Refused):
    """A closed nonconformance never changes again; what is found later is raised anew."""


class ItemNotKnown(Refused):
    """Lots are lots of an item: which one has to be known before they are contained."""


class NonconformanceOfAnotherItem(Refused):
    """A nonconformance is about one item; another one gets its own."""


class NothingToContain(Refused):
    """Containment names at least one lot."""


class LotNotContained(NotFound):
    """A disposition is about a lot that this nonconformance contains."""


class QuarantineNotConfirmed(Refused):
    """How much of a lot there is to decide upon is inventory's to say, and it has not yet."""


class DispositionExceedsQuarantine(Refused):
    """No more of a lot is decided upon than was quarantined and not decided upon before."""


class QuantityNotDispositioned(Refused):
    """A nonconformance closes when every quarantined piece has its disposition."""


class NothingWasContained(Refused):
    """A nonconformance that never contained anything closes with a reason only."""


@dataclass(frozen=True, kw_only=True)
class ContainedLot:
    """A lot to be quarantined. Its quantity is unknown until inventory has quarantined it."""

    lot_id: LotId
    lot_number: str = ""
    quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of so many of a lot. Decisions are added, never changed."""

    lot_id: LotId
    quantity: Quantity
    disposition: Disposition
    reason: str
    decided_by: str
    decided_on: date


@dataclass(eq=False, kw_only=True)
class Nonconformance:
    """Raised by a complaint or by one of us. `lot_ids` are the lots under suspicion, `contained` those quarantined.

    On CustomersMerged `customer_id` becomes the survivor.
    """

    number: str
    title: str
    severity: Severity
    raised_on: date
    customer_id: CustomerId | None = None
    case_id: CaseId | None = None
    order_id: OrderId | None = None
    line_id: LineId | None = None
    item_id: ItemId | None = None
    lot_ids: tuple[LotId, ...] = ()
    contained: tuple[ContainedLot, ...] = ()
    decisions: tuple[Decision, ...] = ()
    status: Status = Status.OPEN
    closed_because: str | None = None
    nonconformance_id: NonconformanceId = field(default_factory=lambda: NonconformanceId(new_id()))
    version: int = 0

    @staticmethod
    def of_complaint(filed: ComplaintFiled, *, number: str, raised_on: date) -> Nonconformance:
        """What a complaint says, taken over. One complaint raises one: unique (case_id) where it is set."""
        return Nonconformance(
            number=number,
            title=filed.title,
            severity=filed.severity,
            raised_on=raised_on,
            customer_id=filed.customer_id,
            case_id=filed.case_id,
            order_id=filed.order_id,
            line_id=filed.line_id,
            item_id=filed.item_id,
            lot_ids=filed.lot_ids,
        )

    def report(self) -> NonconformanceRaised:
        """Say that something does not meet its requirement."""
        self.title = _said(self.title, "what is wrong, in a title")
        return NonconformanceRaised(
            nonconformance_id=self.nonconformance_id,
            number=self.number,
            title=self.title,
            severity=self.severity,
            customer_id=self.customer_id,
            case_id=self.case_id,
            order_id=self.order_id,
            item_id=self.item_id,
            lot_ids=self.lot_ids,
        )

    def contain_suspects(self, reason: str) -> NonconformanceContained | None:
        """Contain the lots under suspicion, if item and lots are known; what a complaint leads to by itself."""
        if self.item_id is None or not self.lot_ids:
            return None
        return self.contain(self.lot_ids, reason)

    def contain(
        self, lot_ids: Iterable[LotId], reason: str, *, item_id: ItemId | None = None
    ) -> NonconformanceContained | None:
        """These lots must not spread. Tells only those that are new; None when all were contained before."""
        named = dict.fromkeys(lot_ids)
        reason = _said(reason, "why they are contained")
        item = self._item_to_contain(item_id)
        if not named:
            raise NothingToContain("name the lots to be contained")
        known = {lot.lot_id for lot in self.contained}
        new = tuple(lot_id for lot_id in named if lot_id not in known)
        if not new:
            return None
        self.item_id = item
        self.contained = (*self.contained, *(ContainedLot(lot_id=lot_id) for lot_id in new))
        self._settle()
        return NonconformanceContained(
            nonconformance_id=self.nonconformance_id,
            customer_id=self.customer_id,
            item_id=item,
            lot_ids=new,
            reason=reason,
        )

    def confirm_quarantine(self, quarantined: LotQuarantined) -> None:
        """Inventory has quarantined so many of a lot for this nonconformance; its latest word counts.

        Nothing left to quarantine (all of it shipped) is a word, too: then nothing of the lot is to be decided.
        A lot that inventory quarantined for this nonconformance without being asked is contained from now on.
        """
        item = self._item_to_contain(quarantined.item_id)
        if quarantined.quantity < self._decided(quarantined.lot_id, quarantined.quantity.unit):
            raise DispositionExceedsQuarantine(
                f"more of lot {quarantined.lot_number} was decided upon than {quarantined.quantity}; count it again"
            )
        lots = {lot.lot_id: lot for lot in self.contained}
        lots[quarantined.lot_id] = ContainedLot(
            lot_id=quarantined.lot_id, lot_number=quarantined.lot_number, quantity=quarantined.quantity
        )
        self.item_id = item
        self.contained = tuple(lots.values())
        self._settle()

    def remaining(self, lot_id: LotId) -> Quantity | None:
        """What of the lot still needs a disposition; None while inventory has not said how much there is."""
        lot = self._contained_lot(lot_id)
        return None if lot.quantity is None else lot.quantity - self._decided(lot_id, lot.quantity.unit)

    def dispose(
        self,
        lot_id: LotId,
        quantity: Quantity,
        disposition: Disposition,
        reason: str,
        *,
        decided_by: str,
        decided_on: date,
    ) -> NonconformanceDispositioned:
        """Decide what becomes of so many of a lot; in as many steps as there are different answers."""
        reason = _said(reason, "why this is decided")
        self._must_not_be_closed()
        self._must_have_left(lot_id, quantity)
        item = self._item_to_contain(None)
        decision = Decision(
            lot_id=lot_id,
            quantity=quantity,
            disposition=disposition,
            reason=reason,
            decided_by=decided_by,
            decided_on=decided_on,
        )
        self.decisions = (*self.decisions, decision)
        self._settle()
        return NonconformanceDispositioned(
            nonconformance_id=self.nonconformance_id,
            customer_id=self.customer_id,
            item_id=item,
            lot_id=lot_id,
            quantity=quantity,
            disposition=disposition,
            reason=reason,
        )

    def close(self, reason: str = "") -> NonconformanceClosed:
        """Every part of it has its disposition; without anything contained, a reason is asked for instead."""
        self._must_not_be_closed()
        if self.status is Status.CONTAINED:
            raise QuantityNotDispositioned(f"{self.number} still waits for a disposition of {self._what_is_left()}")
        if self.status is Status.OPEN and not reason.strip():
            raise NothingWasContained(f"say why {self.number} closes although nothing was contained")
        self.status, self.closed_because = Status.CLOSED, reason.strip() or None
        return NonconformanceClosed(nonconformance_id=self.nonconformance_id, customer_id=self.customer_id)

    def _item_to_contain(self, item_id: ItemId | None) -> ItemId:
        self._must_not_be_closed()
        item = item_id or self.item_id
        if item is None:
            raise ItemNotKnown(f"say which item the lots of {self.number} are of")
        if self.item_id not in (None, item):
            raise NonconformanceOfAnotherItem(f"{self.number} is about item {self.item_id}; raise another one")
        return item

    def _must_have_left(self, lot_id: LotId, quantity: Quantity) -> None:
        left = self.remaining(lot_id)
        if left is None:
            raise QuarantineNotConfirmed(f"inventory has not yet said how much of lot {lot_id} there is; try later")
        if not quantity.is_positive:
            raise NothingToDispose(f"{quantity} is nothing to decide upon")
        if left < quantity:
            raise DispositionExceedsQuarantine(f"only {left} of lot {lot_id} are left to decide upon")

    def _contained_lot(self, lot_id: LotId) -> ContainedLot:
        for lot in self.contained:
            if lot.lot_id == lot_id:
                return lot
        raise LotNotContained(f"{self.number} does not contain lot {lot_id}; contain it first")

    def _decided(self, lot_id: LotId, unit: str) -> Quantity:
        total = Quantity.zero(unit)
        for decision in self.decisions:
            total = total + decision.quantity if decision.lot_id == lot_id else total
        return total

    def _settle(self) -> None:
        """Dispositioned is what has no lot with something left, or with an unknown quantity."""
        left = [self.remaining(lot.lot_id) for lot in self.contained]
        done = all(each is not None and not each for each in left)
        self.status = Status.DISPOSITIONED if done else Status.CONTAINED

    def _what_is_left(self) -> str:
        open_lots = ((lot, self.remaining(lot.lot_id)) for lot in self.contained)
        return "; ".join(
            f"{'an unknown quantity' if left is None else left} of lot {lot.lot_number or lot.lot_id}"
            for lot, left in open_lots
            if left is None or left
        )

    def _must_not_be_closed(self) -> None:
        if self.status is Status.CLOSED:
            raise NonconformanceIsClosed(f"{self.number} is closed; raise a new nonconformance")


def _said(text: str, what: str) -> str:
    text = text.strip()
    if not text:
        raise NothingSaid(f"say {what}: it is blank")
    return text
