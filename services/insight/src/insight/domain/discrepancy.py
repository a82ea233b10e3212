"""A discrepancy: a finding that was told, until it is no longer found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.errors import NotFound
from contracts.event import Event
from contracts.ids import DiscrepancyId, InvoiceId, ItemId, LineId, OrderId, PaymentId, ShipmentId, new_id
from contracts.insight import DiscrepancyCleared, DiscrepancyDetected, Evidence
from insight.domain.finding import Finding
from insight.domain.statement import Statement

Key = tuple[UUID, str, str]
"""The subject, the kind, and where in the subject: one open discrepancy each."""


class DiscrepancyUnknown(NotFound):
    """Only what was detected has an id here."""


@dataclass(frozen=True, kw_only=True)
class Discrepancy:
    """`told` is what was published last; `told_at` when."""

    about: UUID
    within: str
    told: DiscrepancyDetected
    told_at: datetime

    @property
    def key(self) -> Key:
        return (self.about, self.told.kind, self.within)

    def clear(self, heard: Iterable[Statement[Event]]) -> DiscrepancyCleared:
        """Both sides fit together now; `heard` is all that was said of the subject."""
        since = sorted(
            (each for each in heard if each.heard_at > self.told_at), key=lambda each: (each.at, each.event_id)
        )
        return DiscrepancyCleared(
            discrepancy_id=self.told.discrepancy_id,
            kind=self.told.kind,
            order_id=self.told.order_id,
            payment_id=self.told.payment_id,
            item_id=self.told.item_id,
            because=tuple(Evidence(event_id=e.event_id, type=e.event.type_name(), at=e.at) for e in since),
        )


@dataclass(frozen=True)
class Changes:
    """What is to be told: found for the first time, found with other values, no longer found."""

    detected: list[tuple[Key, DiscrepancyDetected]] = field(default_factory=list[tuple[Key, DiscrepancyDetected]])
    changed: list[DiscrepancyDetected] = field(default_factory=list[DiscrepancyDetected])
    cleared: list[DiscrepancyCleared] = field(default_factory=list[DiscrepancyCleared])

    @property
    def events(self) -> tuple[DiscrepancyDetected | DiscrepancyCleared, ...]:
        return (*(event for _, event in self.detected), *self.changed, *self.cleared)

    def note(
        self,
        about: UUID,
        findings: Sequence[Finding],
        known: Iterable[Discrepancy],
        heard: Sequence[Statement[Event]] = (),
    ) -> None:
        """Compare what is found of a subject now with what is known to be open of it."""
        open_ = {each.key: each for each in known}
        for finding in findings:
            key = (about, finding.kind.value, finding.place.within)
            before = open_.pop(key, None)
            if before is None:
                self.detected.append((key, detected(finding)))
            elif (before.told.one, before.told.other) != (finding.one, finding.other):
                self.changed.append(detected(finding, before.told.discrepancy_id))
        self.cleared.extend(each.clear(heard) for each in open_.values())


def detected(finding: Finding, discrepancy_id: DiscrepancyId | None = None) -> DiscrepancyDetected:
    place = finding.place
    return DiscrepancyDetected(
        discrepancy_id=discrepancy_id or DiscrepancyId(new_id()),
        kind=finding.kind.value,
        meaning=finding.kind.meaning,
        order_id=None if place.order_id is None else OrderId(place.order_id),
        line_id=None if place.line_id is None else LineId(place.line_id),
        shipment_id=None if place.shipment_id is None else ShipmentId(place.shipment_id),
        invoice_id=None if place.invoice_id is None else InvoiceId(place.invoice_id),
        payment_id=None if place.payment_id is None else PaymentId(place.payment_id),
        item_id=None if place.item_id is None else ItemId(place.item_id),
        one=finding.one,
        other=finding.other,
    )
