"""What the service service tells: cases and complaints."""

from typing import Literal

from contracts.event import Event
from contracts.ids import CaseId, CustomerId, ItemId, LineId, LotId, OrderId

CaseKind = Literal["enquiry", "complaint", "incident", "return"]
Severity = Literal["minor", "major", "critical"]


class CaseOpened(Event):
    """A customer has something to say."""

    case_id: CaseId
    customer_id: CustomerId
    number: str
    kind: CaseKind
    title: str
    order_id: OrderId | None = None


class ComplaintFiled(Event):
    """What we delivered is not what we promised: an order line, or a serial, with the lots it came from."""

    case_id: CaseId
    customer_id: CustomerId
    number: str
    title: str
    severity: Severity
    order_id: OrderId | None
    line_id: LineId | None
    item_id: ItemId | None
    lot_ids: tuple[LotId, ...] = ()
    serial: str | None = None


class CaseAssigned(Event):
    """Someone takes care of it."""

    case_id: CaseId
    customer_id: CustomerId
    assignee: str


class CaseWaiting(Event):
    """The next move is somebody else's."""

    case_id: CaseId
    customer_id: CustomerId
    waiting_on: Literal["customer", "third_party"]
    reason: str


class CaseResolved(Event):
    """We think that it is done."""

    case_id: CaseId
    customer_id: CustomerId
    resolution: str
    order_id: OrderId | None = None


class CaseReopened(Event):
    """It was not done."""

    case_id: CaseId
    customer_id: CustomerId
    reason: str


class CaseClosed(Event):
    """Nobody objected to the resolution in time."""

    case_id: CaseId
    customer_id: CustomerId
