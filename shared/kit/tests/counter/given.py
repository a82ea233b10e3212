"""What tests begin with, and what they look at."""

from __future__ import annotations

from uuid import UUID

from contracts.event import Recorded
from contracts.ids import new_id
from kit import parking
from kit.inbox import Message
from kit.parking import ParkedKey
from testkit import ServiceUnderTest

from .effects import OpenCounter, open_counter
from .events import PiecesSupplied

TOPIC = "supplier.events"


async def a_counter(service: ServiceUnderTest, pieces: int = 0) -> UUID:
    [opened] = await service.does(open_counter, OpenCounter(pieces=pieces))
    return opened.subject


async def left(service: ServiceUnderTest, counter_id: UUID) -> int:
    return (await service.get(f"/counters/{counter_id}")).json()["pieces"]


def a_supply(counter_id: UUID, supply_id: UUID | None = None, pieces: int = 1) -> PiecesSupplied:
    return PiecesSupplied(supply_id=supply_id or new_id(), counter_id=counter_id, pieces=pieces)


async def arrive(service: ServiceUnderTest, *events: Recorded, offset: int = 0) -> None:
    """Have a batch applied, as it would come from partition 0."""
    messages = [Message(TOPIC, 0, offset + place, event) for place, event in enumerate(events)]
    await service.running.consumer.apply(messages)


async def parked(service: ServiceUnderTest, subject: UUID) -> ParkedKey | None:
    async with service.running.database.read() as tx:
        return next((key for key in await parking.listed(tx) if key.subject == subject), None)


async def waiting(service: ServiceUnderTest, subject: UUID) -> list[int]:
    """The numbers of the events that wait behind a parked key."""
    async with service.running.database.read() as tx:
        return [event.sequence for event in await parking.messages(tx, (TOPIC, subject))]


async def retry_what_is_due(service: ServiceUnderTest) -> int:
    """Have every parked key tried whose time has come, until none is due; returns how many attempts that took."""
    attempts = 0
    while await service.running.consumer.retry_parked():
        attempts += 1
    return attempts


async def time_passes_for(service: ServiceUnderTest, subject: UUID) -> None:
    """The pause before the next attempt of a parked key is over."""
    async with service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql(
            "UPDATE parked_key SET next_attempt_at = now() WHERE subject = $1 AND next_attempt_at IS NOT NULL",
            (subject,),
        )
