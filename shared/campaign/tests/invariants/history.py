"""A small valid history by the real services: one loop closed, one order cancelled, one open, one complaint.

Events go from outbox to topic to consumer by hand, with the bytes of the relay and through the consumers' own code, so
that a second is enough for it. Topics have names of their own, as the broker is shared.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import asyncpg
import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from campaign.invariants import Place, Told, Topics
from campaign.invariants.facts import Facts, gathered, snapshots
from campaign.launch import probe
from campaign.load.journal import Journal
from campaign.load.sending import Answered, Sending, digest
from contracts.event import Recorded
from insight.commands.compare_subjects import compare_subjects
from kit.consumer import Consumer
from kit.database import Transaction
from kit.envelope import headers_of, read
from kit.inbox import Message
from kit.service import create_app
from testkit import ServiceUnderTest
from testkit.databases import a_database
from testkit.plugin import settings_for
from testkit.servers import Servers
from testkit.tokens import Issuer

SERVICES = ("customer", "sales", "order", "inventory", "finance", "service", "quality", "insight")

Json = dict[str, Any]  # Any: JSON
Record = tuple[bytes, bytes, list[tuple[str, bytes]]]
"""Key, value, headers."""

PROBE = """
CREATE SCHEMA campaign;
CREATE TABLE campaign.effect (
  id bigserial PRIMARY KEY, event_id uuid, topic text, subject uuid, sequence bigint, type text,
  at timestamptz DEFAULT clock_timestamp()
)
"""


@dataclass(frozen=True)
class History:
    """Where it is, and what the tests break of it. `topics` holds the full dump."""

    place: Place
    topics: Topics
    journal: Path
    order_id: str
    opportunity_id: str

    def told(self, **more: Any) -> Told:  # Any: fields of Told
        return replace(Told(journals=(self.journal,)), **more)

    @asynccontextmanager
    async def broken(self, told: Told | None = None, topics: Topics | None = None, **sql: str) -> AsyncGenerator[Facts]:
        """The facts after these statements, by service; then everything is as it was."""
        async with snapshots(self.place, read_only=False) as connections:
            for service, statements in sql.items():
                await connections[service].execute(statements)
            yield await gathered(self.place, topics or self.topics, told or self.told(), connections)

    def records(self) -> dict[str, list[Record]]:
        return {
            service: [(each.key, each.value, list(each.headers)) for each in sent]
            for service, sent in self.topics.sent.items()
        }

    @asynccontextmanager
    async def published_as(self, records: Mapping[str, Sequence[Record]]) -> AsyncGenerator[Topics]:
        """The dump of other topics, with these records in them."""
        place = replace(self.place, prefix=f"inv-{uuid4().hex[:8]}.")
        async with topics_of(place), producing(place) as send:
            for service, found in records.items():
                for record in found:
                    await send(service, record)
            topics = Topics(place)
            await topics.refresh()
            yield topics


Send = Callable[[str, Record], Any]  # Any: an awaitable offset


class Business:
    """All services, and a driver that writes down what it does."""

    def __init__(self, services: Mapping[str, ServiceUnderTest], send: Send, journal: Journal) -> None:
        self.services = services
        self.send = send
        self.journal = journal
        self._sent = dict.fromkeys(services, 0)

    async def does(self, service: str, path: str, body: Json | None = None, method: str = "POST") -> Json:
        """Send a command, with its answer in the journal; then let every event reach everybody."""
        key = str(uuid4())
        sending = Sending(key, 1, service, method, path, digest(b""))
        await self.journal.sent(sending)
        answer = await self.services[service].post(path, body, key=key, method=method)
        assert answer.is_success, f"{path}: {answer.text}"
        said = cast("Json", answer.json()) if answer.content else {}
        event = next(iter(said.values()), None)
        await self.journal.answered(sending, Answered("ok", answer.status_code, None, digest(answer.content), event))
        await self.spread()
        return said

    async def spread(self) -> None:
        while any([await self._publish(service) for service in self.services]):
            pass

    async def _publish(self, service: str) -> bool:
        """Send what is new of an outbox and have every reader apply it."""
        async with self.services[service].running.database.read() as tx:
            found = await tx.exec_driver_sql("SELECT * FROM outbox WHERE id > $1 ORDER BY id", (self._sent[service],))
            rows = found.mappings().all()
        if not rows:
            return False
        self._sent[service] = rows[-1]["id"]
        batch = [await self._message(service, dict(row)) for row in rows]
        for reader in self.services.values():
            if f"{service}.events" in reader.service.reactions.topics():
                await reader.running.consumer.apply(batch)
        return True

    async def _message(self, service: str, row: Mapping[str, Any]) -> Message:  # Any: column values
        headers = headers_of(row, service)
        offset = await self.send(service, (str(row["subject"]).encode(), row["value"], headers))
        return Message(f"{service}.events", 0, offset, read(headers, row["value"]))

    async def the(self, service: str, sql: str) -> Any:  # Any: a column's value
        async with self.services[service].running.database.read() as tx:
            return (await tx.exec_driver_sql(sql)).scalar_one()


@asynccontextmanager
async def a_history(servers: Servers, issuer: Issuer, folder: Path) -> AsyncGenerator[History]:
    async with AsyncExitStack() as stack:
        databases = {each: await stack.enter_async_context(a_database(each, servers.postgres)) for each in SERVICES}
        place = Place(databases, servers.kafka, f"inv-{uuid4().hex[:8]}.")
        await stack.enter_async_context(topics_of(place))
        journal = folder / "journal.jsonl"
        order_id, opportunity_id = await _happened(place, servers, issuer, journal)
        topics = Topics(place)
        await topics.refresh()
        yield History(place, topics, journal, order_id, opportunity_id)


async def _happened(place: Place, servers: Servers, issuer: Issuer, journal: Path) -> tuple[str, str]:
    for dsn in place.databases.values():
        await _execute(dsn, PROBE)
    async with AsyncExitStack() as stack:
        services = {
            each: await stack.enter_async_context(_service(each, dsn, servers, issuer))
            for each, dsn in place.databases.items()
        }
        send = await stack.enter_async_context(producing(place))
        business = Business(services, send, await stack.enter_async_context(Journal(journal)))
        found = await _what_happened(business)
        await _watched(services["insight"])
    for dsn in place.databases.values():
        await _execute(dsn, "UPDATE timer SET due_at = now() + interval '1 day'")
        await _execute(dsn, "INSERT INTO relay_cursor (snapshot) VALUES (pg_current_snapshot()::text)")
    return found


async def _watched(insight: ServiceUnderTest) -> None:
    """The watcher compares what was said, as its timer does, without waiting for silence."""
    async with insight.running.database.begin() as tx:
        told, more = await compare_subjects(tx, timedelta(0))
    assert (told, more) == ((), False), "nothing is found in what happened"


async def _what_happened(business: Business) -> tuple[str, str]:
    customer = (await business.does("customer", "/customers", {"name": "Acme", "country": "DE", "currency": "EUR"}))[
        "customer_id"
    ]
    await business.does("finance", f"/credit-accounts/{customer}/limit", {"limit": euros("9000.00")}, "PUT")
    item = (await business.does("inventory", "/items", {"sku": "LAMP", "standard_cost": euros("40.00")}))["item_id"]
    house = (await business.does("inventory", "/warehouses", {"code": "W1"}))["warehouse_id"]
    arrived = [{"item_id": item, "quantity": pieces(10), "unit_cost": euros("40.00")}]
    await business.does("inventory", "/goods-receipts", {"warehouse_id": house, "lines": arrived})

    opportunity = await _wins(business, customer, [line(item, 2)])
    order = str(await business.the("order", "SELECT order_id FROM orders"))
    await _settles(business, customer)
    shop = {"customer_id": customer, "channel": "shop"}
    cancelled = (await business.does("order", "/orders", shop | {"lines": [line(item, 3)]}))["order_id"]
    await business.does("order", f"/orders/{cancelled}/cancel", {"reason": "another lamp"})
    await business.does("order", "/orders", shop | {"lines": [line(item, 1)]})
    complaint = {"kind": "complaint", "title": "dark", "nothing_named_because": "told on the telephone"}
    await business.does("service", "/cases", {"customer_id": customer} | complaint)
    return order, opportunity


async def _wins(business: Business, customer: str, lines: list[Json]) -> str:
    body = {"name": "lamps", "owner": "nora", "amount": euros("200.00"), "customer_id": customer}
    opportunity: str = (await business.does("sales", "/opportunities", body))["opportunity_id"]
    quote = (await business.does("sales", "/quotes", {"opportunity_id": opportunity, "lines": lines}))["quote_id"]
    await business.does("sales", f"/quotes/{quote}/send")
    await business.does("sales", f"/quotes/{quote}/accept", {"revision": 1})
    return opportunity


async def _settles(business: Business, customer: str) -> None:
    shipment = str(await business.the("inventory", "SELECT shipment_id FROM shipments WHERE status = 'planned'"))
    for step in ("pick", "pack", "dispatch", "deliver"):
        await business.does("inventory", f"/shipments/{shipment}/{step}", {})
    gross = str(await business.the("finance", "SELECT gross FROM invoices"))
    await business.does(
        "finance", "/payments", {"customer_id": customer, "amount": euros(gross), "reference": "bank 1"}
    )


@asynccontextmanager
async def _service(name: str, database: str, servers: Servers, issuer: Issuer) -> AsyncGenerator[ServiceUnderTest]:
    service = importlib.import_module(f"{name}.app").service()
    app = create_app(service, settings_for(database, servers, issuer), start=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{name}") as http,
    ):
        made = ServiceUnderTest(service, app, http, issuer)
        _probe(made.running.consumer)
        yield made


def _probe(consumer: Consumer) -> None:
    """As a stand's workers do, in this consumer only."""
    effects = consumer._effects  # pyright: ignore[reportPrivateUsage]  # the one place where all effects pass

    async def probed(tx: Transaction, events: Sequence[Recorded]) -> Any:  # Any: what it tells
        told = await effects(tx, events)
        if events:
            columns = ([getattr(each, name) for each in events] for name in ("id", "subject", "sequence", "type"))
            ids, subjects, sequences, types = columns
            topics = [probe.topic_of(each) for each in events]
            await tx.exec_driver_sql(probe.WRITE, (ids, topics, subjects, sequences, types))
        return told

    consumer._effects = probed  # pyright: ignore[reportPrivateUsage]


@asynccontextmanager
async def topics_of(place: Place) -> AsyncGenerator[None]:
    """A topic a service, with one partition; gone afterwards."""
    names = [place.topic(service) for service in SERVICES]
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1) for name in names])
        yield
        await admin.delete_topics(names)
    finally:
        await admin.close()


@asynccontextmanager
async def producing(place: Place) -> AsyncGenerator[Send]:
    producer = AIOKafkaProducer(bootstrap_servers=place.kafka, acks="all", linger_ms=0)
    await producer.start()

    async def send(service: str, record: Record) -> int:
        key, value, headers = record
        sent = await producer.send_and_wait(place.topic(service), value, key, partition=0, headers=headers)
        return int(sent.offset)

    try:
        yield send
    finally:
        await producer.stop()


async def _execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(sql)
    await connection.close()


def line(item_id: str, quantity: int) -> Json:
    return {"item_id": item_id, "quantity": pieces(quantity), "unit_price": euros("100.00"), "tax_percent": "19"}


def euros(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def pieces(number: int) -> Json:
    return {"value": str(number), "unit": "C62"}


def sql_of(service: str, statements: str) -> Any:  # Any: a keyword of `broken` that is known at run time only
    return {service: statements}
