"""What insight tells: where order, inventory and finance do not say the same, and that they do again."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event
from contracts.ids import DiscrepancyId, InvoiceId, ItemId, LineId, OrderId, PaymentId, ShipmentId
from contracts.values import Value

Speaker = Literal["order", "inventory", "finance"]


class Evidence(Value):
    """An event that somebody told: its CloudEvents id and type, and when it was recorded."""

    event_id: UUID
    type: Annotated[str, Field(examples=["orderloop.inventory.ShipmentDispatched.v1"])]
    at: datetime


class Side(Value):
    """What one service says. Where it says nothing, `value` is `nothing` and there is no event behind it."""

    service: Speaker
    says: Annotated[str, Field(examples=["dispatched"])]
    value: Annotated[str, Field(examples=["5 C62"])]
    events: tuple[Evidence, ...] = ()


class DiscrepancyDetected(Event):
    """Two sides do not fit together, and have had the time to. Told again when what they say changes."""

    discrepancy_id: DiscrepancyId
    kind: Annotated[str, Field(examples=["shipped_not_invoiced"])]
    """A stable name; services/insight/README.md explains each."""
    meaning: str
    """The kind in a sentence."""
    order_id: OrderId | None = None
    line_id: LineId | None = None
    shipment_id: ShipmentId | None = None
    invoice_id: InvoiceId | None = None
    payment_id: PaymentId | None = None
    item_id: ItemId | None = None
    one: Side
    other: Side


class DiscrepancyCleared(Event):
    """The two sides fit together now."""

    discrepancy_id: DiscrepancyId
    kind: str
    order_id: OrderId | None = None
    payment_id: PaymentId | None = None
    item_id: ItemId | None = None
    because: tuple[Evidence, ...]
    """What was heard of the same subject since the discrepancy was detected, oldest first."""
