"""Changing a promise: cancel what has not left the house, or amend quantities and lines.

What inventory has never heard of changes at once. For the rest inventory is asked to give back, and its answer decides:
what it gives back is cancelled or no longer ordered, what it does not give back has left the house and stays ordered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.errors import Refused
from contracts.ids import LineId, ReleaseId, new_id
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    LineChange,
    OrderAmended,
    OrderAmendmentRejected,
    OrderAmendmentRequested,
    OrderCancellationRequested,
    OrderCancelled,
    StockReleaseRequested,
)
from contracts.values import Quantity
from order.domain.line import NOTHING, LineProgress
from order.domain.promise import Promise, Status

Amending = OrderAmended | OrderAmendmentRequested | OrderAmendmentRejected | StockReleaseRequested
Cancelling = OrderCancelled | OrderCancellationRequested | StockReleaseRequested


class NothingLeftToCancel(Refused):
    """Only what has not left the house can be cancelled."""


class BelowWhatIsShipped(Refused):
    """A line cannot be amended below what of it has left the house or was cancelled."""


class NothingToAmend(Refused):
    """An amendment changes at least one quantity or adds a line."""


class NothingWouldRemain(Refused):
    """An order that the customer wants nothing of is cancelled, not amended."""


class ChangeUnderWay(Refused):
    """One cancellation or amendment at a time: the one before has to be answered by inventory first."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A cancellation, or an amendment (`amends`), that waits for inventory's answer."""

    release_id: ReleaseId
    reason: str
    amends: bool
    cancelled_already: tuple[LineQuantity, ...] = ()


