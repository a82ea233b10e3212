"""Order and finance: whether the customer may owe for the order."""

from __future__ import annotations

from contracts.finance import CreditExposureChecked, CreditLimitCleared, CreditLimitExceeded
from contracts.order import OrderConfirmed, OrderHoldApplied, OrderShipped
from insight.domain.finding import Finding, Findings
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory
from insight.domain.statement import side, silent


def credit_never_checked(order: OrderStory) -> Findings:
    """Finance answers every order that is placed."""
    answers = (order.all(CreditExposureChecked), order.all(CreditLimitExceeded), order.all(CreditLimitCleared))
    if not any(answers):
        one = side("order", "placed", order.placed.event.total, [order.placed])
        yield Finding(Kind.CREDIT_NEVER_CHECKED, order.place(), one, silent("finance", "checked"))


def confirmed_without_credit(order: OrderStory) -> Findings:
    confirmed = order.all(OrderConfirmed)
    if confirmed and not order.all(CreditExposureChecked) and not order.all(CreditLimitCleared):
        one = side("order", "confirmed", confirmed[0].event.total, confirmed)
        refused = order.all(CreditLimitExceeded)
        yield Finding(Kind.CONFIRMED_WITHOUT_CREDIT, order.place(), one, silent("finance", "approved", refused))


def over_limit_not_held(order: OrderStory) -> Findings:
    """What has left or was cancelled before the refusal was heard of needs no hold."""
    refused = order.all(CreditLimitExceeded)
    held = any(each.event.kind == "credit" for each in order.all(OrderHoldApplied))
    gone = order.cancelled_as_a_whole or any(each.event.complete for each in order.all(OrderShipped))
    if refused and not held and not gone:
        one = side("finance", "exceeds the limit", refused[-1].event.exposure, refused)
        yield Finding(Kind.OVER_LIMIT_NOT_HELD, order.place(), one, silent("order", "held"))
