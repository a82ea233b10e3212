"""The timeline: one entry for every event that concerns a customer, whoever told it (customer 360).

An event concerns a customer when it carries `customer_id`, or an id that another event tied to a customer:
StockReserved carries only `order_id`, and OrderPlaced says whose order that is. What has been tied is kept as
`known`: an id on one side, the customer on the other, or None while it is nobody's (a nonconformance found in our own
warehouse, or an order of which we heard by another topic first). Ids are unique over all nouns, so one mapping holds
them all. An entry that is nobody's is kept, unseen, until one of its ids is tied to somebody: in which order events
arrive makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from contracts.errors import NotFound
from contracts.event import LOOP_IDS, Event
from contracts.ids import (
    CapaId,
    CaseId,
    CustomerId,
    InvoiceId,
    NonconformanceId,
    OpportunityId,
    OrderId,
    PaymentId,
    QuoteId,
    ShipmentId,
)
from customer.domain.telling import TOLD, Kind

Known = Mapping[UUID, CustomerId | None]

_BUSINESS_DAYS = ("ordered_on", "issued_on", "received_on", "implemented_on")


class EventNotTold(NotFound):
    """Only events of the table become entries."""


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """One line of a customer's history. Unique per event: an event concerns one customer, once."""

    event_id: UUID
    customer_id: CustomerId | None
    """As told; a merged customer's entries are read with its survivor's. None while nobody knows whose it is."""
    kind: Kind
    service: str
    event: str
    title: str
    recorded_at: datetime
    """When the event was told; entries are sorted by it."""
    happened_on: date
    """The day in the business: of an order brought in from an older system, the day it was placed there."""
    opportunity_id: OpportunityId | None = None
    quote_id: QuoteId | None = None
    order_id: OrderId | None = None
    shipment_id: ShipmentId | None = None
    invoice_id: InvoiceId | None = None
    payment_id: PaymentId | None = None
    case_id: CaseId | None = None
    nonconformance_id: NonconformanceId | None = None
    capa_id: CapaId | None = None


def ids_named_in(event: Event) -> dict[str, UUID]:
    """The ids of a loop that the event carries, by the name of their field."""
    said = vars(event)
    return {name: said[name] for name in LOOP_IDS if said.get(name) is not None}


def customer_of(event: Event, known: Known) -> CustomerId | None:
    """The customer whom the event concerns: named in it, or tied to one of its ids; None when nobody has said."""
    named: CustomerId | None = vars(event).get("customer_id")
    if named is not None:
        return named
    return next((owner for each in ids_named_in(event).values() if (owner := known.get(each)) is not None), None)


def learned_from(event: Event, customer_id: CustomerId | None, known: Known) -> dict[UUID, CustomerId | None]:
    """What the event adds to `known`: its ids are this customer's (or nobody's, until somebody is named).

    An id that has a customer keeps it.
    """
    ids = ids_named_in(event).values()
    return {each: customer_id for each in ids if each not in known or (known[each] is None and customer_id is not None)}


def known_after(events: Iterable[Event], known: Known) -> dict[UUID, CustomerId | None]:
    """`known` and all that these events add to it, whichever of them comes first."""
    told, after = tuple(events), dict(known)
    while learned := _learned_from_all(told, after):
        after |= learned
    return after


def _learned_from_all(events: tuple[Event, ...], known: Known) -> dict[UUID, CustomerId | None]:
    """What these events add in one reading; a later one already reads with what an earlier one has tied."""
    now, learned = dict(known), dict[UUID, CustomerId | None]()
    for event in events:
        added = learned_from(event, customer_of(event, now), now)
        now |= added
        learned |= added
    return learned


def entry_of(event: Event, *, event_id: UUID, customer_id: CustomerId | None, recorded_at: datetime) -> TimelineEntry:
    """The line that the event adds to the customer's history."""
    telling = TOLD.get(type(event))
    if telling is None:
        raise EventNotTold(f"{type(event).__name__} is not in the table of telling.py")
    said = vars(event)
    return TimelineEntry(
        event_id=event_id,
        customer_id=customer_id,
        kind=telling.kind,
        service=event.service(),
        event=type(event).__name__,
        title=telling.title(event),
        recorded_at=recorded_at,
        happened_on=_day_of(event, recorded_at),
        opportunity_id=said.get("opportunity_id"),
        quote_id=said.get("quote_id"),
        order_id=said.get("order_id"),
        shipment_id=said.get("shipment_id"),
        invoice_id=said.get("invoice_id"),
        payment_id=said.get("payment_id"),
        case_id=said.get("case_id"),
        nonconformance_id=said.get("nonconformance_id"),
        capa_id=said.get("capa_id"),
    )


def _day_of(event: Event, recorded_at: datetime) -> date:
    said = vars(event)
    happened_at = said.get("happened_at")
    if isinstance(happened_at, datetime):
        return happened_at.date()
    days = (said.get(name) for name in _BUSINESS_DAYS)
    return next((day for day in days if isinstance(day, date)), recorded_at.date())
