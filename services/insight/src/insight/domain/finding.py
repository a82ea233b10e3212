"""A finding: two sides that do not fit together, and what they are about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from contracts.insight import Side
from insight.domain.kinds import Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """What a finding is about: the same place and kind is the same discrepancy."""

    order_id: UUID | None = None
    line_id: UUID | None = None
    shipment_id: UUID | None = None
    invoice_id: UUID | None = None
    payment_id: UUID | None = None
    item_id: UUID | None = None

    @property
    def within(self) -> str:
        """Tells two places of one subject apart."""
        return " ".join(str(each) for each in (self.line_id, self.shipment_id, self.invoice_id) if each is not None)


@dataclass(frozen=True, slots=True)
class Finding:
    """`one` is who spoke first, as a rule; `other` who does not agree."""

    kind: Kind
    place: Place
    one: Side
    other: Side


Findings = Iterator[Finding]
