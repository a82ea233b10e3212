"""Opportunities: a chance to sell, moving through the pipeline until it is won or lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from contracts.errors import Malformed, Refused
from contracts.ids import CustomerId, LeadId, OpportunityId, QuoteId, new_id
from contracts.sales import (
    OpportunityAssigned,
    OpportunityCustomerNamed,
    OpportunityEstimated,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityStageChanged,
    OpportunityWon,
    Stage,
)
from contracts.values import Money
from sales.domain.quote import Quote
from sales.domain.quote import Status as QuoteStatus
from sales.domain.reason import stated

PROBABILITY_PERCENT: Final[Mapping[Stage, Decimal]] = {
    "prospecting": Decimal(10),
    "engaging": Decimal(25),
    "proposing": Decimal(50),
    "negotiating": Decimal(75),
}
"""The stages in their order, and how likely an open opportunity in them is won."""


class AmountNegative(Malformed):
    """An opportunity is worth nothing or more."""


class OpportunityAlreadyWon(Refused):
    """A won opportunity is an order now and does not change any more."""


class OpportunityIsLost(Refused):
    """A lost opportunity rests until it is reopened."""


class OpportunityNotLost(Refused):
    """Only a lost opportunity can be reopened."""


class OpportunityHasNoCustomer(Refused):
    """An offer is made to a customer whom we know."""


class OpportunityAlreadyQuoted(Refused):
    """Once an offer was drafted for a customer, the opportunity stays that customer's."""


class QuoteNotAccepted(Refused):
    """An opportunity is won by nothing but the customer's yes to one of its own quotes."""


class Status(StrEnum):
    """Whether there is still something to win; lost may become open again, won is final."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(eq=False, kw_only=True)
class Opportunity:
    """A chance to sell something for about `amount`, net of tax. Its customer may become known later.

    `external_reference` is its source's own number, unique if given. `quote_id` is the quote that won it.
    """

    name: str
    owner: str
    amount: Money
    opened_on: date
    customer_id: CustomerId | None = None
    stage: Stage = "prospecting"
    status: Status = Status.OPEN
    expected_close_on: date | None = None
    external_reference: str | None = None
    lead_id: LeadId | None = None
    quoted: bool = False
    quote_id: QuoteId | None = None
    closed_on: date | None = None
    reason: str | None = None
    competitor: str | None = None
    opportunity_id: OpportunityId = field(default_factory=lambda: OpportunityId(new_id()))
    version: int = 0

    @property
    def probability_percent(self) -> Decimal:
        """How likely we win: 100 when we have, 0 when we have lost, else the stage's."""
        if self.status is Status.OPEN:
            return PROBABILITY_PERCENT[self.stage]
        return Decimal(100 if self.status is Status.WON else 0)

    @property
    def weighted(self) -> Money:
        """The amount times the probability: what the pipeline counts it for."""
        return self.amount.percent(self.probability_percent)

    def open(self) -> OpportunityOpened:
        """Tell of an opportunity just made."""
        self.must_be_open()
        _must_not_be_negative(self.amount)
        return OpportunityOpened(
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            name=self.name,
            owner=self.owner,
            stage=self.stage,
            amount=self.amount,
            expected_close_on=self.expected_close_on,
            external_reference=self.external_reference,
        )

    def move_to(self, stage: Stage) -> OpportunityStageChanged | None:
        """Move it in the pipeline, forward or back; None when it is there already."""
        self.must_be_open()
        if stage == self.stage:
            return None
        before, self.stage = self.stage, stage
        return OpportunityStageChanged(
            opportunity_id=self.opportunity_id, customer_id=self.customer_id, before=before, after=stage
        )

    def name_customer(self, customer_id: CustomerId) -> OpportunityCustomerNamed | None:
        """Say whose it is, anew until the first quote is drafted; None when we knew."""
        self.must_be_open()
        if customer_id == self.customer_id:
            return None
        if self.quoted:
            raise OpportunityAlreadyQuoted("open another opportunity for the other customer")
        self.customer_id = customer_id
        return OpportunityCustomerNamed(opportunity_id=self.opportunity_id, customer_id=customer_id)

    def assign(self, owner: str) -> OpportunityAssigned | None:
        """Hand it to another salesperson, a closed one too, since its follow-up goes on; None when it is theirs."""
        if owner == self.owner:
            return None
        self.owner = owner
        return OpportunityAssigned(opportunity_id=self.opportunity_id, customer_id=self.customer_id, owner=owner)

    def estimate(self, amount: Money, expected_close_on: date | None) -> OpportunityEstimated | None:
        """Say anew what it is worth and when it will be decided; None when that is what we thought."""
        self.must_be_open()
        _must_not_be_negative(amount)
        if (amount, expected_close_on) == (self.amount, self.expected_close_on):
            return None
        self.amount, self.expected_close_on = amount, expected_close_on
        return OpportunityEstimated(
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            amount=amount,
            expected_close_on=expected_close_on,
        )

    def begin_quoting(self) -> CustomerId:
        """Whom an offer is for; from now on the opportunity is that customer's."""
        self.must_be_open()
        if self.customer_id is None:
            raise OpportunityHasNoCustomer("say first whose opportunity it is")
        self.quoted = True
        return self.customer_id

    def win(self, quote: Quote, today: date) -> OpportunityWon:
        """Both sides are bound by the accepted quote, whose net total is the amount from here on."""
        self.must_be_open()
        if quote.opportunity_id != self.opportunity_id or quote.status is not QuoteStatus.ACCEPTED:
            raise QuoteNotAccepted("let the customer accept a quote of this opportunity")
        self.status, self.closed_on = Status.WON, today
        self.quote_id, self.amount = quote.quote_id, quote.offer.net
        return OpportunityWon(
            opportunity_id=self.opportunity_id,
            customer_id=quote.customer_id,
            quote_id=quote.quote_id,
            revision=quote.revision,
            lines=quote.offer.lines,
            total=quote.offer.total,
            customer_reference=quote.customer_reference,
            prepaid=quote.offer.prepaid,
            requested_on=quote.offer.requested_on,
            owner=self.owner,
            won_on=today,
        )

    def lose(self, reason: str, *, today: date, competitor: str | None = None) -> OpportunityLost:
        """The customer will not buy; quotes still out cannot be accepted until it is reopened."""
        self.must_be_open()
        self.reason = stated(reason)
        self.status, self.closed_on, self.competitor = Status.LOST, today, competitor
        return OpportunityLost(
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            reason=self.reason,
            competitor=competitor,
        )

    def reopen(self) -> OpportunityReopened:
        """Go on where it was when it was lost."""
        if self.status is not Status.LOST:
            raise OpportunityNotLost(f"it is {self.status}; there is nothing to reopen")
        self.status, self.closed_on, self.reason, self.competitor = Status.OPEN, None, None, None
        return OpportunityReopened(opportunity_id=self.opportunity_id, customer_id=self.customer_id, stage=self.stage)

    def must_be_open(self) -> None:
        """Refuse what can only be done while there is something to win."""
        if self.status is Status.WON:
            raise OpportunityAlreadyWon("it is an order now; amend the order, or open another opportunity")
        if self.status is Status.LOST:
            raise OpportunityIsLost("reopen it first")


def _must_not_be_negative(amount: Money) -> None:
    if amount.is_negative:
        raise AmountNegative(f"{amount} is below zero; give what the customer may pay")
