"""Leads: someone may want to buy. Who that is stays in this service; events name the source only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.errors import Refused
from contracts.ids import CustomerId, LeadId, OpportunityId, new_id
from contracts.sales import LeadCaptured, LeadDisqualified, LeadQualified, OpportunityOpened
from sales.domain.opportunity import Opportunity
from sales.domain.reason import stated


class LeadAlreadyQualified(Refused):
    """A lead becomes at most one opportunity of one customer."""


class LeadIsDisqualified(Refused):
    """Nothing more is done with a disqualified lead."""


class LeadHasNoCustomer(Refused):
    """A lead becomes the opportunity of a customer whom we know."""


class Status(StrEnum):
    """Where a lead stands; the last two are final."""

    NEW = "new"
    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"


@dataclass(eq=False, kw_only=True)
class Lead:
    """A contact that may become an opportunity. `external_reference` is its source's own number, unique if given."""

    source: str
    name: str
    captured_on: date
    contact: str | None = None
    external_reference: str | None = None
    status: Status = Status.NEW
    opportunity_id: OpportunityId | None = None
    customer_id: CustomerId | None = None
    reason: str | None = None
    lead_id: LeadId = field(default_factory=lambda: LeadId(new_id()))
    version: int = 0

    def capture(self) -> LeadCaptured:
        """Tell of a lead just made."""
        return LeadCaptured(lead_id=self.lead_id, source=self.source, external_reference=self.external_reference)

    def qualify(self, opportunity: Opportunity) -> tuple[LeadQualified, OpportunityOpened]:
        """Turn the lead into this new opportunity: both are saved together, or neither."""
        self._must_be_new()
        customer_id = opportunity.customer_id
        if customer_id is None:
            raise LeadHasNoCustomer("register the customer first, then qualify the lead for it")
        opened = opportunity.open()
        self.status = Status.QUALIFIED
        self.opportunity_id, self.customer_id = opportunity.opportunity_id, customer_id
        opportunity.lead_id = self.lead_id
        qualified = LeadQualified(
            lead_id=self.lead_id, opportunity_id=opportunity.opportunity_id, customer_id=customer_id
        )
        return qualified, opened

    def disqualify(self, reason: str) -> LeadDisqualified:
        """Give the lead up."""
        self._must_be_new()
        self.reason = stated(reason)
        self.status = Status.DISQUALIFIED
        return LeadDisqualified(lead_id=self.lead_id, reason=self.reason)

    def _must_be_new(self) -> None:
        if self.status is Status.QUALIFIED:
            raise LeadAlreadyQualified(f"it is opportunity {self.opportunity_id} now; go on with that one")
        if self.status is Status.DISQUALIFIED:
            raise LeadIsDisqualified(f"it was given up ({self.reason}); capture a new lead")
