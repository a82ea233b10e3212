"""What the order service tells: the promise of goods, from placed to closed."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from contracts.event import Event
from contracts.ids import CustomerId, HoldId, LineId, OpportunityId, OrderId, QuoteId, ReleaseId, ShipmentId
from contracts.lines import LineQuantity, OrderLine
from contracts.values import Money, Quantity, Value

Channel = Literal["quote", "shop", "edi", "phone"]
HoldKind = Literal["credit", "manual", "quality"]


class OrderPlaced(Event):
    """The customer ordered; from here on the price stands."""

    order_id: OrderId
    customer_id: CustomerId
    number: str
    channel: Channel
    lines: tuple[OrderLine, ...] = Field(min_length=1)
    total: Money
    """Gross: what the customer will owe when all of it is shipped."""
    prepaid: bool = False
    opportunity_id: OpportunityId | None = None
    quote_id: QuoteId | None = None
    customer_reference: str | None = None
    ordered_on: date
    requested_on: date | None = None


class StockRequested(Event):
    """The order may have goods: set them aside for these lines, or say what is short."""

    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[LineQuantity, ...]
    requested_on: date | None = None


class StockReleaseRequested(Event):
    """The order wants less: give back up to these quantities, back-orders first, and say what was given back."""

    order_id: OrderId
    release_id: ReleaseId
    lines: tuple[LineQuantity, ...]


class OrderConfirmed(Event):
    """Every line is either reserved or on back-order: the customer can rely on it."""

    order_id: OrderId
    customer_id: CustomerId
    number: str
    total: Money
    backordered: tuple[LineQuantity, ...] = ()


class PromiseDateChanged(Event):
    """A line will come on another day than we said; `because` names the event that caused it."""

    order_id: OrderId
    customer_id: CustomerId
    line_id: LineId
    before: date | None
    after: date | None
    because: str


class OrderHoldApplied(Event):
    """Nothing more of the order is confirmed or shipped until the hold is released."""

    order_id: OrderId
    customer_id: CustomerId
    hold_id: HoldId
    kind: HoldKind
    reason: str


class OrderHoldReleased(Event):
    """This hold is gone; the order goes on when it was the last."""

    order_id: OrderId
    customer_id: CustomerId
    hold_id: HoldId
    kind: HoldKind
    reason: str


class OrderAmendmentRequested(Event):
    """The customer wants other quantities; they count once inventory has agreed."""

    order_id: OrderId
    customer_id: CustomerId
    release_id: ReleaseId
    lines: tuple[LineQuantity, ...]
    """The wanted reductions."""


class LineChange(Value):
    """What one line was and is."""

    line_id: LineId
    before: Quantity
    after: Quantity


class OrderAmended(Event):
    """The order now has these lines; `changes` says what is different."""

    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[OrderLine, ...]
    changes: tuple[LineChange, ...]
    total: Money


class OrderAmendmentRejected(Event):
    """The goods were already on their way: the order stays as it was."""

    order_id: OrderId
    customer_id: CustomerId
    release_id: ReleaseId
    reason: str


class OrderCancellationRequested(Event):
    """The customer wants no more of the order; what has not left the house is being called back."""

    order_id: OrderId
    customer_id: CustomerId
    release_id: ReleaseId
    reason: str


class OrderCancelled(Event):
    """These quantities will never be shipped. `complete` when nothing of the order remains."""

    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[LineQuantity, ...]
    total: Money
    """Gross of what remains of the order."""
    cancelled: Money
    """Gross of what was cancelled."""
    reason: str
    complete: bool


class ShipmentRequested(Event):
    """These reserved goods may leave the house."""

    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[LineQuantity, ...]


class OrderShipped(Event):
    """A shipment of this order left the house; `complete` when nothing is left to ship."""

    order_id: OrderId
    customer_id: CustomerId
    shipment_id: ShipmentId
    lines: tuple[LineQuantity, ...]
    complete: bool


class OrderDelivered(Event):
    """A shipment of this order arrived; `complete` when everything shipped has arrived and nothing is left."""

    order_id: OrderId
    customer_id: CustomerId
    shipment_id: ShipmentId
    complete: bool


class OrderClosed(Event):
    """All of it is shipped or cancelled, delivered, invoiced and paid: nobody owes anybody anything."""

    order_id: OrderId
    customer_id: CustomerId
    number: str
    opportunity_id: OpportunityId | None = None


class FulfilmentStuck(Event):
    """The order has waited for this longer than it should; someone has to look."""

    order_id: OrderId
    customer_id: CustomerId
    waiting_for: str
    since: datetime
    until: datetime
