"""What the quality service tells: nonconformances and corrective actions (ISO 9001:2015, 8.7 and 10.2)."""

from datetime import date
from typing import Literal

from contracts.event import Event
from contracts.ids import CapaId, CaseId, CustomerId, ItemId, LotId, NonconformanceId, OrderId
from contracts.values import Quantity

Disposition = Literal["use_as_is", "rework", "repair", "return_to_supplier", "scrap"]


class NonconformanceRaised(Event):
    """Something does not meet its requirement."""

    nonconformance_id: NonconformanceId
    number: str
    title: str
    severity: Literal["minor", "major", "critical"]
    customer_id: CustomerId | None = None
    case_id: CaseId | None = None
    order_id: OrderId | None = None
    item_id: ItemId | None = None
    lot_ids: tuple[LotId, ...] = ()


class NonconformanceContained(Event):
    """It must not spread: these lots are to be quarantined."""

    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None
    item_id: ItemId | None
    lot_ids: tuple[LotId, ...]
    reason: str


class NonconformanceDispositioned(Event):
    """What becomes of the quarantined quantity of a lot."""

    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None
    item_id: ItemId
    lot_id: LotId
    quantity: Quantity
    disposition: Disposition
    reason: str
    serials: tuple[str, ...] = ()


class NonconformanceClosed(Event):
    """Every part of it has its disposition."""

    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None


class CapaOpened(Event):
    """It must not happen again: someone owns finding out why."""

    capa_id: CapaId
    number: str
    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None
    case_id: CaseId | None
    order_id: OrderId | None
    title: str
    owner: str


class CapaRootCauseIdentified(Event):
    """We know why it happened."""

    capa_id: CapaId
    nonconformance_id: NonconformanceId
    root_cause: str


class CapaPlanned(Event):
    """What will be done, and how and until when we will see that it worked; fixed before it is done."""

    capa_id: CapaId
    nonconformance_id: NonconformanceId
    action: str
    metric: str
    window_days: int


class CapaImplemented(Event):
    """It was done; the window of observation begins."""

    capa_id: CapaId
    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None
    implemented_on: date
    observe_until: date


class CapaVerifiedEffective(Event):
    """The window has passed and it did not happen again; somebody other than the owner has checked."""

    capa_id: CapaId
    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None
    case_id: CaseId | None
    verifier: str


class CapaFoundIneffective(Event):
    """It happened again, or the check failed; the search for the cause starts anew."""

    capa_id: CapaId
    nonconformance_id: NonconformanceId
    customer_id: CustomerId | None
    reason: str