@dataclass(eq=False, kw_only=True)
class ChangeablePromise(Promise):
    """A promise and the change of it that is under way, if any."""

    release: Release | None = None

    def _cancel(self, reason: str) -> tuple[Cancelling, ...]:
        """Raises OrderIsOver, ChangeUnderWay, NothingLeftToCancel."""
        self._must_be_open_to_change()
        if not self.is_open:
            raise NothingLeftToCancel(f"all of order {self.number} has left the house; take it back as a return")
        at_once = self._moved("pending", "cancelled")
        asked = tuple(line.as_quantity(line.open) for line in self.lines if line.open)
        if not asked:
            return (self._cancelled(at_once, reason),)
        release = self._start(reason, amends=False, cancelled_already=at_once)
        requested = OrderCancellationRequested(
            order_id=self.order_id, customer_id=self.customer_id, release_id=release.release_id, reason=reason
        )
        return (requested, self._asked_back(release, asked))

    def _amend(
        self, quantities: Mapping[LineId, Decimal], added: Sequence[OrderLine], reason: str
    ) -> tuple[Amending, ...]:
        """Raises OrderIsOver, ChangeUnderWay, LineNotFound, NothingToAmend, NothingWouldRemain, BelowWhatIsShipped …"""
        self._must_be_open_to_change()
        self._check_amendment(quantities, added)
        at_once = self._resize(quantities, added)
        excess = [(self.line(id), self.line(id).ordered - quantity) for id, quantity in quantities.items()]
        asked = tuple(line.as_quantity(quantity) for line, quantity in excess if quantity)
        amended = (self._amended(at_once),) if at_once else ()
        if not asked:
            return amended
        release = self._start(reason, amends=True)
        requested = OrderAmendmentRequested(
            order_id=self.order_id, customer_id=self.customer_id, release_id=release.release_id, lines=asked
        )
        return (*amended, requested, self._asked_back(release, asked))

    def _finish_change(
        self, release_id: ReleaseId, given_back: Sequence[LineQuantity]
    ) -> OrderCancelled | OrderAmended | OrderAmendmentRejected | None:
        """Inventory has answered. None when nobody waits for this answer."""
        release = self.release
        if release is None or release.release_id != release_id:
            return None
        self.release = None
        before = {each.line_id: self.line(each.line_id).line.quantity for each in given_back}
        for each in given_back:
            self.line(each.line_id).call_back(each.quantity.value, forget=release.amends)
        if release.amends and given_back:
            return self._amended(before)
        cancelled = (*release.cancelled_already, *given_back)
        return self._cancelled(cancelled, release.reason) if cancelled else self._rejected(release)

    def _resize(self, quantities: Mapping[LineId, Decimal], added: Sequence[OrderLine]) -> dict[LineId, Quantity]:
        """Do what needs nobody's consent; returns what the lines that it changed were before."""
        before = {id: self.line(id).line.quantity for id in quantities}
        for line_id, quantity in quantities.items():
            self.line(line_id).resize(quantity)
        self.lines += [LineProgress.of(line) for line in added]
        before |= {line.line_id: Quantity.zero(line.quantity.unit) for line in added}
        return {id: was for id, was in before.items() if self.line(id).line.quantity != was}

    def _check_amendment(self, quantities: Mapping[LineId, Decimal], added: Sequence[OrderLine]) -> None:
        for line_id, quantity in quantities.items():
            self._must_cover_what_is_shipped(self.line(line_id), quantity)
        self._must_be_sound(added)
        if not added and all(self.line(id).ordered == quantity for id, quantity in quantities.items()):
            raise NothingToAmend("name a line with another quantity, or a line to add")
        wanted = sum((quantities.get(line.line_id, line.ordered) - line.cancelled for line in self.lines), NOTHING)
        if not added and not wanted:
            raise NothingWouldRemain(f"nothing of order {self.number} would remain; cancel it instead")

    def _must_cover_what_is_shipped(self, line: LineProgress, quantity: Decimal) -> None:
        if quantity < line.shipped + line.cancelled:
            raise BelowWhatIsShipped(
                f"{line.shipped} of {line.line.sku} have left the house and {line.cancelled} are cancelled; "
                f"amend to at least {line.shipped + line.cancelled}"
            )

    def _must_be_open_to_change(self) -> None:
        self._must_not_be_over()
        if self.release is not None:
            raise ChangeUnderWay(
                f"order {self.number} waits for inventory's answer to an earlier change; try again soon"
            )

    def _start(self, reason: str, *, amends: bool, cancelled_already: tuple[LineQuantity, ...] = ()) -> Release:
        self.release = Release(
            release_id=ReleaseId(new_id()), reason=reason, amends=amends, cancelled_already=cancelled_already
        )
        return self.release

    def _asked_back(self, release: Release, lines: tuple[LineQuantity, ...]) -> StockReleaseRequested:
        return StockReleaseRequested(order_id=self.order_id, release_id=release.release_id, lines=lines)

    def _cancelled(self, lines: Sequence[LineQuantity], reason: str) -> OrderCancelled:
        """The order is worth so much less as was cancelled: to the cent, however the tax was rounded."""
        summed = _summed(lines)
        before = self._total_with({each.line_id: each.quantity.value for each in summed})
        return OrderCancelled(
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=summed,
            total=self.total,
            cancelled=before - self.total,
            reason=reason,
            complete=self.status is Status.CANCELLED,
        )

    def _amended(self, before: Mapping[LineId, Quantity]) -> OrderAmended:
        return OrderAmended(
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=tuple(line.line for line in self.lines),
            changes=tuple(
                LineChange(line_id=id, before=was, after=self.line(id).line.quantity) for id, was in before.items()
            ),
            total=self.total,
        )

    def _rejected(self, release: Release) -> OrderAmendmentRejected:
        """The answer to a cancellation, too: nothing was cancelled, the order stays as it was."""
        return OrderAmendmentRejected(
            order_id=self.order_id,
            customer_id=self.customer_id,
            release_id=release.release_id,
            reason="the goods had already left the house",
        )


def _summed(lines: Sequence[LineQuantity]) -> tuple[LineQuantity, ...]:
    """One entry a line."""
    found: dict[LineId, LineQuantity] = {}
    for each in lines:
        before = found.get(each.line_id)
        whole = each.quantity if before is None else before.quantity + each.quantity
        found[each.line_id] = LineQuantity(line_id=each.line_id, item_id=each.item_id, quantity=whole)
    return tuple(found.values())
