"""What became of a won opportunity, as its salesperson reads it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from contracts.values import Money
from sales.domain.follow_up import FollowUp
from sales.domain.happening import Entry, Kind


class EntryAnswer(BaseModel):
    """Something that happened, and to what."""

    event_id: UUID
    at: datetime
    kind: Kind
    subject: UUID
    text: str
    state: str | None
    amount: Money | None


class FollowUpAnswer(BaseModel):
    """Where the order, its goods, its money and its complaints stand, and how it came to that, oldest first."""

    order_state: str | None
    on_hold: bool
    shipment_state: str | None
    invoice_state: str | None
    complaint_state: str | None
    nonconformance_state: str | None
    capa_state: str | None
    invoiced: Money | None
    paid: Money | None
    refunded: Money | None
    margin: Money | None
    entries: list[EntryAnswer]


def follow_up_answer(follow_up: FollowUp) -> FollowUpAnswer:
    return FollowUpAnswer(
        order_state=follow_up.order_state,
        on_hold=follow_up.on_hold,
        shipment_state=follow_up.shipment_state,
        invoice_state=follow_up.invoice_state,
        complaint_state=follow_up.complaint_state,
        nonconformance_state=follow_up.nonconformance_state,
        capa_state=follow_up.capa_state,
        invoiced=follow_up.invoiced,
        paid=follow_up.paid,
        refunded=follow_up.refunded,
        margin=follow_up.margin,
        entries=[_entry(each) for each in follow_up.entries],
    )


def _entry(entry: Entry) -> EntryAnswer:
    told = entry.happening
    return EntryAnswer(
        event_id=entry.event_id,
        at=entry.at,
        kind=told.kind,
        subject=told.subject,
        text=told.text,
        state=told.state,
        amount=told.amount,
    )
