"""Credit: how much more a customer may owe. Finance decides that; this is our copy, to look at while quoting."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.finance import CreditState, CreditStateChanged
from contracts.ids import CustomerId
from contracts.values import Money


@dataclass(eq=False, kw_only=True)
class CreditStanding:
    """The newest that finance told about a customer; without a limit it may owe any amount."""

    customer_id: CustomerId
    state: CreditState
    exposure: Money
    limit: Money | None

    @staticmethod
    def of(changed: CreditStateChanged) -> CreditStanding:
        return CreditStanding(
            customer_id=changed.customer_id, state=changed.state, exposure=changed.exposure, limit=changed.limit
        )

    @property
    def headroom(self) -> Money | None:
        """What the customer may owe besides, negative above the limit; None without a limit."""
        return None if self.limit is None else self.limit - self.exposure

    def fits(self, total: Money) -> bool | None:
        """Whether an order of this gross total would fit today; None when it is in another currency.

        A warning, never a refusal: the order is checked when it is placed.
        """
        if self.headroom is None:
            return True
        return None if total.currency != self.headroom.currency else total <= self.headroom
