"""CreditAccount: how much a customer may owe, how much it would owe, and which orders wait for that to fit.

exposure = open orders (not prepaid, gross) + open receivables - unallocated cash. Open are the orders that passed and
those that wait. Cash for a prepaid order is spoken for: as the order takes no credit, its money gives none.

The queue is strict: an order fits when what passed, what waits before it, and itself are within the limit together.
So a small order does not overtake an older one that is too big, and a check later says what a check at once would.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from contracts.errors import Refused
from contracts.finance import (
    CreditExposureChecked,
    CreditLimitCleared,
    CreditLimitExceeded,
    CreditState,
    CreditStateChanged,
)
from contracts.ids import CustomerId, OrderId
from contracts.values import Money
from finance.domain.open_order import OpenOrder
from finance.domain.payment import Payment

WATCH_FROM = Decimal("0.8")
"""The part of the limit from which on the customer is watched."""

Decision = CreditExposureChecked | CreditLimitExceeded
News = CreditLimitCleared | CreditStateChanged


class LimitBelowZero(Refused):
    """A limit is at least zero; without one, any order passes."""


class NotTheAccountsCurrency(Refused):
    """A customer's credit is kept in the customer's currency only."""


class ExposureBelowZero(Refused):
    """Open orders, receivables and cash are each at least zero: nothing is taken off twice."""


class CurrencyInUse(Refused):
    """The currency changes only while nothing is open and no limit is set."""


class AccountMergedWithItself(Refused):
    """Two accounts become one, not one none."""


@dataclass(frozen=True, kw_only=True)
class WaitingOrder:
    """An order that does not fit, and what of it is still open."""

    order_id: OrderId
    ordered_on: date
    gross: Money

    @property
    def rank(self) -> tuple[date, OrderId]:
        """Oldest first."""
        return (self.ordered_on, self.order_id)


@dataclass(eq=False, kw_only=True)
class CreditAccount:
    """Movements (cancel, invoice, receive, settle …) are silent; `review` ends a command and says what they mean.

    So a shipment that becomes an invoice that becomes cash in one transaction is told once, by its end.
    """

    customer_id: CustomerId
    currency: str
    limit: Money | None = None
    state: CreditState = "ok"
    approved: Money
    """Gross that is open of orders that passed; includes shipped, not invoiced."""
    receivables: Money
    unallocated_cash: Money
    waiting: tuple[WaitingOrder, ...] = ()
    """Orders that wait for credit, oldest first."""
    version: int = 0

    @staticmethod
    def open(customer_id: CustomerId, currency: str) -> CreditAccount:
        """A new customer has no limit set: any order passes."""
        zero = Money.zero(currency)
        return CreditAccount(
            customer_id=customer_id, currency=currency, approved=zero, receivables=zero, unallocated_cash=zero
        )

    @property
    def open_orders(self) -> Money:
        return self.approved + self._waits(self.waiting)

    @property
    def exposure(self) -> Money:
        """Below zero when we owe the customer: cash beyond all that is open."""
        return self.open_orders + self.receivables - self.unallocated_cash

    def is_waiting(self, order_id: OrderId) -> bool:
        return any(each.order_id == order_id for each in self.waiting)

    def set_limit(self, limit: Money | None) -> tuple[News, ...]:
        """Grant a limit, or none (None): orders that wait may fit now, orders that passed stay passed."""
        if limit is not None:
            self._must_be_ours(limit)
            if limit.is_negative:
                raise LimitBelowZero(f"a limit of {limit} makes no sense; set zero to sell for cash only")
        if limit == self.limit:
            return self.review()
        self.limit = limit
        return self._news(limit_changed=True)

    def change_currency(self, currency: str) -> None:
        """The customer deals in another currency from now on."""
        if currency == self.currency:
            return
        if self.limit is not None or self.open_orders or self.receivables or self.unallocated_cash:
            raise CurrencyInUse(f"{self.currency} is in use; settle what is open and remove the limit first")
        zero = Money.zero(currency)
        self.currency, self.approved, self.receivables, self.unallocated_cash = currency, zero, zero, zero

    def place(self, order: OpenOrder) -> tuple[Decision | News, ...]:
        """Decide whether a new order fits; one that does not waits."""
        asked = _waiting(order)
        self._must_be_ours(asked.gross)
        exposure = self._exposure_up_to(asked)
        if self.limit is None or not asked.gross or exposure <= self.limit:
            self.approved += asked.gross
            decision = self._checked(asked, exposure if asked.gross else self.exposure, prepaid=order.prepaid)
        else:
            decision = self._held(asked, exposure, self.limit)
        return (decision, *self.review())

    def amend(self, order: OpenOrder, before: Money) -> tuple[CreditLimitExceeded | News, ...]:
        """The order has other lines; `before` is what its exposure was. One that grew has to fit again, or it waits."""
        asked = _waiting(order)
        by = asked.gross - before
        if self.is_waiting(order.order_id) or by.amount <= 0:
            self._take_off(order.order_id, -by)
            return self.review()
        without = self.approved - before
        if without.is_negative:
            raise ExposureBelowZero(f"order {order.number} counts for less than {before}; audit the customer's orders")
        self.approved = without
        exposure = self._exposure_up_to(asked)
        if self.limit is None or exposure <= self.limit:
            self.approved += asked.gross
            return self.review()
        return (self._held(asked, exposure, self.limit), *self.review())

    def cancel(self, order_id: OrderId, by: Money) -> None:
        """So much of the order's exposure will never be owed. When nothing is left of it, it waits no more."""
        self._take_off(order_id, by)
        self.waiting = tuple(each for each in self.waiting if each.order_id != order_id or each.gross)

    def invoice(self, order_id: OrderId, by: Money, gross: Money) -> None:
        """The order's exposure fell `by` what became a receivable of `gross`; rounding may part the two by cents.

        Held orders are invoiced too: what is shipped is owed.
        """
        self._must_be_ours(gross)
        self._take_off(order_id, by)
        self.receivables += gross

    def receive(self, payment: Payment) -> None:
        """Cash that is not spoken for lowers the exposure."""
        self._move(cash=self._free(payment, payment.amount))

    def settle(self, payment: Payment, amount: Money) -> None:
        """A part of a payment was allocated to an invoice."""
        self._move(receivables=-amount, cash=-self._free(payment, amount))

    def credit(self, open_before: Money, open_after: Money) -> None:
        """A credit note, or waived cents, made an invoice's open amount smaller."""
        self._move(receivables=open_after - open_before)

    def release(self, payment: Payment, amount: Money) -> None:
        """What had settled an invoice that is now credited is unallocated cash again."""
        self._move(cash=self._free(payment, amount))

    def refund(self, payment: Payment, amount: Money) -> None:
        """Unallocated cash went back."""
        self._move(cash=-self._free(payment, amount))

    def free(self, payment: Payment) -> None:
        """The prepaid order is done with; what remains of its money is ordinary cash."""
        if payment.prepayment:
            self._move(cash=payment.unallocated)
            payment.prepayment = False

    def absorb(self, merged: CreditAccount) -> tuple[News, ...]:
        """Two customers were one: all that was open there is open here, and this limit holds."""
        if merged.customer_id == self.customer_id:
            raise AccountMergedWithItself(f"customer {self.customer_id} is one already; name another")
        self._must_be_ours(merged.approved)
        self._move(merged.approved, merged.receivables, merged.unallocated_cash)
        self.waiting = _by_rank((*self.waiting, *merged.waiting))
        zero = Money.zero(merged.currency)
        merged.approved, merged.receivables, merged.unallocated_cash, merged.waiting = zero, zero, zero, ()
        return self.review()

    def review(self) -> tuple[News, ...]:
        """Let the orders through that fit now, oldest first, and say when the state is another."""
        return self._news(limit_changed=False)

    def _news(self, *, limit_changed: bool) -> tuple[News, ...]:
        cleared = self._clear_waiting()
        before, self.state = self.state, self._state()
        if before == self.state and not limit_changed:
            return cleared
        changed = CreditStateChanged(
            customer_id=self.customer_id, state=self.state, exposure=self.exposure, limit=self.limit
        )
        return (*cleared, changed)

    def _clear_waiting(self) -> tuple[CreditLimitCleared, ...]:
        cleared: list[CreditLimitCleared] = []
        while self.waiting:
            first = self.waiting[0]
            exposure = self._exposure_up_to(first)
            if self.limit is not None and self.limit < exposure:
                break
            self.waiting = self.waiting[1:]
            self.approved += first.gross
            cleared.append(self._cleared(first, exposure))
        return tuple(cleared)

    def _state(self) -> CreditState:
        if self.limit is None or self.exposure.amount < self.limit.amount * WATCH_FROM:
            return "ok"
        return "watch" if self.exposure <= self.limit else "blocked"

    def _exposure_up_to(self, order: WaitingOrder) -> Money:
        """What the customer would owe with this order, without those that wait behind it."""
        older = self._waits(each for each in self.waiting if each.rank < order.rank)
        return self.approved + older + order.gross + self.receivables - self.unallocated_cash

    def _held(self, order: WaitingOrder, exposure: Money, limit: Money) -> CreditLimitExceeded:
        self.waiting = _by_rank((*self.waiting, order))
        return CreditLimitExceeded(
            order_id=order.order_id, customer_id=self.customer_id, exposure=exposure, limit=limit
        )

    def _checked(self, order: WaitingOrder, exposure: Money, *, prepaid: bool) -> CreditExposureChecked:
        reason = "prepaid" if prepaid else self._why_it_fits() if order.gross else "it costs nothing"
        return CreditExposureChecked(
            order_id=order.order_id, customer_id=self.customer_id, exposure=exposure, limit=self.limit, reason=reason
        )

    def _cleared(self, order: WaitingOrder, exposure: Money) -> CreditLimitCleared:
        return CreditLimitCleared(
            order_id=order.order_id,
            customer_id=self.customer_id,
            exposure=exposure,
            limit=self.limit,
            reason=self._why_it_fits(),
        )

    def _why_it_fits(self) -> str:
        return "no credit limit is set" if self.limit is None else "within the credit limit"

    def _take_off(self, order_id: OrderId, by: Money) -> None:
        if not self.is_waiting(order_id):
            self._move(approved=-by)
            return
        rest = [replace(each, gross=each.gross - by) if each.order_id == order_id else each for each in self.waiting]
        if any(each.gross.is_negative for each in rest):
            raise ExposureBelowZero(f"order {order_id} counts for less than {by}; audit the customer's orders")
        self.waiting = tuple(rest)

    def _move(self, approved: Money | None = None, receivables: Money | None = None, cash: Money | None = None) -> None:
        for amount in (approved, receivables, cash):
            if amount is not None:
                self._must_be_ours(amount)
        now = (
            self.approved if approved is None else self.approved + approved,
            self.receivables if receivables is None else self.receivables + receivables,
            self.unallocated_cash if cash is None else self.unallocated_cash + cash,
        )
        if any(each.is_negative for each in now):
            raise ExposureBelowZero(f"orders, receivables, cash would be {now}; audit the customer's documents")
        self.approved, self.receivables, self.unallocated_cash = now

    def _free(self, payment: Payment, amount: Money) -> Money:
        self._must_be_ours(amount)
        return Money.zero(self.currency) if payment.prepayment else amount

    def _waits(self, orders: Iterable[WaitingOrder]) -> Money:
        return Money.total((each.gross for each in orders), self.currency)

    def _must_be_ours(self, amount: Money) -> None:
        if amount.currency != self.currency:
            raise NotTheAccountsCurrency(
                f"{amount} is not in {self.currency}; convert it or change the customer's currency"
            )


def _waiting(order: OpenOrder) -> WaitingOrder:
    return WaitingOrder(order_id=order.order_id, ordered_on=order.ordered_on, gross=order.exposure)


def _by_rank(orders: Iterable[WaitingOrder]) -> tuple[WaitingOrder, ...]:
    return tuple(sorted(orders, key=lambda each: each.rank))
