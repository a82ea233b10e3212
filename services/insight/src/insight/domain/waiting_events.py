"""Events that came and could not be taken in, so that all later ones of their subject wait behind them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from contracts.event import Recorded
from contracts.insight import Evidence, Side
from insight.domain.finding import Finding, Place
from insight.domain.kinds import Kind
from insight.domain.statement import NOTHING

NAMED = ("order_id", "payment_id", "item_id")
SPEAKERS = ("order", "inventory", "finance")


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """The first event that waits of a key; `is_old` when it has had its time."""

    first: Recorded
    missing_before: bool
    reason: str
    is_old: bool

    @property
    def subject(self) -> UUID:
        return self.first.subject

    @property
    def names(self) -> dict[str, UUID]:
        """The order, payment and item that it names, as far as it can be read."""
        with suppress(ValueError, AttributeError):
            said = cast("dict[str, object]", json.loads(self.first.data))
            return {name: UUID(str(said[name])) for name in NAMED if said.get(name)}
        return {}

    @property
    def concerns(self) -> set[UUID]:
        """Of these not everything has been heard: they are not compared before it is."""
        return {self.subject, *self.names.values()}

    def finding(self) -> Finding | None:
        """None for services that no side of a discrepancy is."""
        service = self.first.source.rpartition("/")[2]
        if service not in SPEAKERS:
            return None
        kind = Kind.EVENT_MISSING if self.missing_before else Kind.EVENT_NOT_READABLE
        evidence = Evidence(event_id=self.first.id, type=self.first.type, at=self.first.time)
        came = Side(service=service, says="came", value=f"event {self.first.sequence}", events=(evidence,))
        other = Side(service=service, says="before it", value=NOTHING if self.missing_before else self.reason)
        return Finding(kind, Place(**self.names), came, other)
