"""`/healthz`: the process lives. `/readyz`: it can do its work; what it says is also what `make status` shows.

Without the broker an API goes on taking commands (the outbox keeps their events), so a lost broker makes it
`degraded`, not unready; a process that only works or relays is unready without it.
"""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from kit import migrations, parking
from kit.database import FAULTS
from kit.relay import NOTHING_YET
from kit.routing import running

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """What the process needs, and how it stands."""

    status: Literal["ok", "degraded", "unready", "draining"]
    database: str
    broker: str
    migrations: str
    relay: str
    parked_keys: int | None = None
    retrying_keys: int | None = None
    unpublished_seconds: float | None = None


@router.get("/healthz")
async def healthz() -> Alive:
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(request: Request, response: Response) -> Readiness:
    found = await _look(request)
    if found.status in ("unready", "draining"):
        response.status_code = 503
    return found


async def _look(request: Request) -> Readiness:
    process = running(request)
    broker, relay = process.broker_state(), process.relay_state()
    try:
        async with process.database.read() as tx:
            version = await migrations.current(tx)
            parked, retrying = await parking.counts(tx)
            age = (await tx.exec_driver_sql(_UNPUBLISHED, (NOTHING_YET,))).scalar_one()
    except FAULTS as fault:
        down = f"down: {type(fault).__name__}"
        return Readiness(status="unready", database=down, broker=broker, migrations="unknown", relay=relay)
    head = process.head
    return Readiness(
        status=_status(version == head, broker == "ok", process.needs_broker, process.draining),
        database="ok",
        broker=broker,
        migrations="ok" if version == head else f"at {version}, this program needs {head}: start with migrate",
        relay=relay,
        parked_keys=parked,
        retrying_keys=retrying,
        unpublished_seconds=age,
    )


def _status(
    migrated: bool, broker: bool, needs_broker: bool, draining: bool
) -> Literal["ok", "degraded", "unready", "draining"]:
    if draining:
        return "draining"
    if not migrated or (needs_broker and not broker):
        return "unready"
    return "ok" if broker else "degraded"


_UNPUBLISHED = """
WITH sent AS MATERIALIZED (SELECT coalesce((SELECT snapshot FROM relay_cursor), $1)::pg_snapshot AS snapshot)
SELECT coalesce(extract(epoch FROM now() - min(recorded_at)), 0)::float8
  FROM (SELECT recorded_at FROM outbox WHERE xid >= (SELECT pg_snapshot_xmin(snapshot) FROM sent)
           AND NOT pg_visible_in_snapshot(xid, (SELECT snapshot FROM sent))
         ORDER BY xid LIMIT 1) AS oldest
"""
"""By transaction id, for which there is an index: what is unpublished stands at its end."""
