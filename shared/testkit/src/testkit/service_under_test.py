"""One service on a real database: what it does when it receives an event, a command, a request, or time passes.

`receives` takes the way that an event from Kafka takes (JSON, inbox, reaction, outbox, JSON), without the broker.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import httpx
from fastapi import FastAPI

from contracts.event import Event, Recorded, event_types
from contracts.ids import new_id
from kit import parking
from kit.context import Cause
from kit.executor import Command, Handler
from kit.inbox import Message
from kit.service import Running, Service
from testkit.tokens import Issuer

C = TypeVar("C", bound=Command)


class Parked(Exception):
    """The service could not apply an event: its key is parked. The message is the parked key's reason."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class ServiceUnderTest:
    """See the module. `published()` tells of what came since the test began."""

    def __init__(self, service: Service, app: FastAPI, http: httpx.AsyncClient, issuer: Issuer) -> None:
        self.service = service
        self.app = app
        self.http = http
        self.issuer = issuer
        self.running: Running = app.state.running
        self._since = 0
        self._sequences: dict[tuple[str, UUID], int] = defaultdict(int)

    async def test_begins(self) -> None:
        self._since = await self._last_id()

    def records(
        self, event: Event, *, correlation_id: UUID | None = None, actor: str = "test", sequence: int | None = None
    ) -> Recorded:
        """The event as its own service would have recorded it, with the next number of its aggregate."""
        key = (event.topic(), event.subject)
        self._sequences[key] = sequence or self._sequences[key] + 1
        return Recorded(
            id=new_id(),
            type=event.type_name(),
            source=f"/orderloop/{event.service()}",
            subject=event.subject,
            time=datetime.now(UTC),
            sequence=self._sequences[key],
            correlation_id=correlation_id or new_id(),
            causation_id=new_id(),
            actor=actor,
            traceparent=None,
            data=event.model_dump_json().encode(),
        )

    async def receives(self, *events: Event | Recorded, times: int = 1) -> list[Event]:
        """Deliver events, in one batch, `times` times over; returns what the service published because of them.

        Raises Parked when one of them could not be applied.
        """
        before = await self._last_id()
        recorded = [event if isinstance(event, Recorded) else self.records(event) for event in events]
        for _ in range(times):
            await self.running.consumer.apply([self._message(each) for each in recorded])
        async with self.running.database.read() as tx:
            parked = {(key.topic, key.subject): key for key in await parking.listed(tx)}
        for each in recorded:
            key = parked.get((_topic(each), each.subject))
            if key is not None:
                raise Parked(key.kind, key.reason)
        return [event for _, event in await self._published(before)]

    async def does(self, handler: Handler[C], command: C, actor: str = "test") -> list[Event]:
        """Run a command; returns the events that it caused."""
        return list(await self.running.execute(handler, command, Cause(new_id(), actor)))

    async def time_passes(self, to: datetime) -> list[Event]:
        """Run every timer that is due at `to`; returns what the service published because of them."""
        before = await self._last_id()
        due = await self._due_timers(to)
        for _ in range(due):
            await self.running.timers.fire(to)
        return [event for _, event in await self._published(before)]

    async def published(self) -> list[Event]:
        """What the service has published since the test began, in the order of the outbox."""
        return [event for _, event in await self._published(self._since)]

    async def recorded(self) -> list[Recorded]:
        """The same, with the envelopes."""
        return [recorded for recorded, _ in await self._published(self._since)]

    async def get(
        self, path: str, *, role: str = "reader", customer_id: UUID | None = None, **query: Any
    ) -> httpx.Response:  # Any: query values
        headers = self._headers(role, customer_id)
        return await self.http.get(
            path, headers=headers, params={k: v for k, v in query.items() if v is not None} or None
        )

    async def post(
        self,
        path: str,
        body: dict[str, Any] | None = None,  # Any: JSON
        *,
        role: str = "admin",
        key: str | None = None,
        if_match: int | None = None,
        method: str = "POST",
        customer_id: UUID | None = None,
    ) -> httpx.Response:
        """Send a command, under a new idempotency key unless one is given."""
        headers = self._headers(role, customer_id) | {"idempotency-key": key or str(new_id())}
        if if_match is not None:
            headers["if-match"] = f'"{if_match}"'
        return await self.http.request(method, path, json=body, headers=headers)

    def _headers(self, role: str, customer_id: UUID | None) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token(role, customer_id=customer_id)}"}

    def _message(self, recorded: Recorded) -> Message:
        return Message(_topic(recorded), 0, 0, recorded)

    async def _due_timers(self, to: datetime) -> int:
        async with self.running.database.read() as tx:
            return (await tx.exec_driver_sql("SELECT count(*) FROM timer WHERE due_at <= $1", (to,))).scalar_one()

    async def _last_id(self) -> int:
        async with self.running.database.read() as tx:
            return (await tx.exec_driver_sql("SELECT coalesce(max(id), 0) FROM outbox")).scalar_one()

    async def _published(self, since: int) -> list[tuple[Recorded, Event]]:
        async with self.running.database.read() as tx:
            rows = (
                (await tx.exec_driver_sql("SELECT * FROM outbox WHERE id > $1 ORDER BY id", (since,))).mappings().all()
            )
        types = event_types()
        return [
            (_recorded(row, self.service.name), types[row["type"]].model_validate_json(row["value"])) for row in rows
        ]


def _topic(recorded: Recorded) -> str:
    return f"{recorded.source.rpartition('/')[2]}.events"


def _recorded(row: Any, service: str) -> Recorded:  # Any: a row of the outbox
    return Recorded(
        id=row["event_id"],
        type=row["type"],
        source=f"/orderloop/{service}",
        subject=row["subject"],
        time=row["recorded_at"],
        sequence=row["sequence"],
        correlation_id=row["correlation_id"],
        causation_id=row["causation_id"],
        actor=row["actor"],
        traceparent=row["traceparent"],
        data=row["value"],
    )
