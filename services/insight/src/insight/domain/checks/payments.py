"""Payments and items: each a subject of its own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from contracts.event import Event
from contracts.finance import CreditNoteIssued, PaymentAllocated, PaymentReceived, RefundIssued
from contracts.inventory import AvailabilityChanged
from insight.domain.finding import Finding, Findings, Place
from insight.domain.kinds import Kind
from insight.domain.order_story import Survivors
from insight.domain.statement import Statement, side, silent
from insight.domain.story import ZERO, Story, plain


class PaymentStory(Story):
    """A payment, what became of it, and the credit notes on the invoices that it settled."""

    def __init__(self, payment_id: UUID, statements: Iterable[Statement[Event]], survivors: Survivors) -> None:
        super().__init__(statements)
        self.payment_id = payment_id
        self.survivors = survivors

    @property
    def place(self) -> Place:
        return Place(payment_id=self.payment_id)

    @property
    def received(self) -> Statement[PaymentReceived] | None:
        return self.first(PaymentReceived)

    @property
    def allocated(self) -> Decimal:
        return sum((each.event.amount.amount for each in self.all(PaymentAllocated)), ZERO)

    @property
    def refunded(self) -> Decimal:
        return sum((each.event.amount.amount for each in self.all(RefundIssued)), ZERO)

    @property
    def to_be_had(self) -> Decimal:
        """What came in, and what credit notes may have freed to be allocated again."""
        freed = sum((each.event.gross.amount for each in self.all(CreditNoteIssued)), ZERO)
        return freed + (ZERO if self.received is None else self.received.event.amount.amount)

    @property
    def is_over(self) -> bool:
        """All of it has found its place."""
        received = self.received
        return received is not None and self.allocated + self.refunded >= received.event.amount.amount


def invoices_settled_by(statements: Iterable[Statement[Event]]) -> set[UUID]:
    """The invoices that a payment was allocated to."""
    return {each.event.invoice_id for each in statements if isinstance(each.event, PaymentAllocated)}


def unknown_payment(payment: PaymentStory) -> Findings:
    if payment.received is None:
        said = [*payment.all(PaymentAllocated), *payment.all(RefundIssued)]
        one = side("finance", "allocated or refunded", plain(payment.allocated + payment.refunded), said)
        yield Finding(Kind.UNKNOWN_PAYMENT, payment.place, one, silent("finance", "received"))


def allocated_more_than_received(payment: PaymentStory) -> Findings:
    if (received := payment.received) is not None and payment.allocated > payment.to_be_had:
        one = side("finance", "received", received.event.amount, [received, *payment.all(CreditNoteIssued)])
        other = side("finance", "allocated", plain(payment.allocated), payment.all(PaymentAllocated))
        yield Finding(Kind.ALLOCATED_MORE_THAN_RECEIVED, payment.place, one, other)


def refunded_more_than_unallocated(payment: PaymentStory) -> Findings:
    """More allocated than received is told by itself."""
    if (received := payment.received) is None:
        return
    left = max(payment.to_be_had - payment.allocated, ZERO)
    if payment.refunded > left:
        behind = [received, *payment.all(PaymentAllocated), *payment.all(CreditNoteIssued)]
        one = side("finance", "unallocated", plain(left), behind)
        other = side("finance", "refunded", plain(payment.refunded), payment.all(RefundIssued))
        yield Finding(Kind.REFUNDED_MORE_THAN_UNALLOCATED, payment.place, one, other)


def payment_customer_differs(payment: PaymentStory) -> Findings:
    if (received := payment.received) is None:
        return
    payer = payment.survivors.get(received.event.customer_id, received.event.customer_id)
    for said in payment.all(PaymentAllocated):
        whose = payment.survivors.get(said.event.customer_id, said.event.customer_id)
        if whose != payer:
            place = Place(payment_id=payment.payment_id, invoice_id=said.event.invoice_id)
            one = side("finance", "payer", payer, [received])
            yield Finding(Kind.PAYMENT_CUSTOMER_DIFFERS, place, one, side("finance", "debtor", whose, [said]))


def availability_negative(item: Story) -> Findings:
    if (said := item.last(AvailabilityChanged)) is not None:
        event = said.event
        for name, quantity in (("available", event.available), ("on hand", event.on_hand)):
            if quantity.value < 0:
                one, other = side("inventory", name, quantity, [said]), side("inventory", "at least", 0)
                yield Finding(Kind.AVAILABILITY_NEGATIVE, Place(item_id=event.item_id), one, other)
                return


def availability_does_not_add_up(item: Story) -> Findings:
    if (said := item.last(AvailabilityChanged)) is not None:
        event = said.event
        there = event.on_hand.value - event.reserved.value - event.quarantined.value
        if there != event.available.value:
            one = side("inventory", "on hand less reserved and quarantined", plain(there), [said])
            other = side("inventory", "available", plain(event.available.value), [said])
            yield Finding(Kind.AVAILABILITY_DOES_NOT_ADD_UP, Place(item_id=event.item_id), one, other)
