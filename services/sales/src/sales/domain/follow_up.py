"""The follow-up of an opportunity: what happened to its order, up to cash, complaint and corrective action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.event import Event
from contracts.ids import OpportunityId
from contracts.values import Money
from sales.domain.happening import Entry, Kind
from sales.domain.happenings_of_money import cash_happening, invoice_happening
from sales.domain.happenings_of_orders import obstacle_happening, order_happening, shipment_happening
from sales.domain.happenings_of_quality import capa_happening, complaint_happening, nonconformance_happening

_TELLERS = (
    order_happening,
    obstacle_happening,
    shipment_happening,
    invoice_happening,
    cash_happening,
    complaint_happening,
    nonconformance_happening,
    capa_happening,
)

STATES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.HOLD: ("applied", "released"),
    Kind.SHIPMENT: ("dispatched", "delivered"),
    Kind.INVOICE: ("overdue", "open", "paid"),
    Kind.COMPLAINT: ("filed", "reopened", "resolved", "closed"),
    Kind.NONCONFORMANCE: ("raised", "contained", "dispositioned", "closed"),
    Kind.CAPA: ("open", "root cause identified", "planned", "implemented", "effective"),
}
"""Of several invoices, complaints … of one opportunity, the one whose state comes first here speaks for all."""


def entry_of(event: Event, *, event_id: UUID, at: datetime) -> Entry | None:
    """The entry that this event makes; None when it means nothing to a salesperson."""
    for tell in _TELLERS:
        if (happening := tell(event)) is not None:
            return Entry(event_id=event_id, at=at, happening=happening)
    return None


@dataclass(eq=False, kw_only=True)
class FollowUp:
    """The entries of one opportunity, oldest first, and what they come to. It is computed when it is read."""

    opportunity_id: OpportunityId
    entries: tuple[Entry, ...] = ()

    @staticmethod
    def of(opportunity_id: OpportunityId, entries: Iterable[Entry]) -> FollowUp:
        """Of these entries, those that belong to the opportunity, each event once."""
        once = {entry.event_id: entry for entry in entries}
        ours = _subjects_below(opportunity_id, once.values())
        mine = [entry for entry in once.values() if entry.happening.subject in ours]
        mine.sort(key=lambda entry: (entry.at, entry.event_id))
        return FollowUp(opportunity_id=opportunity_id, entries=tuple(mine))

    @property
    def order_state(self) -> str | None:
        """What the order told last: placed, confirmed, partly shipped … closed, cancelled; None before it is placed."""
        return next(reversed(self._states(Kind.ORDER).values()), None)

    @property
    def on_hold(self) -> bool:
        """Whether any hold stands."""
        return self._furthest_from_its_end(Kind.HOLD) == "applied"

    @property
    def shipment_state(self) -> str | None:
        """Dispatched as long as one shipment is on its way."""
        return self._furthest_from_its_end(Kind.SHIPMENT)

    @property
    def invoice_state(self) -> str | None:
        """Overdue or open as long as one invoice is."""
        return self._furthest_from_its_end(Kind.INVOICE)

    @property
    def complaint_state(self) -> str | None:
        """Filed, reopened, resolved or closed; None when nobody complained."""
        return self._furthest_from_its_end(Kind.COMPLAINT)

    @property
    def nonconformance_state(self) -> str | None:
        """Raised, contained, dispositioned or closed."""
        return self._furthest_from_its_end(Kind.NONCONFORMANCE)

    @property
    def capa_state(self) -> str | None:
        """From open to effective; an ineffective one is open again."""
        return self._furthest_from_its_end(Kind.CAPA)

    @property
    def invoiced(self) -> Money | None:
        """Gross of all invoices less credit notes; None before the first one."""
        return self._sum(Kind.INVOICE)

    @property
    def paid(self) -> Money | None:
        """What settled the order's invoices; None before the first payment."""
        return self._sum(Kind.CASH, "allocated")

    @property
    def refunded(self) -> Money | None:
        """What went back to the customer."""
        return self._sum(Kind.CASH, "refunded")

    @property
    def margin(self) -> Money | None:
        """What the closed order brought; None until it is closed."""
        return self._sum(Kind.MARGIN)

    def _furthest_from_its_end(self, kind: Kind) -> str | None:
        return min(self._states(kind).values(), key=STATES[kind].index, default=None)

    def _states(self, kind: Kind) -> dict[UUID, str]:
        told = (entry.happening for entry in self.entries if entry.happening.kind is kind)
        return {each.subject: each.state for each in told if each.state is not None}

    def _sum(self, kind: Kind, state: str | None = None) -> Money | None:
        told = (entry.happening for entry in self.entries if entry.happening.kind is kind)
        amounts = [each.amount for each in told if each.amount is not None and state in (None, each.state)]
        return Money.total(amounts, amounts[0].currency) if amounts else None


def _subjects_below(root: UUID, entries: Iterable[Entry]) -> set[UUID]:
    """Every subject that belongs to the root: by a parent, or a parent's parent, and so on."""
    children: dict[UUID, set[UUID]] = {}
    for entry in entries:
        for parent in entry.happening.parents:
            children.setdefault(parent, set()).add(entry.happening.subject)
    found: set[UUID] = set()
    ahead = [root]
    while ahead:
        new = children.get(ahead.pop(), set()) - found
        found |= new
        ahead.extend(new)
    return found
