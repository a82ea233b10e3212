"""What the sales service tells: leads, opportunities, quotes, prices."""

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.event import Event
from contracts.ids import CustomerId, ItemId, LeadId, OpportunityId, PriceListId, QuoteId
from contracts.lines import Line
from contracts.values import Money, Value

Stage = Literal["prospecting", "engaging", "proposing", "negotiating"]


class LeadCaptured(Event):
    """Someone may want to buy."""

    lead_id: LeadId
    source: str
    external_reference: str | None = None


class LeadQualified(Event):
    """The lead is worth a salesperson's time: it became an opportunity of a customer."""

    lead_id: LeadId
    opportunity_id: OpportunityId
    customer_id: CustomerId


class LeadDisqualified(Event):
    """Nothing will come of the lead."""

    lead_id: LeadId
    reason: str


class OpportunityOpened(Event):
    """A chance to sell something. The customer may still be unknown."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None
    name: str
    owner: str
    stage: Stage
    amount: Money
    expected_close_on: date | None = None
    external_reference: str | None = None


class OpportunityCustomerNamed(Event):
    """It turned out whose opportunity it is."""

    opportunity_id: OpportunityId
    customer_id: CustomerId


class OpportunityAssigned(Event):
    """Another salesperson takes care of it."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None
    owner: str


class OpportunityEstimated(Event):
    """We think differently of how much it is worth or when it will be decided."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None
    amount: Money
    expected_close_on: date | None


class OpportunityStageChanged(Event):
    """The opportunity moved in the pipeline."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None
    before: Stage
    after: Stage


class OpportunityWon(Event):
    """The customer accepted our offer; both sides are bound by its lines."""

    opportunity_id: OpportunityId
    customer_id: CustomerId
    quote_id: QuoteId
    revision: int
    lines: tuple[Line, ...] = Field(min_length=1)
    total: Money
    customer_reference: str | None = None
    prepaid: bool = False
    requested_on: date | None = None
    owner: str = ""
    won_on: date | None = None


class OpportunityLost(Event):
    """The customer will not buy this time."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None
    reason: str
    competitor: str | None = None


class OpportunityReopened(Event):
    """A lost opportunity has a chance again."""

    opportunity_id: OpportunityId
    customer_id: CustomerId | None
    stage: Stage


class QuotePrepared(Event):
    """An offer was drafted; revision n+1 replaces revision n."""

    quote_id: QuoteId
    opportunity_id: OpportunityId
    customer_id: CustomerId
    number: str
    revision: int
    lines: tuple[Line, ...]
    total: Money
    valid_until: date


class QuoteSent(Event):
    """The offer left the house; from now on the customer may accept it until the day it names."""

    quote_id: QuoteId
    opportunity_id: OpportunityId
    customer_id: CustomerId
    number: str
    revision: int
    total: Money
    valid_until: date


class QuoteSuperseded(Event):
    """A newer revision took the place of this one, which can no longer be accepted."""

    quote_id: QuoteId
    opportunity_id: OpportunityId
    customer_id: CustomerId
    revision: int
    superseded_by: int


class QuoteAccepted(Event):
    """The customer said yes to this revision."""

    quote_id: QuoteId
    opportunity_id: OpportunityId
    customer_id: CustomerId
    number: str
    revision: int
    total: Money


class QuoteRejected(Event):
    """The customer said no to this revision."""

    quote_id: QuoteId
    opportunity_id: OpportunityId
    customer_id: CustomerId
    revision: int
    reason: str


class QuoteExpired(Event):
    """The day until which the offer stood has passed."""

    quote_id: QuoteId
    opportunity_id: OpportunityId
    customer_id: CustomerId
    revision: int


class ListPrice(Value):
    """The net price of one unit of an item."""

    item_id: ItemId
    price: Money


class PriceListPublished(Event):
    """From a day on, and perhaps until a day, these prices hold."""

    price_list_id: PriceListId
    name: str
    currency: str
    valid_from: date
    valid_until: date | None
    prices: tuple[ListPrice, ...]


class PriceListRetired(Event):
    """From this day on the prices of the list do not hold any more."""

    price_list_id: PriceListId
    retired_from: date
