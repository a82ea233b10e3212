"""An interaction: someone talked with the customer. It is recorded once and never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contracts.customer import InteractionLogged
from contracts.errors import Malformed, Refused
from contracts.ids import ContactId, CustomerId, InteractionId, new_id
from customer.domain.contact import contact_in
from customer.domain.customer import Customer, CustomerIsMerged, Status


class InteractionInTheFuture(Refused):
    """What is logged has happened; what is planned is not an interaction."""


class InteractionSaysNothing(Malformed):
    """An interaction without a word about it tells the next reader nothing."""


class InteractionOfAnotherCustomer(Malformed):
    """An interaction belongs to exactly one customer: the one whose id it carries."""


class Channel(StrEnum):
    """How we talked."""

    MAIL = "mail"
    CALL = "call"
    VISIT = "visit"
    CHAT = "chat"
    SOCIAL = "social"


class Direction(StrEnum):
    """Who began: the customer (inbound) or we (outbound)."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """What was said, by whom, when. Only that it happened, when, and on which channel leaves the customer service.

    After a merge it keeps the id of the customer with whom it was told, and is read with the survivor's.
    """

    customer_id: CustomerId
    channel: Channel
    direction: Direction
    summary: str
    happened_at: datetime
    logged_by: str
    contact_id: ContactId | None = None
    interaction_id: InteractionId = field(default_factory=lambda: InteractionId(new_id()))

    def log(self, customer: Customer, *, now: datetime) -> InteractionLogged:
        """Record it with the customer; one that was merged is refused, so that its survivor is named."""
        if customer.customer_id != self.customer_id:
            raise InteractionOfAnotherCustomer(f"the interaction names {self.customer_id}, not {customer.number}")
        if customer.status is Status.MERGED:
            raise CustomerIsMerged(f"{customer.number} was merged; log it with its survivor {customer.survivor_id}")
        self._must_be_told_properly(customer, now)
        return InteractionLogged(
            customer_id=self.customer_id,
            interaction_id=self.interaction_id,
            channel=self.channel.value,
            happened_at=self.happened_at,
        )

    def _must_be_told_properly(self, customer: Customer, now: datetime) -> None:
        if not self.summary.strip():
            raise InteractionSaysNothing("write a line about what was said")
        if self.happened_at > now:
            raise InteractionInTheFuture(f"{self.happened_at:%Y-%m-%d %H:%M} is still to come; log it afterwards")
        if self.contact_id is not None:
            _ = contact_in(customer.contacts, self.contact_id)
