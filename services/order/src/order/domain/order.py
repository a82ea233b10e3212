"""An order: what the customer was promised, what became of it, and what stands in its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from contracts.errors import NotFound, Refused
from contracts.ids import (
    CustomerId,
    HoldId,
    InvoiceId,
    LineId,
    OpportunityId,
    OrderId,
    QuoteId,
    ReleaseId,
    ShipmentId,
    new_id,
)
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    Channel,
    HoldKind,
    LineChange,
    OrderAmended,
    OrderAmendmentRejected,
    OrderAmendmentRequested,
    OrderCancellationRequested,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderDelivered,
    OrderHoldApplied,
    OrderHoldReleased,
    OrderPlaced,
    OrderShipped,
    PromiseDateChanged,
    ShipmentRequested,
    StockReleaseRequested,
    StockRequested,
)
from contracts.values import Money, Quantity
from order.domain.line import CALLED_BACK_IN, NOTHING, LineProgress, State

GoingOn = StockRequested | OrderConfirmed | ShipmentRequested | OrderClosed
"""What an order does by itself as soon as nothing forbids it."""

Amending = OrderAmended | OrderAmendmentRequested | OrderAmendmentRejected | StockReleaseRequested
Cancelling = OrderCancelled | OrderCancellationRequested | StockReleaseRequested


class Status(StrEnum):
    """A pure function of lines, holds and facts: see `Order.status`."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    IN_FULFILMENT = "in_fulfilment"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class OrderHasNoLines(Refused):
    """An order is a promise of goods; without lines nothing is promised."""


class LinesInSeveralCurrencies(Refused):
    """An order is in one currency."""


class QuantityNotPositive(Refused):
    """A line promises more than nothing."""


class OrderIsOver(Refused):
    """What is closed or cancelled does not change any more."""


class NothingLeftToCancel(Refused):
    """Only what has not left the house can be cancelled."""


class BelowWhatIsOnItsWay(Refused):
    """A line cannot be amended below what is shipped or going through the warehouse."""


class NothingToAmend(Refused):
    """An amendment changes at least one quantity or adds a line."""


class ChangeUnderWay(Refused):
    """One cancellation or amendment at a time: the one before has to be answered by inventory first."""


class HoldNotFound(NotFound):
    """The order has no such hold."""


class HoldIsAutomatic(Refused):
    """What was applied by a check is released by that check."""


class HoldAlreadyReleased(Refused):
    """A hold is released once."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """Something that has to be settled before more is confirmed or shipped."""

    hold_id: HoldId
    kind: HoldKind
    reason: str
    released_because: str | None = None

    @property
    def stands(self) -> bool:
        return self.released_because is None


@dataclass(frozen=True, kw_only=True)
class Release:
    """A cancellation (`amended_to` empty) or amendment that waits for inventory's answer."""

    release_id: ReleaseId
    reason: str
    amended_to: dict[LineId, Decimal] = field(default_factory=dict[LineId, Decimal])
    cancelled_already: tuple[LineQuantity, ...] = ()


@dataclass(eq=False, kw_only=True)
class Delivery:
    """What became of one shipment of the order."""

    shipment_id: ShipmentId
    lines: tuple[LineQuantity, ...]
    delivered: bool = False
    invoice_id: InvoiceId | None = None
    paid: bool = False

    @property
    def is_settled(self) -> bool:
        return self.delivered and self.invoice_id is not None and self.paid


