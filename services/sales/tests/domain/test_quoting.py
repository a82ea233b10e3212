"""A quote lives and falls with its opportunity; the customer's yes changes both or neither."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from contracts.errors import OrderloopError
from contracts.ids import CustomerId, ItemId, new_id
from contracts.lines import Line
from contracts.sales import QuotePrepared, QuoteSent, QuoteSuperseded
from contracts.values import Money, Quantity
from sales.domain.offer import Offer, OfferHasNoLines, OfferLapsed
from sales.domain.opportunity import (
    Opportunity,
    OpportunityAlreadyWon,
    OpportunityHasNoCustomer,
    OpportunityIsLost,
    Status,
)
from sales.domain.quote import Quote, QuoteNotSent
from sales.domain.quote import Status as QuoteStatus
from sales.domain.quoting import (
    QuoteOfAnotherOpportunity,
    accept_quote,
    prepare_quote,
    revise_quote,
    send_quote,
)

TODAY = date(2026, 5, 4)
CUSTOMER = CustomerId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def an_offer(price: str = "100.00") -> Offer:
    line = Line(item_id=ItemId(new_id()), sku="RACK", quantity=Quantity.pieces(1), unit_price=euros(price))
    return Offer(lines=(line,), valid_until=date(2026, 5, 31))


def an_opportunity(customer_id: CustomerId | None = CUSTOMER) -> Opportunity:
    return Opportunity(name="Racks", owner="anna", amount=euros("900.00"), opened_on=TODAY, customer_id=customer_id)


def a_sent_quote(opportunity: Opportunity) -> Quote:
    quote, _ = prepare_quote(opportunity, an_offer(), number="Q-1", today=TODAY)
    _ = send_quote(opportunity, quote, TODAY)
    return quote


def refused(error: type[OrderloopError], opportunity: Opportunity, quote: Quote, action: Callable[[], object]) -> None:
    """The action is refused with this error and changes neither."""
    before = vars(opportunity).copy(), vars(quote).copy()

    with pytest.raises(error):
        _ = action()

    assert (vars(opportunity), vars(quote)) == before


def test_a_quote_is_prepared_for_the_customer_of_its_opportunity() -> None:
    opportunity, offer = an_opportunity(), an_offer()

    quote, prepared = prepare_quote(opportunity, offer, number="Q-1", today=TODAY, customer_reference="PO 1")

    assert (quote.opportunity_id, quote.customer_id) == (opportunity.opportunity_id, CUSTOMER)
    assert (quote.number, quote.offer, quote.customer_reference) == ("Q-1", offer, "PO 1")
    assert isinstance(prepared, QuotePrepared)
    assert (prepared.quote_id, prepared.revision) == (quote.quote_id, 1)
    assert opportunity.quoted


@pytest.mark.parametrize(
    ("customer_id", "offer", "error"),
    [
        (None, an_offer(), OpportunityHasNoCustomer),
        (CUSTOMER, Offer(lines=(), valid_until=TODAY), OfferHasNoLines),
        (CUSTOMER, Offer(lines=an_offer().lines, valid_until=TODAY - timedelta(days=1)), OfferLapsed),
    ],
)
def test_a_quote_that_cannot_be_made_leaves_the_opportunity_as_it_was(
    customer_id: CustomerId | None, offer: Offer, error: type[OrderloopError]
) -> None:
    opportunity = an_opportunity(customer_id)
    before = vars(opportunity).copy()

    with pytest.raises(error):
        _ = prepare_quote(opportunity, offer, number="Q-1", today=TODAY)

    assert vars(opportunity) == before


def test_an_open_opportunity_lets_a_quote_be_sent_and_revised() -> None:
    opportunity = an_opportunity()
    quote, _ = prepare_quote(opportunity, an_offer(), number="Q-1", today=TODAY)

    sent = send_quote(opportunity, quote, TODAY)
    events = revise_quote(opportunity, quote, an_offer(price="90.00"), TODAY)

    assert isinstance(sent, QuoteSent)
    assert [type(event) for event in events] == [QuoteSuperseded, QuotePrepared]


def test_an_accepted_quote_wins_the_opportunity_in_one_step() -> None:
    opportunity = an_opportunity()
    quote = a_sent_quote(opportunity)

    accepted, won = accept_quote(opportunity, quote, 1, today=TODAY, customer_reference="PO 4711")

    assert (accepted.quote_id, won.quote_id) == (quote.quote_id, quote.quote_id)
    assert (won.opportunity_id, won.customer_reference) == (opportunity.opportunity_id, "PO 4711")
    assert (quote.status, opportunity.status) == (QuoteStatus.ACCEPTED, Status.WON)


def test_an_acceptance_that_is_refused_wins_nothing() -> None:
    opportunity = an_opportunity()
    quote, _ = prepare_quote(opportunity, an_offer(), number="Q-1", today=TODAY)

    refused(QuoteNotSent, opportunity, quote, lambda: accept_quote(opportunity, quote, 1, today=TODAY))


def test_of_two_quotes_only_one_is_accepted() -> None:
    opportunity = an_opportunity()
    first, second = a_sent_quote(opportunity), a_sent_quote(opportunity)
    _ = accept_quote(opportunity, first, 1, today=TODAY)

    refused(OpportunityAlreadyWon, opportunity, second, lambda: accept_quote(opportunity, second, 1, today=TODAY))


def test_a_reopened_opportunity_can_still_be_won_by_the_quote_that_was_out() -> None:
    opportunity = an_opportunity()
    quote = a_sent_quote(opportunity)
    _ = opportunity.lose("no answer", today=TODAY)
    _ = opportunity.reopen()

    _, won = accept_quote(opportunity, quote, 1, today=TODAY)

    assert won.quote_id == quote.quote_id


ACTIONS: dict[str, Callable[[Opportunity, Quote], object]] = {
    "send": lambda opportunity, quote: send_quote(opportunity, quote, TODAY),
    "revise": lambda opportunity, quote: revise_quote(opportunity, quote, an_offer(), TODAY),
    "accept": lambda opportunity, quote: accept_quote(opportunity, quote, 1, today=TODAY),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_nothing_is_offered_for_a_lost_opportunity(action: Callable[[Opportunity, Quote], object]) -> None:
    opportunity = an_opportunity()
    quote = a_sent_quote(opportunity)
    _ = opportunity.lose("too dear", today=TODAY)

    refused(OpportunityIsLost, opportunity, quote, lambda: action(opportunity, quote))


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_quote_does_not_act_for_another_opportunity(action: Callable[[Opportunity, Quote], object]) -> None:
    quote, other = a_sent_quote(an_opportunity()), an_opportunity()

    refused(QuoteOfAnotherOpportunity, other, quote, lambda: action(other, quote))
