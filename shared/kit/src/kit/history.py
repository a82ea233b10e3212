"""`GET /events`: what this service has published, read from its outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue
from pydantic_core import from_json
from sqlalchemy import Row, select

from kit.auth import reads
from kit.paging import DEFAULT_LIMIT, Cursor, Limit, Page, paged
from kit.problems import RESPONSES
from kit.routing import Reading
from kit.tables import outbox

router = APIRouter(tags=["events"], responses=dict[int | str, Any](RESPONSES))


class Published(BaseModel):
    """An event as its readers get it: CloudEvents 1.0 in JSON, with our extensions."""

    specversion: str = "1.0"
    id: UUID
    type: str = Field(examples=["orderloop.order.OrderPlaced.v1"])
    source: str = Field(examples=["/orderloop/order"])
    subject: UUID
    time: datetime
    sequence: int = Field(description="1, 2, 3 … without a gap for each subject")
    correlationid: UUID = Field(description="the same for all events of one loop")
    causationid: UUID = Field(description="the event or request that led to this one")
    actor: str
    datacontenttype: str = "application/json"
    data: JsonValue


@router.get("/events", dependencies=[reads()])
async def published_events(
    tx: Reading,
    correlation_id: UUID | None = None,
    subject: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[Published]:
    """What this service has published, oldest first: of one loop, of one aggregate, or all of it."""
    found = select(outbox)
    if correlation_id is not None:
        found = found.where(outbox.c.correlation_id == correlation_id)
    if subject is not None:
        found = found.where(outbox.c.subject == subject)
    return await paged(tx, found, key=outbox.c.id, row=_published, cursor=cursor, limit=limit)


def _published(row: Row[Any]) -> Published:
    return Published(
        id=row.event_id,
        type=row.type,
        source=f"/orderloop/{row.type.split('.')[1]}",
        subject=row.subject,
        time=row.recorded_at,
        sequence=row.sequence,
        correlationid=row.correlation_id,
        causationid=row.causation_id,
        actor=row.actor,
        data=from_json(row.value),
    )
