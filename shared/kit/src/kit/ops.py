"""`/ops`: what the people who run a service look at and do: parked keys, timers that failed, replay from the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, status
from pydantic import BaseModel, Field

from contracts.errors import Malformed
from contracts.event import Recorded
from kit import parking
from kit.auth import reads, requires
from kit.parking import ParkedKey
from kit.parsing import Moment, Text
from kit.principal import Principal
from kit.problems import RESPONSES
from kit.routing import Reading, running

Operator = Annotated[Principal, requires("admin")]
router = APIRouter(prefix="/ops", tags=["operations"], responses=dict[int | str, Any](RESPONSES))


class Parked(BaseModel):
    """A key that does not flow, and why."""

    topic: str
    subject: UUID
    kind: str = Field(description="waiting, fault, refused or gap: see docs/operations.md")
    reason: str
    attempts: int
    next_attempt_at: datetime | None = Field(description="empty: somebody has to look")
    parked_at: datetime
    waiting: int = Field(description="events of this key that wait, the blocking one included")


class ParkedEvent(BaseModel):
    """An event that waits, as it came."""

    id: UUID
    type: str
    sequence: int
    time: datetime
    correlation_id: UUID
    causation_id: UUID
    actor: str
    data: str


class Discard(BaseModel):
    """Which event is given up, and why."""

    event_id: UUID = Field(description="the event that blocks the key, as GET on the key shows it")
    reason: Text = Field(min_length=3, max_length=1000)


class FailedTimer(BaseModel):
    """A due date whose effect was refused or failed; it is tried again by itself."""

    kind: str
    subject: UUID
    due_at: datetime
    attempts: int
    reason: str


class ReplayRequest(BaseModel):
    """Which part of the outbox to send again. The events keep their ids: who has applied one skips it."""

    subject: UUID | None = None
    from_time: Moment | None = None
    to_time: Moment | None = None


class Replay(BaseModel):
    """How far a replay is."""

    id: int
    subject: UUID | None
    sent: int
    done_at: datetime | None


@router.get("/parked", dependencies=[reads()])
async def parked_keys(tx: Reading) -> list[Parked]:
    """The keys that are parked, longest first; at most 500."""
    return [_parked(each) for each in await parking.listed(tx)]


@router.get("/parked/{topic}/{subject}", dependencies=[reads()])
async def parked_events(topic: str, subject: UUID, tx: Reading) -> list[ParkedEvent]:
    """The events of a parked key in their order; the first one blocks."""
    return [_event(each) for each in await parking.messages(tx, (topic, subject))]


@router.post("/parked/{topic}/{subject}/retry", status_code=status.HTTP_202_ACCEPTED)
async def retry_parked(topic: str, subject: UUID, request: Request, _: Operator) -> None:
    """Try the key again now."""
    async with running(request).database.begin() as tx:
        await parking.retry(tx, (topic, subject))
    running(request).retry_parked_soon()


@router.post("/parked/{topic}/{subject}/discard")
async def discard_parked(topic: str, subject: UUID, body: Discard, request: Request, by: Operator) -> ParkedEvent:
    """Give up the event that blocks the key, with a reason that is kept; the events behind it go on.

    Refused when another event blocks the key now, and when events before this one have not come.
    """
    event = await running(request).consumer.discard_parked((topic, subject), body.event_id, body.reason, by.actor)
    running(request).retry_parked_soon()
    return _event(event)


@router.get("/timers/failed", dependencies=[reads()])
async def failed_timers(tx: Reading) -> list[FailedTimer]:
    rows = await tx.exec_driver_sql(
        "SELECT kind, subject, due_at, attempts, reason FROM timer WHERE attempts > 0 ORDER BY due_at LIMIT 500"
    )
    return [FailedTimer(**row) for row in rows.mappings()]


@router.post("/replays", status_code=status.HTTP_202_ACCEPTED)
async def request_replay(body: ReplayRequest, request: Request, by: Operator) -> Replay:
    """Have the relay send a part of the outbox again: of one aggregate, of a time, or all of it."""
    if body.from_time and body.to_time and body.to_time <= body.from_time:
        raise Malformed("to_time has to be later than from_time")
    async with running(request).database.begin() as tx:
        row = (
            (await tx.exec_driver_sql(_REQUEST, (body.subject, body.from_time, body.to_time, by.actor)))
            .mappings()
            .one()
        )
    running(request).committed()
    return Replay(**row)


@router.get("/replays", dependencies=[reads()])
async def replays(tx: Reading) -> list[Replay]:
    rows = await tx.exec_driver_sql("SELECT id, subject, sent, done_at FROM replay ORDER BY id DESC LIMIT 100")
    return [Replay(**row) for row in rows.mappings()]


def _parked(key: ParkedKey) -> Parked:
    return Parked(**vars(key))


def _event(event: Recorded) -> ParkedEvent:
    return ParkedEvent(
        **event.model_dump(exclude={"data", "source", "subject", "traceparent"}),
        data=event.data.decode("utf-8", "replace"),
    )


_REQUEST = """
INSERT INTO replay (subject, from_time, to_time, requested_by) VALUES ($1, $2, $3, $4)
RETURNING id, subject, sent, done_at
"""
