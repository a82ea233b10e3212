"""The counter service, put together."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel
from sqlalchemy import select

from contracts.errors import NotFound
from kit.auth import reads
from kit.routing import Commands, Reading, tag
from kit.service import Service

from .effects import open_counter, reactions, relabel_counter, take_pieces, timers
from .storage.tables import counters, metadata

commands = Commands("counters")
commands.add("POST /counters", open_counter, by=("sales",), status=201)
commands.add("POST /counters/{counter_id}/take", take_pieces, by=("sales", "warehouse"))
commands.add("PATCH /counters/{counter_id}", relabel_counter, by=("sales",), if_match="required")
queries = APIRouter(tags=["counters"])


class Counter(BaseModel):
    """A counter and what is left."""

    counter_id: UUID
    label: str
    pieces: int


@queries.get("/counters/{counter_id}", dependencies=[reads()])
async def counter(counter_id: UUID, tx: Reading, response: Response) -> Counter:
    row = (await tx.execute(select(counters).where(counters.c.counter_id == counter_id))).mappings().first()
    if row is None:
        raise NotFound(f"there is no counter {counter_id}")
    tag(response, row["version"])
    return Counter(counter_id=row["counter_id"], label=row["label"], pieces=row["pieces"])


def service() -> Service:
    return Service(
        name="counter",
        summary="Pieces that are there",
        commands=commands,
        queries=queries,
        reactions=reactions,
        metadata=metadata,
        timers=timers,
    )
