"""What a quote and its opportunity do together: each function changes both, to be saved in one transaction."""

from datetime import date

from contracts.errors import Malformed
from contracts.sales import OpportunityWon, QuoteAccepted, QuotePrepared, QuoteSent, QuoteSuperseded
from sales.domain.offer import Offer
from sales.domain.opportunity import Opportunity
from sales.domain.quote import Quote


class QuoteOfAnotherOpportunity(Malformed):
    """A quote wins, and lives and falls with, the opportunity for which it was made."""


def prepare_quote(
    opportunity: Opportunity, offer: Offer, *, number: str, today: date, customer_reference: str | None = None
) -> tuple[Quote, QuotePrepared]:
    """Draft revision 1 of a quote for an open opportunity whose customer is known."""
    offer.must_be_possible()
    offer.must_stand(today)
    quote = Quote(
        opportunity_id=opportunity.opportunity_id,
        customer_id=opportunity.begin_quoting(),
        number=number,
        offer=offer,
        customer_reference=customer_reference,
    )
    return quote, quote.prepare(today)


def send_quote(opportunity: Opportunity, quote: Quote, today: date) -> QuoteSent:
    """Nothing is offered for an opportunity that is won or lost."""
    _must_be_open_for(quote, opportunity)
    return quote.send(today)


def revise_quote(
    opportunity: Opportunity, quote: Quote, offer: Offer, today: date
) -> tuple[QuoteSuperseded | QuotePrepared, ...]:
    """Nothing is offered anew for an opportunity that is won or lost."""
    _must_be_open_for(quote, opportunity)
    return quote.revise(offer, today)


def accept_quote(
    opportunity: Opportunity, quote: Quote, revision: int, *, today: date, customer_reference: str | None = None
) -> tuple[QuoteAccepted, OpportunityWon]:
    """The customer's yes wins the opportunity; there is no other way to win one."""
    _must_be_open_for(quote, opportunity)
    accepted = quote.accept(revision, today=today, customer_reference=customer_reference)
    return accepted, opportunity.win(quote, today)


def _must_be_open_for(quote: Quote, opportunity: Opportunity) -> None:
    if quote.opportunity_id != opportunity.opportunity_id:
        raise QuoteOfAnotherOpportunity(f"{quote.number} is for opportunity {quote.opportunity_id}")
    opportunity.must_be_open()