@dataclass(eq=False, kw_only=True)
class Order:
    """See the module. Each method checks, changes, and returns the events that it caused."""

    order_id: OrderId = field(default_factory=lambda: OrderId(new_id()))
    number: str
    customer_id: CustomerId
    channel: Channel
    lines: list[LineProgress]
    prepaid: bool = False
    opportunity_id: OpportunityId | None = None
    quote_id: QuoteId | None = None
    customer_reference: str | None = None
    ordered_on: date
    requested_on: date | None = None
    credit_approved: bool = False
    confirmed: bool = False
    closed: bool = False
    holds: list[Hold] = field(default_factory=list[Hold])
    deliveries: list[Delivery] = field(default_factory=list[Delivery])
    release: Release | None = None
    version: int = 0

    @property
    def status(self) -> Status:
        if self.closed:
            return Status.CLOSED
        if all(line.cancelled == line.ordered for line in self.lines):
            return Status.CANCELLED
        if not any(line.open for line in self.lines):
            return Status.COMPLETED
        if any(line.shipped or line.picking for line in self.lines):
            return Status.IN_FULFILMENT
        return Status.CONFIRMED if self.confirmed else Status.PLACED

    @property
    def currency(self) -> str:
        return self.lines[0].line.unit_price.currency

    @property
    def total(self) -> Money:
        """Gross of what is not cancelled."""
        return Money.total((line.remaining_gross for line in self.lines), self.currency)

    @property
    def standing_holds(self) -> list[Hold]:
        return [hold for hold in self.holds if hold.stands]

    @property
    def is_over(self) -> bool:
        return self.status in (Status.CLOSED, Status.CANCELLED)

    def place(self) -> OrderPlaced:
        """Bind both sides; from here on the price stands. Raises OrderHasNoLines, QuantityNotPositive …"""
        if not self.lines:
            raise OrderHasNoLines("an order needs at least one line")
        if len({line.line.unit_price.currency for line in self.lines}) > 1:
            raise LinesInSeveralCurrencies("split the order: one order a currency")
        for line in self.lines:
            _must_be_positive(line.ordered)
        return OrderPlaced(
            order_id=self.order_id,
            customer_id=self.customer_id,
            number=self.number,
            channel=self.channel,
            lines=tuple(line.line for line in self.lines),
            total=self.total,
            prepaid=self.prepaid,
            opportunity_id=self.opportunity_id,
            quote_id=self.quote_id,
            customer_reference=self.customer_reference,
            ordered_on=self.ordered_on,
            requested_on=self.requested_on,
        )

    def approve_credit(self) -> tuple[OrderHoldReleased | GoingOn, ...]:
        """Credit is fine: release the credit hold, ask for stock."""
        self.credit_approved = True
        released = [self._release(hold, "credit fits again") for hold in self.standing_holds if hold.kind == "credit"]
        return (*released, *self._go_on())

    def refuse_credit(self, reason: str) -> tuple[OrderHoldApplied, ...]:
        """The order does not fit into the customer's credit: hold it, once."""
        self.credit_approved = False
        if self.is_over or any(hold.kind == "credit" for hold in self.standing_holds):
            return ()
        return (self.apply_hold("credit", reason),)

    def apply_hold(self, kind: HoldKind, reason: str) -> OrderHoldApplied:
        """Nothing more is confirmed or shipped until this is released. Raises OrderIsOver."""
        self._must_not_be_over()
        hold = Hold(hold_id=HoldId(new_id()), kind=kind, reason=reason)
        self.holds.append(hold)
        return OrderHoldApplied(
            order_id=self.order_id, customer_id=self.customer_id, hold_id=hold.hold_id, kind=kind, reason=reason
        )

    def release_hold(self, hold_id: HoldId, reason: str) -> tuple[OrderHoldReleased | GoingOn, ...]:
        """Let the order go on. Raises HoldNotFound, HoldIsAutomatic, HoldAlreadyReleased."""
        hold = next((hold for hold in self.holds if hold.hold_id == hold_id), None)
        if hold is None:
            raise HoldNotFound(f"order {self.number} has no hold {hold_id}; read the order for its holds")
        if hold.kind == "credit":
            raise HoldIsAutomatic("a credit hold goes when cash comes in or the limit is raised")
        if not hold.stands:
            raise HoldAlreadyReleased(f"hold {hold_id} was released because {hold.released_because}")
        return (self._release(hold, reason), *self._go_on())

    def reserve(self, lines: Sequence[LineQuantity]) -> tuple[GoingOn, ...]:
        """Inventory set goods aside: for what was asked, or for what was on back-order."""
        for each in lines:
            self._take(each, "reserved", ("asked", "backordered"))
        return self._go_on()

    def backorder(self, lines: Sequence[LineQuantity], withdrawn: Sequence[LineQuantity] = ()) -> tuple[GoingOn, ...]:
        """Inventory is short of goods, or had to take back what it had reserved."""
        for each in withdrawn:
            self._take(each, "backordered", ("reserved", "picking"))
        taken_back = {each.line_id: each.quantity.value for each in withdrawn}
        for each in lines:
            fresh = each.quantity.value - taken_back.get(each.line_id, NOTHING)
            self._line(each.line_id).move(fresh, "asked", "backordered")
        return self._go_on()

    def promise(self, line_id: LineId, day: date | None, because: str) -> PromiseDateChanged | None:
        """The day on which a line comes, as far as we know now."""
        line = self._line(line_id)
        before, line.promised_on = line.promised_on, day
        if before == day:
            return None
        return PromiseDateChanged(
            order_id=self.order_id,
            customer_id=self.customer_id,
            line_id=line_id,
            before=before,
            after=day,
            because=because,
        )

    def cancel(self, reason: str) -> tuple[Cancelling, ...]:
        """Stop what has not left the house. Raises OrderIsOver, NothingLeftToCancel, ChangeUnderWay.

        What inventory does not know of is cancelled at once; for the rest inventory is asked.
        """
        self._must_be_open_to_change()
        if not any(line.open for line in self.lines):
            raise NothingLeftToCancel(f"all of order {self.number} has left the house; take it back as a return")
        at_once = tuple(q for line in self.lines if (q := line.move_all("pending", "cancelled")) is not None)
        asked = self._called_back(None)
        if not asked:
            return (self._cancelled(at_once, reason),)
        self.release = Release(release_id=ReleaseId(new_id()), reason=reason, cancelled_already=at_once)
        return (
            OrderCancellationRequested(
                order_id=self.order_id,
                customer_id=self.customer_id,
                release_id=self.release.release_id,
                reason=reason,
            ),
            StockReleaseRequested(order_id=self.order_id, release_id=self.release.release_id, lines=asked),
        )

    def amend(
        self, quantities: dict[LineId, Decimal], added: Sequence[OrderLine] = (), reason: str = "customer"
    ) -> tuple[Amending | GoingOn, ...]:
        """Change quantities of lines, or add lines. More counts at once, less once inventory has agreed.

        Raises OrderIsOver, ChangeUnderWay, NothingToAmend, BelowWhatIsOnItsWay, QuantityNotPositive.
        """
        self._must_be_open_to_change()
        self._check_amendment(quantities, added)
        more = {id: q for id, q in quantities.items() if q > self._line(id).ordered}
        less = {id: q for id, q in quantities.items() if q < self._line(id).ordered}
        events: list[Amending] = []
        if more or added:
            events += self._extend(more, added)
        if less:
            events += self._reduce(less, reason)
        return (*events, *self._go_on())

    def released(
        self, release_id: ReleaseId, lines: Sequence[LineQuantity]
    ) -> tuple[OrderCancelled | Amending | GoingOn, ...]:
        """Inventory gave back what it could: finish the cancellation or amendment that asked for it."""
        release = self.release
        if release is None or release.release_id != release_id:
            return ()
        self.release = None
        for each in lines:
            self._line(each.line_id).call_back(each.quantity.value)
        if release.amended_to:
            finished: OrderCancelled | Amending = self._amended_to(release, lines)
        else:
            finished = self._cancelled((*release.cancelled_already, *lines), release.reason)
        return (finished, *self._go_on())

    def ship(self, shipment_id: ShipmentId, lines: Sequence[LineQuantity]) -> OrderShipped:
        """A shipment left the house."""
        for each in lines:
            self._line(each.line_id).move(each.quantity.value, "picking", "shipped")
        self.deliveries.append(Delivery(shipment_id=shipment_id, lines=tuple(lines)))
        return OrderShipped(
            order_id=self.order_id,
            customer_id=self.customer_id,
            shipment_id=shipment_id,
            lines=tuple(lines),
            complete=not any(line.open for line in self.lines),
        )

    def deliver(self, shipment_id: ShipmentId) -> tuple[OrderDelivered | OrderClosed, ...]:
        """A shipment arrived."""
        self._delivery(shipment_id).delivered = True
        complete = not any(line.open for line in self.lines) and all(each.delivered for each in self.deliveries)
        delivered = OrderDelivered(
            order_id=self.order_id, customer_id=self.customer_id, shipment_id=shipment_id, complete=complete
        )
        return (delivered, *self._close_when_settled())

    def invoice(self, shipment_id: ShipmentId, invoice_id: InvoiceId) -> tuple[OrderClosed, ...]:
        """A shipment was invoiced."""
        self._delivery(shipment_id).invoice_id = invoice_id
        return self._close_when_settled()

    def pay(self, invoice_id: InvoiceId) -> tuple[OrderClosed, ...]:
        """An invoice was paid in full. Raises NotFound while the invoice has not been heard of."""
        delivery = next((each for each in self.deliveries if each.invoice_id == invoice_id), None)
        if delivery is None:
            raise NotFound(f"order {self.number} has not heard of invoice {invoice_id}")
        delivery.paid = True
        return self._close_when_settled()

    def _go_on(self) -> tuple[GoingOn, ...]:
        """Whatever can happen next, now that nothing forbids it: ask for stock, confirm, send on to the warehouse."""
        if self.standing_holds or self.release or not self.credit_approved:
            return ()
        events: list[GoingOn] = []
        if asked := self._moved("pending", "asked"):
            events.append(
                StockRequested(
                    order_id=self.order_id, customer_id=self.customer_id, lines=asked, requested_on=self.requested_on
                )
            )
        if any(line.asked for line in self.lines):
            return tuple(events)
        if not self.confirmed and any(line.open for line in self.lines):
            events.append(self._confirm())
        if ready := self._moved("reserved", "picking"):
            events.append(ShipmentRequested(order_id=self.order_id, customer_id=self.customer_id, lines=ready))
        return (*events, *self._close_when_settled())

    def _confirm(self) -> OrderConfirmed:
        self.confirmed = True
        short = tuple(line.as_quantity(line.backordered) for line in self.lines if line.backordered)
        return OrderConfirmed(
            order_id=self.order_id,
            customer_id=self.customer_id,
            number=self.number,
            total=self.total,
            backordered=short,
        )

    def _close_when_settled(self) -> tuple[OrderClosed, ...]:
        settled = all(each.is_settled for each in self.deliveries)
        if self.closed or not self.deliveries or any(line.open for line in self.lines) or not settled:
            return ()
        self.closed = True
        return (
            OrderClosed(
                order_id=self.order_id,
                customer_id=self.customer_id,
                number=self.number,
                opportunity_id=self.opportunity_id,
            ),
        )

    def _cancelled(self, lines: Sequence[LineQuantity], reason: str) -> OrderCancelled:
        gross = (self._line(each.line_id).gross_of(each.quantity.value) for each in lines)
        return OrderCancelled(
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=_summed(lines),
            total=self.total,
            cancelled=Money.total(gross, self.currency),
            reason=reason,
            complete=self.status is Status.CANCELLED,
        )

    def _check_amendment(self, quantities: dict[LineId, Decimal], added: Sequence[OrderLine]) -> None:
        for line_id, quantity in quantities.items():
            line = self._line(line_id)
            if quantity < line.shipped + line.picking + line.cancelled:
                raise BelowWhatIsOnItsWay(
                    f"{line.shipped + line.picking} of {line.line.sku} are shipped or on their way, {line.cancelled} "
                    f"cancelled: amend to at least {line.shipped + line.picking + line.cancelled}, or cancel the order"
                )
        for each in added:
            _must_be_positive(each.quantity.value)
        if not added and all(self._line(id).ordered == quantity for id, quantity in quantities.items()):
            raise NothingToAmend("name a line with another quantity, or a line to add")

    def _extend(self, more: dict[LineId, Decimal], added: Sequence[OrderLine]) -> list[Amending]:
        before = {id: self._line(id).line.quantity for id in more}
        for line_id, quantity in more.items():
            self._line(line_id).resize(quantity)
        self.lines += [LineProgress.of(line) for line in added]
        new = {each.line_id: Quantity.zero(each.quantity.unit) for each in added}
        return [self._amended(before | new)]

    def _reduce(self, less: dict[LineId, Decimal], reason: str) -> list[Amending]:
        """Take from what inventory does not know of, then ask inventory for the rest."""
        before = {id: self._line(id).line.quantity for id in less}
        wanted: dict[LineId, Decimal] = {}
        for line_id, quantity in less.items():
            line = self._line(line_id)
            at_once = min(line.pending, line.ordered - quantity)
            line.move(at_once, "pending", "cancelled")
            wanted[line_id] = line.ordered - quantity - at_once
        asked = self._called_back(wanted)
        if not asked:
            for line_id, quantity in less.items():
                self._line(line_id).resize(quantity)
            return [self._amended(before)]
        self.release = Release(release_id=ReleaseId(new_id()), reason=reason, amended_to=less)
        release_id = self.release.release_id
        return [
            OrderAmendmentRequested(
                order_id=self.order_id, customer_id=self.customer_id, release_id=release_id, lines=asked
            ),
            StockReleaseRequested(order_id=self.order_id, release_id=release_id, lines=asked),
        ]

    def _amended_to(self, release: Release, given_back: Sequence[LineQuantity]) -> Amending:
        """Shrink the lines by what was agreed; when nothing was, the order stays as it was."""
        before = {id: self._line(id).line.quantity for id in release.amended_to}
        for line_id, quantity in release.amended_to.items():
            line = self._line(line_id)
            line.resize(max(quantity, line.ordered - line.cancelled))
        changed = {id: q for id, q in before.items() if self._line(id).line.quantity != q}
        if changed or given_back:
            return self._amended(changed)
        return OrderAmendmentRejected(
            order_id=self.order_id,
            customer_id=self.customer_id,
            release_id=release.release_id,
            reason="the goods had already left the house",
        )

    def _amended(self, before: dict[LineId, Quantity]) -> OrderAmended:
        return OrderAmended(
            order_id=self.order_id,
            customer_id=self.customer_id,
            lines=tuple(line.line for line in self.lines),
            changes=tuple(
                LineChange(line_id=id, before=was, after=self._line(id).line.quantity) for id, was in before.items()
            ),
            total=self.total,
        )

    def _called_back(self, wanted: dict[LineId, Decimal] | None) -> tuple[LineQuantity, ...]:
        """What inventory is asked to give back: everything that it has, or up to what is wanted."""
        asked: list[LineQuantity] = []
        for line in self.lines:
            known = sum((line.inside(state) for state in CALLED_BACK_IN), NOTHING)
            known = known if wanted is None else min(known, wanted.get(line.line_id, NOTHING))
            if known:
                asked.append(line.as_quantity(known))
        return tuple(asked)

    def _release(self, hold: Hold, reason: str) -> OrderHoldReleased:
        place = self.holds.index(hold)
        self.holds[place] = Hold(hold_id=hold.hold_id, kind=hold.kind, reason=hold.reason, released_because=reason)
        return OrderHoldReleased(
            order_id=self.order_id,
            customer_id=self.customer_id,
            hold_id=hold.hold_id,
            kind=hold.kind,
            reason=reason,
        )

    def _take(self, each: LineQuantity, target: State, sources: Sequence[State]) -> None:
        """Move a quantity out of the first of these states that has some, then the next."""
        line, left = self._line(each.line_id), each.quantity.value
        for source in sources:
            part = min(left, line.inside(source))
            line.move(part, source, target)
            left -= part
        if left:
            line.move(left, sources[-1], target)

    def _moved(self, source: State, target: State) -> tuple[LineQuantity, ...]:
        return tuple(moved for line in self.lines if (moved := line.move_all(source, target)) is not None)

    def _line(self, line_id: LineId) -> LineProgress:
        found = next((line for line in self.lines if line.line_id == line_id), None)
        if found is None:
            raise NotFound(f"order {self.number} has no line {line_id}; read the order for its lines")
        return found

    def _delivery(self, shipment_id: ShipmentId) -> Delivery:
        found = next((each for each in self.deliveries if each.shipment_id == shipment_id), None)
        if found is None:
            raise NotFound(f"order {self.number} has not heard of shipment {shipment_id}")
        return found

    def _must_not_be_over(self) -> None:
        if self.is_over:
            raise OrderIsOver(f"order {self.number} is {self.status}; place a new one")

    def _must_be_open_to_change(self) -> None:
        self._must_not_be_over()
        if self.release is not None:
            raise ChangeUnderWay(
                f"order {self.number} waits for inventory's answer to an earlier change; try again soon"
            )


def _must_be_positive(quantity: Decimal) -> None:
    if quantity <= 0:
        raise QuantityNotPositive(f"a line needs more than nothing, not {quantity}; leave the line out")


def _summed(lines: Sequence[LineQuantity]) -> tuple[LineQuantity, ...]:
    """One entry a line."""
    found: dict[LineId, LineQuantity] = {}
    for each in lines:
        before = found.get(each.line_id)
        found[each.line_id] = (
            each if before is None else each.model_copy(update={"quantity": before.quantity + each.quantity})
        )
    return tuple(found.values())
