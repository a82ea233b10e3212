"""What happened with a customer: its timeline, and what was said."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from contracts.ids import (
    CapaId,
    CaseId,
    ContactId,
    CustomerId,
    InteractionId,
    InvoiceId,
    NonconformanceId,
    OpportunityId,
    OrderId,
    PaymentId,
    QuoteId,
    ShipmentId,
)
from customer.domain.interaction import Channel, Direction
from customer.domain.telling import SHOWN_TO_CUSTOMERS, Kind
from customer.queries.records import Reader, records_of
from customer.storage.tables import interactions, timeline
from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.principal import Principal
from kit.problems import RESPONSES
from kit.routing import Reading

router = APIRouter(tags=["history"], responses=RESPONSES)

_SHOWN = sorted(each.__name__ for each in SHOWN_TO_CUSTOMERS)


class TimelineEntryAnswer(BaseModel):
    """One line of a customer's history: what happened, who told it, and what it was about."""

    model_config = ConfigDict(from_attributes=True)

    event_id: UUID
    customer_id: CustomerId
    """As the event named it: the customer's own id, or that of a record that was merged into it."""
    kind: Kind
    service: str
    event: str
    title: str
    recorded_at: datetime
    happened_on: date
    opportunity_id: OpportunityId | None
    quote_id: QuoteId | None
    order_id: OrderId | None
    shipment_id: ShipmentId | None
    invoice_id: InvoiceId | None
    payment_id: PaymentId | None
    case_id: CaseId | None
    nonconformance_id: NonconformanceId | None
    capa_id: CapaId | None


class InteractionAnswer(BaseModel):
    """What was said, by whom, when."""

    model_config = ConfigDict(from_attributes=True)

    interaction_id: InteractionId
    customer_id: CustomerId
    channel: Channel
    direction: Direction
    summary: str
    happened_at: datetime
    logged_by: str
    contact_id: ContactId | None


@router.get("/customers/{customer_id}/timeline")
async def timeline_of_customer(
    customer_id: UUID,
    tx: Reading,
    reader: Reader,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
    kind: Kind | None = None,
) -> Page[TimelineEntryAnswer]:
    """Everything that happened with the customer and the records merged into it, newest first.

    A customer sees its own, and of that what it did itself or was told.
    """
    records = await records_of(tx, customer_id, reader)
    entries = select(timeline).where(timeline.c.customer_id.in_(records.ids))
    if kind is not None:
        entries = entries.where(timeline.c.kind == kind)
    if reader.is_customer:
        entries = entries.where(timeline.c.event.in_(_SHOWN))
    return await paged(
        tx,
        entries,
        key=(timeline.c.recorded_at, timeline.c.event_id),
        row=TimelineEntryAnswer.model_validate,
        cursor=cursor,
        limit=limit,
        descending=True,
    )


@router.get("/customers/{customer_id}/interactions")
async def interactions_of_customer(
    customer_id: UUID,
    tx: Reading,
    reader: Annotated[Principal, reads()],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[InteractionAnswer]:
    """What was said with the customer and under the records merged into it, newest first. For the staff only."""
    records = await records_of(tx, customer_id, reader)
    return await paged(
        tx,
        select(interactions).where(interactions.c.customer_id.in_(records.ids)),
        key=(interactions.c.happened_at, interactions.c.interaction_id),
        row=InteractionAnswer.model_validate,
        cursor=cursor,
        limit=limit,
        descending=True,
    )
