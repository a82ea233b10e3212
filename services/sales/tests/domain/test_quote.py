"""A quote is accepted once, in its newest revision, while it stands."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import OrderloopError
from contracts.ids import CustomerId, ItemId, OpportunityId, new_id
from contracts.lines import Line
from contracts.sales import QuoteAccepted, QuoteExpired, QuotePrepared, QuoteRejected, QuoteSent, QuoteSuperseded
from contracts.values import Money, Quantity
from sales.domain.offer import Offer, OfferHasNoLines, OfferInTwoCurrencies, OfferLapsed, OfferLineImpossible
from sales.domain.quote import (
    Quote,
    QuoteAlreadyAccepted,
    QuoteAlreadySent,
    QuoteNotSent,
    QuoteWasRejected,
    Revision,
    RevisionReplaced,
    RevisionUnknown,
    Status,
)
from sales.domain.reason import ReasonMissing

TODAY = date(2026, 5, 4)
LAST_DAY = date(2026, 5, 31)


def money(amount: str, currency: str = "EUR") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


def a_line(*, quantity: str = "1", price: str = "100.00", currency: str = "EUR", tax: str = "0") -> Line:
    return Line(
        item_id=ItemId(new_id()),
        sku="RACK",
        quantity=Quantity.pieces(quantity),
        unit_price=money(price, currency),
        tax_percent=Decimal(tax),
    )


def an_offer(*lines: Line, valid_until: date = LAST_DAY) -> Offer:
    return Offer(lines=lines or (a_line(),), valid_until=valid_until)


def a_quote(offer: Offer | None = None) -> Quote:
    return Quote(
        opportunity_id=OpportunityId(new_id()),
        customer_id=CustomerId(new_id()),
        number="Q-1",
        offer=offer or an_offer(),
    )


def a_sent_quote() -> Quote:
    quote = a_quote()
    _ = quote.send(TODAY)
    return quote


def an_accepted_quote() -> Quote:
    quote = a_sent_quote()
    _ = quote.accept(1, today=TODAY)
    return quote


def a_rejected_quote() -> Quote:
    quote = a_sent_quote()
    _ = quote.reject(1, "too dear", today=TODAY)
    return quote


def an_expired_quote() -> Quote:
    quote = a_sent_quote()
    _ = quote.expire(LAST_DAY + timedelta(days=1))
    return quote


def refused(error: type[OrderloopError], quote: Quote, action: Callable[[Quote], object]) -> None:
    """The action is refused with this error and changes nothing."""
    before = vars(quote).copy()

    with pytest.raises(error):
        _ = action(quote)

    assert vars(quote) == before


def test_a_prepared_quote_tells_its_lines_and_gross_total() -> None:
    lines = (a_line(quantity="3", price="10.00", tax="19"), a_line(price="5.55", tax="7"))
    quote = a_quote(an_offer(*lines))

    assert quote.prepare(TODAY) == QuotePrepared(
        quote_id=quote.quote_id,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        number="Q-1",
        revision=1,
        lines=lines,
        total=money("41.64"),
        valid_until=LAST_DAY,
    )
    assert (quote.status, quote.offer.net) == (Status.DRAFT, money("35.55"))


def test_the_tax_of_an_offer_is_rounded_once_per_rate() -> None:
    offer = an_offer(a_line(price="0.13", tax="19"), a_line(price="0.13", tax="19"), a_line(price="0.07", tax="7"))

    assert (offer.net, offer.total) == (money("0.33"), money("0.38"))


IMPOSSIBLE: dict[str, tuple[Offer, type[OrderloopError]]] = {
    "no lines": (Offer(lines=(), valid_until=LAST_DAY), OfferHasNoLines),
    "two currencies": (an_offer(a_line(), a_line(currency="USD")), OfferInTwoCurrencies),
    "a quantity of nothing": (an_offer(a_line(quantity="0")), OfferLineImpossible),
    "a negative quantity": (an_offer(a_line(), a_line(quantity="-1")), OfferLineImpossible),
    "a negative price": (an_offer(a_line(price="-0.01")), OfferLineImpossible),
    "a day gone by": (an_offer(valid_until=TODAY - timedelta(days=1)), OfferLapsed),
}


@pytest.mark.parametrize(("offer", "error"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_offer_is_not_prepared(offer: Offer, error: type[OrderloopError]) -> None:
    refused(error, a_quote(offer), lambda it: it.prepare(TODAY))


@pytest.mark.parametrize(("offer", "error"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_offer_replaces_nothing(offer: Offer, error: type[OrderloopError]) -> None:
    refused(error, a_sent_quote(), lambda it: it.revise(offer, TODAY))


def test_an_offer_may_give_something_away_and_stand_for_today_only() -> None:
    prepared = a_quote(an_offer(a_line(price="0.00"), valid_until=TODAY)).prepare(TODAY)

    assert prepared.total == money("0.00")


def test_a_sent_quote_tells_until_when_it_stands() -> None:
    quote = a_quote()

    sent = quote.send(TODAY)

    assert sent == QuoteSent(
        quote_id=quote.quote_id,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        number="Q-1",
        revision=1,
        total=money("100.00"),
        valid_until=LAST_DAY,
    )
    assert (quote.status, quote.sent_on) == (Status.SENT, TODAY)


@pytest.mark.parametrize("make", [a_sent_quote, an_accepted_quote, a_rejected_quote, an_expired_quote])
def test_a_revision_is_sent_once(make: Callable[[], Quote]) -> None:
    refused(QuoteAlreadySent, make(), lambda it: it.send(TODAY))


def test_a_lapsed_draft_is_not_sent() -> None:
    refused(OfferLapsed, a_quote(), lambda it: it.send(LAST_DAY + timedelta(days=1)))


def test_the_customer_accepts_on_the_last_day() -> None:
    quote = a_sent_quote()

    accepted = quote.accept(1, today=LAST_DAY, customer_reference="PO 4711")

    assert accepted == QuoteAccepted(
        quote_id=quote.quote_id,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        number="Q-1",
        revision=1,
        total=money("100.00"),
    )
    assert (quote.status, quote.decided_on, quote.customer_reference) == (Status.ACCEPTED, LAST_DAY, "PO 4711")


def test_an_acceptance_without_a_reference_keeps_the_one_that_was_known() -> None:
    quote = a_sent_quote()
    quote.customer_reference = "PO 1"

    _ = quote.accept(1, today=TODAY)

    assert quote.customer_reference == "PO 1"


def test_the_customer_does_not_accept_after_the_last_day() -> None:
    refused(OfferLapsed, a_sent_quote(), lambda it: it.accept(1, today=LAST_DAY + timedelta(days=1)))


ANSWERS: dict[str, Callable[[Quote], object]] = {
    "accept": lambda it: it.accept(1, today=TODAY),
    "reject": lambda it: it.reject(1, "too dear", today=TODAY),
}
NOT_SENT: list[tuple[Callable[[], Quote], type[OrderloopError]]] = [
    (a_quote, QuoteNotSent),
    (an_accepted_quote, QuoteAlreadyAccepted),
    (a_rejected_quote, QuoteWasRejected),
    (an_expired_quote, OfferLapsed),
]


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize(("make", "error"), NOT_SENT)
def test_only_a_sent_quote_is_answered(
    make: Callable[[], Quote], error: type[OrderloopError], answer: Callable[[Quote], object]
) -> None:
    refused(error, make(), answer)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_a_superseded_revision_is_not_answered(answer: Callable[[Quote], object]) -> None:
    quote = a_sent_quote()
    _ = quote.revise(an_offer(), TODAY)
    _ = quote.send(TODAY)

    refused(RevisionReplaced, quote, answer)


def test_a_revision_to_come_is_unknown() -> None:
    refused(RevisionUnknown, a_sent_quote(), lambda it: it.accept(2, today=TODAY))


def test_a_rejected_quote_keeps_why() -> None:
    quote = a_sent_quote()

    rejected = quote.reject(1, " too dear ", today=TODAY)

    assert rejected == QuoteRejected(
        quote_id=quote.quote_id,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        revision=1,
        reason="too dear",
    )
    assert (quote.status, quote.reason, quote.decided_on) == (Status.REJECTED, "too dear", TODAY)


def test_a_quote_is_not_rejected_without_a_reason() -> None:
    refused(ReasonMissing, a_sent_quote(), lambda it: it.reject(1, "", today=TODAY))


def test_a_new_revision_supersedes_the_one_before_at_the_same_moment() -> None:
    quote, offer = a_sent_quote(), an_offer(a_line(price="90.00"))
    first = quote.offer

    superseded, prepared = quote.revise(offer, TODAY)

    assert superseded == QuoteSuperseded(
        quote_id=quote.quote_id,
        opportunity_id=quote.opportunity_id,
        customer_id=quote.customer_id,
        revision=1,
        superseded_by=2,
    )
    assert isinstance(prepared, QuotePrepared)
    assert (prepared.revision, prepared.lines, prepared.total) == (2, offer.lines, money("90.00"))
    assert (quote.status, quote.revision, quote.offer, quote.sent_on) == (Status.DRAFT, 2, offer, None)
    assert quote.earlier == (Revision(revision=1, offer=first, status=Status.SUPERSEDED, sent_on=TODAY),)


def test_a_draft_is_superseded_too() -> None:
    quote = a_quote()

    events = quote.revise(an_offer(), TODAY)

    assert [type(event) for event in events] == [QuoteSuperseded, QuotePrepared]
    assert quote.earlier[0].status is Status.SUPERSEDED


@pytest.mark.parametrize(
    ("make", "status", "reason"),
    [(a_rejected_quote, Status.REJECTED, "too dear"), (an_expired_quote, Status.EXPIRED, None)],
)
def test_a_revision_that_was_over_stays_what_it_was(
    make: Callable[[], Quote], status: Status, reason: str | None
) -> None:
    quote = make()

    events = quote.revise(an_offer(), TODAY)

    assert [type(event) for event in events] == [QuotePrepared]
    assert (quote.earlier[0].status, quote.earlier[0].reason) == (status, reason)
    assert (quote.status, quote.reason, quote.decided_on) == (Status.DRAFT, None, None)


def test_an_accepted_quote_is_not_revised() -> None:
    refused(QuoteAlreadyAccepted, an_accepted_quote(), lambda it: it.revise(an_offer(), TODAY))


def test_a_sent_quote_expires_after_its_last_day() -> None:
    quote = a_sent_quote()

    expired = quote.expire(LAST_DAY + timedelta(days=1))

    assert expired == QuoteExpired(
        quote_id=quote.quote_id, opportunity_id=quote.opportunity_id, customer_id=quote.customer_id, revision=1
    )
    assert quote.status is Status.EXPIRED


def test_a_quote_does_not_expire_on_its_last_day() -> None:
    quote = a_sent_quote()
    before = vars(quote).copy()

    assert quote.expire(LAST_DAY) is None
    assert vars(quote) == before


@pytest.mark.parametrize("make", [a_quote, an_accepted_quote, a_rejected_quote, an_expired_quote])
def test_only_a_sent_quote_expires(make: Callable[[], Quote]) -> None:
    quote = make()
    before = vars(quote).copy()

    assert quote.expire(LAST_DAY + timedelta(days=1)) is None
    assert vars(quote) == before


STEPS: dict[str, Callable[[Quote, int, date], object]] = {
    "send": lambda quote, _, today: quote.send(today),
    "revise": lambda quote, _, today: quote.revise(an_offer(valid_until=today + timedelta(days=2)), today),
    "accept": lambda quote, back, today: quote.accept(quote.revision - back, today=today),
    "reject": lambda quote, back, today: quote.reject(quote.revision - back, "no", today=today),
    "expire": lambda quote, _, today: quote.expire(today),
}
STEP = st.tuples(st.sampled_from(sorted(STEPS)), st.integers(-1, 1), st.integers(0, 2))


def walk(quote: Quote, steps: list[tuple[str, int, int]]) -> list[object]:
    """Take the steps one after the other, days apart; what is refused must change nothing. Gives the outcomes."""
    outcomes, today = list[object](), TODAY
    for name, back, days in steps:
        today += timedelta(days=days)
        before = vars(quote).copy()
        try:
            outcomes.append(STEPS[name](quote, back, today))
        except OrderloopError:
            assert vars(quote) == before
    return outcomes


@settings(derandomize=True, max_examples=300)
@given(st.lists(STEP, max_size=20))
def test_whatever_is_tried_at_most_one_revision_is_accepted_and_it_is_the_newest(
    steps: list[tuple[str, int, int]],
) -> None:
    quote = a_quote()

    outcomes = walk(quote, steps)

    accepted = [outcome for outcome in outcomes if isinstance(outcome, QuoteAccepted)]
    assert [each.revision for each in accepted] == ([quote.revision] if quote.status is Status.ACCEPTED else [])
    assert [each.revision for each in quote.earlier] == list(range(1, quote.revision))
    assert {each.status for each in quote.earlier} <= {Status.SUPERSEDED, Status.REJECTED, Status.EXPIRED}
