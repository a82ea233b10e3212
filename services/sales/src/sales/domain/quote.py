"""Quotes: our offer to a customer, in numbered revisions of which only the newest counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.errors import NotFound, Refused
from contracts.ids import CustomerId, OpportunityId, QuoteId, new_id
from contracts.sales import QuoteAccepted, QuoteExpired, QuotePrepared, QuoteRejected, QuoteSent, QuoteSuperseded
from sales.domain.offer import Offer, OfferLapsed
from sales.domain.reason import stated


class QuoteNotSent(Refused):
    """Only an offer that left the house can be accepted or rejected."""


class QuoteAlreadySent(Refused):
    """A revision is sent once."""


class QuoteAlreadyAccepted(Refused):
    """An accepted quote binds both sides and does not change any more."""


class QuoteWasRejected(Refused):
    """The customer said no to this revision; it takes a new one to ask again."""


class RevisionReplaced(Refused):
    """Only the newest revision counts; a superseded one can neither be accepted nor rejected."""


class RevisionUnknown(NotFound):
    """The quote has no such revision yet."""


class Status(StrEnum):
    """Where a revision stands. The current one is never superseded; an earlier one is never draft, sent, accepted."""

    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, kw_only=True)
class Revision:
    """An earlier revision, as it was when the next one took its place."""

    revision: int
    offer: Offer
    status: Status
    sent_on: date | None = None
    reason: str | None = None


@dataclass(eq=False, kw_only=True)
class Quote:
    """The current revision of our offer, and the earlier ones, oldest first.

    `customer_reference` is the customer's own order number, often known at acceptance only.
    """

    opportunity_id: OpportunityId
    customer_id: CustomerId
    number: str
    offer: Offer
    customer_reference: str | None = None
    revision: int = 1
    status: Status = Status.DRAFT
    sent_on: date | None = None
    decided_on: date | None = None
    reason: str | None = None
    earlier: tuple[Revision, ...] = ()
    quote_id: QuoteId = field(default_factory=lambda: QuoteId(new_id()))
    version: int = 0

    def prepare(self, today: date) -> QuotePrepared:
        """Tell of a revision just drafted."""
        _must_be_offered(self.offer, today)
        return QuotePrepared(
            quote_id=self.quote_id,
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            number=self.number,
            revision=self.revision,
            lines=self.offer.lines,
            total=self.offer.total,
            valid_until=self.offer.valid_until,
        )

    def send(self, today: date) -> QuoteSent:
        """Let the draft leave the house: from now on the customer may accept it."""
        if self.status is not Status.DRAFT:
            raise QuoteAlreadySent(f"revision {self.revision} is {self.status}; revise the quote to send another")
        self.offer.must_stand(today)
        self.status, self.sent_on = Status.SENT, today
        return QuoteSent(
            quote_id=self.quote_id,
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            number=self.number,
            revision=self.revision,
            total=self.offer.total,
            valid_until=self.offer.valid_until,
        )

    def revise(self, offer: Offer, today: date) -> tuple[QuoteSuperseded | QuotePrepared, ...]:
        """Draft the next revision; the one before can no longer be accepted from this moment on.

        A revision that was rejected or has expired stays so; only a draft or sent one is superseded.
        """
        if self.status is Status.ACCEPTED:
            raise QuoteAlreadyAccepted("amend the order instead")
        _must_be_offered(offer, today)
        superseded = self._supersede()
        self.revision, self.offer = self.revision + 1, offer
        self.status, self.sent_on, self.decided_on, self.reason = Status.DRAFT, None, None, None
        return *superseded, self.prepare(today)

    def accept(self, revision: int, *, today: date, customer_reference: str | None = None) -> QuoteAccepted:
        """The customer says yes to the revision it holds, on its last day at the latest: the opportunity is won."""
        self._must_be_current(revision)
        self._must_be_sent()
        self.offer.must_stand(today)
        self.status, self.decided_on = Status.ACCEPTED, today
        self.customer_reference = customer_reference or self.customer_reference
        return QuoteAccepted(
            quote_id=self.quote_id,
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            number=self.number,
            revision=self.revision,
            total=self.offer.total,
        )

    def reject(self, revision: int, reason: str, *, today: date) -> QuoteRejected:
        """The customer says no to the revision it holds; its opportunity stays open for another."""
        self._must_be_current(revision)
        self._must_be_sent()
        self.reason = stated(reason)
        self.status, self.decided_on = Status.REJECTED, today
        return QuoteRejected(
            quote_id=self.quote_id,
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            revision=self.revision,
            reason=self.reason,
        )

    def expire(self, today: date) -> QuoteExpired | None:
        """Close a sent quote whose last day has passed; None when there is nothing to close (yet)."""
        if self.status is not Status.SENT or not self.offer.has_lapsed(today):
            return None
        self.status, self.decided_on = Status.EXPIRED, today
        return QuoteExpired(
            quote_id=self.quote_id,
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            revision=self.revision,
        )

    def _supersede(self) -> tuple[QuoteSuperseded, ...]:
        standing = self.status in (Status.DRAFT, Status.SENT)
        past = Revision(
            revision=self.revision,
            offer=self.offer,
            status=Status.SUPERSEDED if standing else self.status,
            sent_on=self.sent_on,
            reason=self.reason,
        )
        self.earlier = (*self.earlier, past)
        return (self._superseded(),) if standing else ()

    def _superseded(self) -> QuoteSuperseded:
        return QuoteSuperseded(
            quote_id=self.quote_id,
            opportunity_id=self.opportunity_id,
            customer_id=self.customer_id,
            revision=self.revision,
            superseded_by=self.revision + 1,
        )

    def _must_be_current(self, revision: int) -> None:
        if revision < self.revision:
            raise RevisionReplaced(f"revision {self.revision} took its place; ask the customer about that one")
        if revision > self.revision:
            raise RevisionUnknown(f"the newest revision is {self.revision}")

    def _must_be_sent(self) -> None:
        match self.status:
            case Status.ACCEPTED:
                raise QuoteAlreadyAccepted("the customer has accepted it already")
            case Status.REJECTED:
                raise QuoteWasRejected("make a new revision")
            case Status.EXPIRED:
                raise OfferLapsed(f"it stood until {self.offer.valid_until}; make a new revision")
            case Status.DRAFT | Status.SUPERSEDED:
                raise QuoteNotSent("send it first")
            case Status.SENT:
                return


def _must_be_offered(offer: Offer, today: date) -> None:
    offer.must_be_possible()
    offer.must_stand(today)
