"""Refund: money that goes back to the customer. `Payment.refund` makes it and keeps it within the payment."""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.finance import RefundIssued
from contracts.ids import CustomerId, OrderId, PaymentId, RefundId, new_id
from contracts.values import Money


@dataclass(eq=False, kw_only=True)
class Refund:
    """Of one payment; issued once and never changed."""

    refund_id: RefundId = field(default_factory=lambda: RefundId(new_id()))
    payment_id: PaymentId
    order_id: OrderId | None
    customer_id: CustomerId
    amount: Money
    reason: str
    version: int = 0

    def issue(self) -> RefundIssued:
        return RefundIssued(
            refund_id=self.refund_id,
            payment_id=self.payment_id,
            order_id=self.order_id,
            customer_id=self.customer_id,
            amount=self.amount,
            reason=self.reason,
        )
