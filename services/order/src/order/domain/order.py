"""An order: a promise to a customer, what became of it, and what stands in its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from contracts.ids import HoldId, InvoiceId, LineId, ReleaseId, ShipmentId
from contracts.lines import LineQuantity, OrderLine
from contracts.order import (
    HoldKind,
    OrderCancelled,
    OrderClosed,
    OrderConfirmed,
    OrderDelivered,
    OrderHoldApplied,
    OrderHoldReleased,
    OrderShipped,
    ShipmentRequested,
    StockRequested,
)
from order.domain.change import Amending, Cancelling, ChangeablePromise
from order.domain.delivery import Delivery, InvoiceNotHeardOf, ShipmentNotHeardOf, ShippedBeforePicking
from order.domain.hold import Hold, HoldNotFound

GoingOn = StockRequested | OrderConfirmed | ShipmentRequested | OrderClosed
"""What an order does by itself as soon as nothing forbids it."""


@dataclass(eq=False, kw_only=True)
class Order(ChangeablePromise):
    """See the module. Each method checks, changes, and returns the events that it caused."""

    credit_approved: bool = False
    holds: list[Hold] = field(default_factory=list[Hold])
    deliveries: list[Delivery] = field(default_factory=list[Delivery])

    @property
    def standing_holds(self) -> list[Hold]:
        return [hold for hold in self.holds if hold.stands]

    def approve_credit(self) -> tuple[OrderHoldReleased | GoingOn, ...]:
        """Credit is fine: release the credit hold, ask for stock."""
        self.credit_approved = True
        released = [self._release(hold, "credit fits again") for hold in self.standing_holds if hold.kind == "credit"]
        return (*released, *self._go_on())

    def refuse_credit(self, reason: str) -> tuple[OrderHoldApplied, ...]:
        """The order does not fit into the customer's credit: hold it, once. What is not open needs no credit."""
        if not self.is_open:
            return ()
        self.credit_approved = False
        if any(hold.kind == "credit" for hold in self.standing_holds):
            return ()
        return (self.apply_hold("credit", reason),)

    def apply_hold(self, kind: HoldKind, reason: str) -> OrderHoldApplied:
        """Nothing more is confirmed or shipped until this is released. Raises OrderIsOver."""
        self._must_not_be_over()
        hold = Hold(kind=kind, reason=reason)
        self.holds.append(hold)
        return OrderHoldApplied(
            order_id=self.order_id, customer_id=self.customer_id, hold_id=hold.hold_id, kind=kind, reason=reason
        )

    def release_hold(self, hold_id: HoldId, reason: str) -> tuple[OrderHoldReleased | GoingOn, ...]:
        """Let the order go on. Raises HoldNotFound, HoldIsAutomatic, HoldAlreadyReleased."""
        hold = next((hold for hold in self.holds if hold.hold_id == hold_id), None)
        if hold is None:
            raise HoldNotFound(f"order {self.number} has no hold {hold_id}; read the order for its holds")
        hold.must_be_releasable_by_hand()
        return (self._release(hold, reason), *self._go_on())

    def reserve(self, lines: Sequence[LineQuantity]) -> tuple[GoingOn, ...]:
        """Inventory set goods aside: for what was asked, or for what was on back-order."""
        for each in lines:
            self.line(each.line_id).take(each.quantity.value, ("asked", "backordered"), "reserved")
        return self._go_on()

    def backorder(self, lines: Sequence[LineQuantity], withdrawn: Sequence[LineQuantity] = ()) -> tuple[GoingOn, ...]:
        """Inventory is short of `lines`; of these it had set `withdrawn` aside and had to take it back."""
        for each in withdrawn:
            self.line(each.line_id).take(each.quantity.value, ("reserved", "picking"), "backordered")
        for line in self.lines:
            line.run_short(_of_line(lines, line.line_id) - _of_line(withdrawn, line.line_id))
        return self._go_on()

    def cancel(self, reason: str) -> tuple[Cancelling | GoingOn, ...]:
        """Stop what has not left the house. Raises OrderIsOver, ChangeUnderWay, NothingLeftToCancel."""
        return (*self._cancel(reason), *self._go_on())

    def amend(
        self, quantities: Mapping[LineId, Decimal], added: Sequence[OrderLine] = (), reason: str = "customer"
    ) -> tuple[Amending | GoingOn, ...]:
        """Change quantities of lines, or add lines. More counts at once, less as soon as inventory has agreed.

        Raises OrderIsOver, ChangeUnderWay, NothingToAmend, NothingWouldRemain, BelowWhatIsShipped …
        """
        return (*self._amend(quantities, added, reason), *self._go_on())

    def released(
        self, release_id: ReleaseId, lines: Sequence[LineQuantity]
    ) -> tuple[OrderCancelled | Amending | GoingOn, ...]:
        """Inventory gave back what it could: finish the cancellation or amendment that asked for it."""
        finished = self._finish_change(release_id, lines)
        return () if finished is None else (finished, *self._go_on())

    def ship(self, shipment_id: ShipmentId, lines: Sequence[LineQuantity]) -> OrderShipped:
        """A shipment left the house. Raises ShippedBeforePicking."""
        for each in lines:
            line = self.line(each.line_id)
            if line.picking < each.quantity.value:
                raise ShippedBeforePicking(f"{line.picking} of {line.line.sku} were in picking, not {each.quantity}")
            line.move(each.quantity.value, "picking", "shipped")
        self._delivery(shipment_id).lines = tuple(lines)
        return OrderShipped(
            order_id=self.order_id,
            customer_id=self.customer_id,
            shipment_id=shipment_id,
            lines=tuple(lines),
            complete=not self.is_open,
        )

    def deliver(self, shipment_id: ShipmentId) -> tuple[OrderDelivered | OrderClosed, ...]:
        """A shipment arrived. Raises ShipmentNotHeardOf while nobody said that it left."""
        delivery = next((each for each in self.deliveries if each.shipment_id == shipment_id), None)
        if delivery is None or not delivery.is_dispatched:
            raise ShipmentNotHeardOf(f"order {self.number} has not heard that shipment {shipment_id} left")
        delivery.delivered = True
        complete = not self.is_open and all(each.delivered for each in self.deliveries)
        delivered = OrderDelivered(
            order_id=self.order_id, customer_id=self.customer_id, shipment_id=shipment_id, complete=complete
        )
        return (delivered, *self._close_when_settled())

    def invoice(self, shipment_id: ShipmentId, invoice_id: InvoiceId) -> tuple[OrderClosed, ...]:
        """A shipment was invoiced; this may be heard of before its dispatch."""
        self._delivery(shipment_id).invoice_id = invoice_id
        return self._close_when_settled()

    def pay(self, invoice_id: InvoiceId) -> tuple[OrderClosed, ...]:
        """An invoice was paid in full. Raises InvoiceNotHeardOf while nobody said that it was issued."""
        delivery = next((each for each in self.deliveries if each.invoice_id == invoice_id), None)
        if delivery is None:
            raise InvoiceNotHeardOf(f"order {self.number} has not heard of invoice {invoice_id}")
        delivery.paid = True
        return self._close_when_settled()

    def _go_on(self) -> tuple[GoingOn, ...]:
        """Whatever can happen next. Holds stop goods, but not the closing of an order that is settled."""
        held_up = self.standing_holds or self.release or not self.credit_approved
        return (*(() if held_up else self._send_on()), *self._close_when_settled())

    def _send_on(self) -> tuple[StockRequested | OrderConfirmed | ShipmentRequested, ...]:
        """Ask for stock; when every line is answered, confirm, and send what is reserved on to the warehouse."""
        if asked := self._moved("pending", "asked"):
            requested = StockRequested(
                order_id=self.order_id, customer_id=self.customer_id, lines=asked, requested_on=self.requested_on
            )
            return (requested,)
        if any(line.asked for line in self.lines):
            return ()
        confirmed = (self._confirm(),) if self.is_open and not self.confirmed else ()
        if ready := self._moved("reserved", "picking"):
            return (
                *confirmed,
                ShipmentRequested(order_id=self.order_id, customer_id=self.customer_id, lines=ready),
            )
        return confirmed

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
        settled = self.deliveries and all(each.is_settled for each in self.deliveries)
        if self.closed or self.is_open or not settled:
            return ()
        self.closed = True
        closed = OrderClosed(
            order_id=self.order_id,
            customer_id=self.customer_id,
            number=self.number,
            opportunity_id=self.opportunity_id,
        )
        return (closed,)

    def _release(self, hold: Hold, reason: str) -> OrderHoldReleased:
        self.holds[self.holds.index(hold)] = hold.released(reason)
        return OrderHoldReleased(
            order_id=self.order_id,
            customer_id=self.customer_id,
            hold_id=hold.hold_id,
            kind=hold.kind,
            reason=reason,
        )

    def _delivery(self, shipment_id: ShipmentId) -> Delivery:
        """What is known of a shipment; it is noted down when it is heard of first."""
        found = next((each for each in self.deliveries if each.shipment_id == shipment_id), None)
        if found is None:
            found = Delivery(shipment_id=shipment_id)
            self.deliveries.append(found)
        return found


def _of_line(lines: Sequence[LineQuantity], line_id: LineId) -> Decimal:
    return sum((each.quantity.value for each in lines if each.line_id == line_id), Decimal(0))
