"""A hold: something that has to be settled before more of an order is confirmed or shipped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contracts.errors import NotFound, Refused
from contracts.ids import HoldId, new_id
from contracts.order import HoldKind


class HoldNotFound(NotFound):
    """The order has no such hold."""


class HoldIsAutomatic(Refused):
    """What was applied by a check is released by that check."""


class HoldAlreadyReleased(Refused):
    """A hold is released once."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """It stands until it is released for a reason. Credit holds come and go with finance's events, others by hand."""

    hold_id: HoldId = field(default_factory=lambda: HoldId(new_id()))
    kind: HoldKind
    reason: str
    released_because: str | None = None

    @property
    def stands(self) -> bool:
        return self.released_because is None

    def released(self, because: str) -> Hold:
        return replace(self, released_because=because)

    def must_be_releasable_by_hand(self) -> None:
        """Raises HoldIsAutomatic, HoldAlreadyReleased."""
        if self.kind == "credit":
            raise HoldIsAutomatic("a credit hold goes when cash comes in or the limit is raised")
        if not self.stands:
            raise HoldAlreadyReleased(f"hold {self.hold_id} was released because {self.released_because}")
