"""The fulfilment process: what an order waits for, since when and until when. It is read off the order's state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.order import FulfilmentStuck
from order.domain.order import Order


class Wait(StrEnum):
    """Who has the next move."""

    CREDIT = "credit_check"
    HOLD = "release_of_hold"
    STOCK = "stock_answer"
    RELEASE = "answer_to_change"
    GOODS = "goods"
    SHIPMENT = "shipment"
    DELIVERY = "delivery"
    INVOICE = "invoice"
    PAYMENT = "payment"
    NOTHING = "nothing"


PATIENCE: dict[Wait, timedelta | None] = {
    Wait.CREDIT: timedelta(minutes=5),
    Wait.HOLD: timedelta(days=7),
    Wait.STOCK: timedelta(minutes=5),
    Wait.RELEASE: timedelta(minutes=5),
    Wait.GOODS: timedelta(days=30),
    Wait.SHIPMENT: timedelta(days=3),
    Wait.DELIVERY: timedelta(days=14),
    Wait.INVOICE: timedelta(minutes=5),
    Wait.PAYMENT: timedelta(days=45),
    Wait.NOTHING: None,
}
"""How long each wait may last before somebody is told (`FulfilmentStuck`)."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What the order waits for now. `told` once it was reported as stuck."""

    waiting_for: Wait = Wait.CREDIT
    since: datetime
    until: datetime | None
    told: bool = False

    @staticmethod
    def begin(order: Order, now: datetime) -> Waiting:
        wait = wait_of(order)
        patience = PATIENCE[wait]
        return Waiting(waiting_for=wait, since=now, until=None if patience is None else now + patience)

    def after(self, order: Order, now: datetime) -> Waiting:
        """The wait after a change of the order: a new one, or still this."""
        return self if wait_of(order) is self.waiting_for else Waiting.begin(order, now)

    def stuck(self, order: Order) -> FulfilmentStuck:
        assert self.until is not None, "only a wait with an end can be over"
        return FulfilmentStuck(
            order_id=order.order_id,
            customer_id=order.customer_id,
            waiting_for=self.waiting_for,
            since=self.since,
            until=self.until,
        )


def wait_of(order: Order) -> Wait:
    """The first thing that has to happen next."""
    if order.is_over:
        return Wait.NOTHING
    if order.release is not None:
        return Wait.RELEASE
    if not order.is_open:
        return _wait_for_settlement(order)
    if order.standing_holds:
        return Wait.HOLD
    if not order.credit_approved:
        return Wait.CREDIT
    return _wait_for_goods(order)


def _wait_for_goods(order: Order) -> Wait:
    if any(line.asked or line.pending for line in order.lines):
        return Wait.STOCK
    if any(line.picking or line.reserved for line in order.lines):
        return Wait.SHIPMENT
    return Wait.GOODS


def _wait_for_settlement(order: Order) -> Wait:
    if any(not each.delivered for each in order.deliveries):
        return Wait.DELIVERY
    if any(each.invoice_id is None for each in order.deliveries):
        return Wait.INVOICE
    return Wait.PAYMENT
