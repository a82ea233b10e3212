"""An opportunity moves through the pipeline and is won by an accepted quote of its own, or lost with a reason."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from contracts.errors import OrderloopError
from contracts.ids import CustomerId, ItemId, OpportunityId, new_id
from contracts.lines import Line
from contracts.sales import (
    OpportunityAssigned,
    OpportunityCustomerNamed,
    OpportunityEstimated,
    OpportunityLost,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityStageChanged,
    Stage,
)
from contracts.values import Money, Quantity
from sales.domain.offer import Offer
from sales.domain.opportunity import (
    AmountNegative,
    Opportunity,
    OpportunityAlreadyQuoted,
    OpportunityAlreadyWon,
    OpportunityHasNoCustomer,
    OpportunityIsLost,
    OpportunityNotLost,
    QuoteNotAccepted,
    Status,
)
from sales.domain.quote import Quote
from sales.domain.reason import ReasonMissing

TODAY = date(2026, 5, 4)
CUSTOMER = CustomerId(new_id())


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


def an_opportunity(
    *, customer_id: CustomerId | None = CUSTOMER, stage: Stage = "prospecting", amount: str = "1000.00"
) -> Opportunity:
    return Opportunity(
        name="Racks",
        owner="anna",
        amount=euros(amount),
        opened_on=date(2026, 3, 3),
        customer_id=customer_id,
        stage=stage,
        expected_close_on=date(2026, 6, 30),
        external_reference="1C1I7A6R",
    )


def a_lost_opportunity() -> Opportunity:
    opportunity = an_opportunity(stage="proposing")
    _ = opportunity.lose("too dear", today=TODAY, competitor="Acme")
    return opportunity


def a_won_opportunity() -> Opportunity:
    opportunity = an_opportunity()
    _ = opportunity.win(an_accepted_quote(opportunity.opportunity_id), TODAY)
    return opportunity


def a_quote(opportunity_id: OpportunityId) -> Quote:
    line = Line(
        item_id=ItemId(new_id()),
        sku="RACK",
        quantity=Quantity.pieces(2),
        unit_price=euros("400.00"),
        tax_percent=Decimal(19),
    )
    offer = Offer(lines=(line,), valid_until=date(2026, 5, 31), prepaid=True, requested_on=date(2026, 6, 15))
    return Quote(opportunity_id=opportunity_id, customer_id=CUSTOMER, number="Q-1", offer=offer)


def an_accepted_quote(opportunity_id: OpportunityId) -> Quote:
    quote = a_quote(opportunity_id)
    _ = quote.send(TODAY)
    _ = quote.accept(1, today=TODAY, customer_reference="PO 4711")
    return quote


def refused(error: type[OrderloopError], opportunity: Opportunity, action: Callable[[Opportunity], object]) -> None:
    """The action is refused with this error and changes nothing."""
    before = vars(opportunity).copy()

    with pytest.raises(error):
        _ = action(opportunity)

    assert vars(opportunity) == before


def test_an_opened_opportunity_tells_all_that_is_known_of_it() -> None:
    opportunity = an_opportunity(customer_id=None, stage="engaging")

    assert opportunity.open() == OpportunityOpened(
        opportunity_id=opportunity.opportunity_id,
        customer_id=None,
        name="Racks",
        owner="anna",
        stage="engaging",
        amount=euros("1000.00"),
        expected_close_on=date(2026, 6, 30),
        external_reference="1C1I7A6R",
    )


def test_an_opportunity_is_not_opened_with_a_negative_amount() -> None:
    refused(AmountNegative, an_opportunity(amount="-0.01"), lambda it: it.open())


@pytest.mark.parametrize(
    ("stage", "percent", "weighted"),
    [
        ("prospecting", 10, "100.00"),
        ("engaging", 25, "250.00"),
        ("proposing", 50, "500.00"),
        ("negotiating", 75, "750.00"),
    ],
)
def test_an_open_opportunity_counts_with_the_probability_of_its_stage(
    stage: Stage, percent: int, weighted: str
) -> None:
    opportunity = an_opportunity(stage=stage)

    assert (opportunity.probability_percent, opportunity.weighted) == (percent, euros(weighted))


def test_a_won_opportunity_counts_in_full_and_a_lost_one_not_at_all() -> None:
    assert a_won_opportunity().probability_percent == 100
    assert a_lost_opportunity().weighted == euros("0.00")


def test_an_opportunity_moves_forward_and_back() -> None:
    opportunity = an_opportunity()

    forward = opportunity.move_to("negotiating")
    back = opportunity.move_to("engaging")

    assert forward == OpportunityStageChanged(
        opportunity_id=opportunity.opportunity_id, customer_id=CUSTOMER, before="prospecting", after="negotiating"
    )
    assert back is not None
    assert (back.before, back.after, opportunity.stage) == ("negotiating", "engaging", "engaging")


def test_an_opportunity_moved_to_its_own_stage_tells_nothing() -> None:
    assert an_opportunity(stage="engaging").move_to("engaging") is None


def test_the_customer_may_become_known_and_be_corrected_before_quoting() -> None:
    opportunity = an_opportunity(customer_id=None)

    _ = opportunity.name_customer(CustomerId(new_id()))
    named = opportunity.name_customer(CUSTOMER)

    assert named == OpportunityCustomerNamed(opportunity_id=opportunity.opportunity_id, customer_id=CUSTOMER)
    assert opportunity.customer_id == CUSTOMER


def test_the_customer_stays_once_a_quote_was_begun() -> None:
    opportunity = an_opportunity()
    _ = opportunity.begin_quoting()

    refused(OpportunityAlreadyQuoted, opportunity, lambda it: it.name_customer(CustomerId(new_id())))


def test_the_same_customer_may_be_named_again_after_quoting() -> None:
    opportunity = an_opportunity()
    _ = opportunity.begin_quoting()

    assert opportunity.name_customer(CUSTOMER) is None

    assert opportunity.customer_id == CUSTOMER


def test_quoting_needs_a_customer() -> None:
    refused(OpportunityHasNoCustomer, an_opportunity(customer_id=None), lambda it: it.begin_quoting())


def test_an_opportunity_is_handed_over_even_when_won() -> None:
    opportunity = a_won_opportunity()

    assigned = opportunity.assign("ben")

    assert assigned == OpportunityAssigned(opportunity_id=opportunity.opportunity_id, customer_id=CUSTOMER, owner="ben")
    assert opportunity.owner == "ben"


def test_what_is_said_again_is_told_to_nobody() -> None:
    opportunity = an_opportunity(amount="1000.00")
    before = vars(opportunity).copy()

    assert opportunity.assign("anna") is None
    assert opportunity.estimate(euros("1000"), date(2026, 6, 30)) is None

    assert vars(opportunity) == before


def test_an_estimate_may_change_while_open() -> None:
    opportunity = an_opportunity()

    estimated = opportunity.estimate(euros("1500.00"), date(2026, 7, 31))

    assert estimated == OpportunityEstimated(
        opportunity_id=opportunity.opportunity_id,
        customer_id=CUSTOMER,
        amount=euros("1500.00"),
        expected_close_on=date(2026, 7, 31),
    )
    assert (opportunity.amount, opportunity.expected_close_on) == (euros("1500.00"), date(2026, 7, 31))


def test_an_estimate_is_not_negative() -> None:
    refused(AmountNegative, an_opportunity(), lambda it: it.estimate(euros("-1.00"), None))


def test_an_accepted_quote_wins_its_opportunity() -> None:
    opportunity = an_opportunity()
    quote = an_accepted_quote(opportunity.opportunity_id)

    won = opportunity.win(quote, TODAY)

    assert (won.opportunity_id, won.quote_id, won.revision) == (opportunity.opportunity_id, quote.quote_id, 1)
    assert (won.customer_id, won.owner) == (CUSTOMER, "anna")
    assert (won.lines, won.total) == (quote.offer.lines, euros("952.00"))
    assert (won.customer_reference, won.prepaid, won.requested_on) == ("PO 4711", True, date(2026, 6, 15))
    assert (opportunity.status, opportunity.quote_id, opportunity.closed_on) == (Status.WON, quote.quote_id, TODAY)
    assert won.won_on == TODAY


def test_a_won_opportunity_is_worth_the_net_total_of_its_quote() -> None:
    assert a_won_opportunity().amount == euros("800.00")


def test_a_quote_not_accepted_wins_nothing() -> None:
    opportunity = an_opportunity()
    quote = a_quote(opportunity.opportunity_id)
    _ = quote.send(TODAY)

    refused(QuoteNotAccepted, opportunity, lambda it: it.win(quote, TODAY))


def test_a_quote_of_another_opportunity_wins_nothing() -> None:
    other = an_accepted_quote(OpportunityId(new_id()))

    refused(QuoteNotAccepted, an_opportunity(), lambda it: it.win(other, TODAY))


def test_a_lost_opportunity_keeps_why_and_to_whom() -> None:
    opportunity = an_opportunity(customer_id=None)

    lost = opportunity.lose(" too dear ", today=TODAY, competitor="Acme")

    assert lost == OpportunityLost(
        opportunity_id=opportunity.opportunity_id, customer_id=None, reason="too dear", competitor="Acme"
    )
    assert (opportunity.status, opportunity.reason, opportunity.closed_on) == (Status.LOST, "too dear", TODAY)


def test_an_opportunity_is_not_lost_without_a_reason() -> None:
    refused(ReasonMissing, an_opportunity(), lambda it: it.lose(" ", today=TODAY))


def test_a_reopened_opportunity_goes_on_where_it_was() -> None:
    opportunity = a_lost_opportunity()

    reopened = opportunity.reopen()

    assert reopened == OpportunityReopened(
        opportunity_id=opportunity.opportunity_id, customer_id=CUSTOMER, stage="proposing"
    )
    assert opportunity.status is Status.OPEN
    assert (opportunity.reason, opportunity.competitor, opportunity.closed_on) == (None, None, None)


@pytest.mark.parametrize("make", [an_opportunity, a_won_opportunity])
def test_only_a_lost_opportunity_is_reopened(make: Callable[[], Opportunity]) -> None:
    refused(OpportunityNotLost, make(), lambda it: it.reopen())


ACTIONS: dict[str, Callable[[Opportunity], object]] = {
    "open": lambda it: it.open(),
    "move": lambda it: it.move_to("negotiating"),
    "name its customer": lambda it: it.name_customer(CUSTOMER),
    "estimate": lambda it: it.estimate(euros("1.00"), None),
    "quote": lambda it: it.begin_quoting(),
    "win": lambda it: it.win(an_accepted_quote(it.opportunity_id), TODAY),
    "lose": lambda it: it.lose("again", today=TODAY),
}


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_won_opportunity_is_left_alone(action: Callable[[Opportunity], object]) -> None:
    refused(OpportunityAlreadyWon, a_won_opportunity(), action)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_a_lost_opportunity_rests(action: Callable[[Opportunity], object]) -> None:
    refused(OpportunityIsLost, a_lost_opportunity(), action)
