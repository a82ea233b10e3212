"""The timeline: everybody's events, in whatever order they come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from contracts.customer import CustomerRegistered
from contracts.event import Event, Recorded
from contracts.finance import OrderMarginComputed
from contracts.ids import (
    CapaId,
    CaseId,
    CustomerId,
    LotId,
    NonconformanceId,
    OpportunityId,
    OrderId,
    ShipmentId,
    new_id,
)
from contracts.inventory import DeliveryConfirmed, LotQuarantined, PickReleased, StockReserved
from contracts.order import OrderClosed
from contracts.quality import CapaRootCauseIdentified, NonconformanceClosed, NonconformanceRaised
from contracts.sales import OpportunityCustomerNamed, OpportunityOpened
from contracts.service import CaseOpened
from contracts.values import Money, Quantity
from customer.storage.timeline import Timeline
from testkit import ServiceUnderTest
from testkit.statements import statements

Register = Callable[..., Awaitable[CustomerRegistered]]
EUROS = Money(amount=Decimal("10.00"), currency="EUR")


class Loop:
    """A loop of somebody: events of an order, a case, and what quality made of it."""

    def __init__(self) -> None:
        self.customer = CustomerId(new_id())
        self.order, self.shipment = OrderId(new_id()), ShipmentId(new_id())
        self.case, self.capa = CaseId(new_id()), CapaId(new_id())
        self.nonconformance = NonconformanceId(new_id())

    def reserved(self) -> StockReserved:
        return StockReserved(order_id=self.order, lines=())

    def picked(self) -> PickReleased:
        return PickReleased(shipment_id=self.shipment, order_id=self.order)

    def delivered(self) -> DeliveryConfirmed:
        return DeliveryConfirmed(shipment_id=self.shipment, order_id=self.order, customer_id=self.customer)

    def closed(self) -> OrderClosed:
        return OrderClosed(order_id=self.order, customer_id=self.customer, number="SO-1")

    def margin(self) -> OrderMarginComputed:
        return OrderMarginComputed(
            order_id=self.order,
            customer_id=self.customer,
            opportunity_id=None,
            revenue=EUROS,
            cost=EUROS,
            margin=EUROS,
            margin_percent=None,
        )

    def opened(self) -> CaseOpened:
        return CaseOpened(case_id=self.case, customer_id=self.customer, number="CS-1", kind="complaint", title="Broken")

    def raised(self) -> NonconformanceRaised:
        return NonconformanceRaised(
            nonconformance_id=self.nonconformance, number="NC-1", title="Broken", severity="major", case_id=self.case
        )

    def explained(self) -> CapaRootCauseIdentified:
        return CapaRootCauseIdentified(
            capa_id=self.capa, nonconformance_id=self.nonconformance, root_cause="wrong steel"
        )

    def quarantined(self, nonconformance: NonconformanceId | None) -> LotQuarantined:
        return LotQuarantined.model_validate(
            {
                "lot_id": LotId(new_id()),
                "item_id": new_id(),
                "lot_number": "L-1",
                "quantity": Quantity.pieces(3),
                "nonconformance_id": nonconformance,
                "reason": "broken",
            }
        )


@pytest.fixture
async def loop(register: Register) -> Loop:
    loop = Loop()
    loop.customer = (await register()).customer_id
    return loop


async def timeline(service: ServiceUnderTest, whose: UUID, **query: Any) -> list[str]:  # Any: query values
    answer = await service.get(f"/customers/{whose}/timeline", **query)
    assert answer.status_code == 200, answer.text
    return [each["event"] for each in answer.json()["items"]]


async def test_events_are_told_newest_first(customer_service: ServiceUnderTest, loop: Loop) -> None:
    closed, recorded = customer_service.records(loop.closed()), customer_service.records(loop.delivered())

    told = await customer_service.receives(recorded, closed, times=5)

    answer = await customer_service.get(f"/customers/{loop.customer}/timeline")
    [newest, oldest] = answer.json()["items"]
    assert (told, newest["event"], oldest["event"]) == ([], "DeliveryConfirmed", "OrderClosed")
    assert newest == {
        "event_id": str(recorded.id),
        "customer_id": str(loop.customer),
        "kind": "shipment",
        "service": "inventory",
        "event": "DeliveryConfirmed",
        "title": "Goods delivered",
        "recorded_at": recorded.time.isoformat().replace("+00:00", "Z"),
        "happened_on": str(recorded.time.date()),
        **dict.fromkeys(("opportunity_id", "quote_id", "invoice_id", "payment_id"), None),
        **dict.fromkeys(("case_id", "nonconformance_id", "capa_id"), None),
        "order_id": str(loop.order),
        "shipment_id": str(loop.shipment),
    }


async def test_a_timeline_is_filtered_by_kind_and_comes_in_pages(
    customer_service: ServiceUnderTest, loop: Loop
) -> None:
    _ = await customer_service.receives(loop.closed(), loop.delivered(), loop.opened())

    first = (await customer_service.get(f"/customers/{loop.customer}/timeline", limit=2)).json()
    rest = await timeline(customer_service, loop.customer, limit=2, cursor=first["next_cursor"])

    assert [each["event"] for each in first["items"]] == ["CaseOpened", "DeliveryConfirmed"]
    assert rest == ["OrderClosed"]
    assert await timeline(customer_service, loop.customer, kind="case") == ["CaseOpened"]


async def test_an_event_that_is_ahead_of_the_one_that_says_whose_it_is_is_not_lost(
    customer_service: ServiceUnderTest, loop: Loop
) -> None:
    _ = await customer_service.receives(loop.reserved(), loop.picked())
    before = await timeline(customer_service, loop.customer)

    _ = await customer_service.receives(loop.closed())

    assert before == []
    assert await timeline(customer_service, loop.customer) == ["OrderClosed", "PickReleased", "StockReserved"]


CHAIN = (Loop.opened, Loop.raised, Loop.explained)
"""Whose the cause is follows from the nonconformance, whose that is from the case."""


@pytest.mark.parametrize("order", list(permutations(CHAIN)))
@pytest.mark.parametrize("at_once", [True, False])
async def test_in_which_order_and_batches_events_come_makes_no_difference(
    customer_service: ServiceUnderTest, loop: Loop, order: Sequence[Callable[[Loop], Event]], at_once: bool
) -> None:
    events = [make(loop) for make in order]

    for batch in [events] if at_once else [[event] for event in events]:
        _ = await customer_service.receives(*batch)
    later = NonconformanceClosed(nonconformance_id=loop.nonconformance, customer_id=None)
    _ = await customer_service.receives(later, loop.quarantined(loop.nonconformance))

    told = await timeline(customer_service, loop.customer)
    assert told[:2] == ["LotQuarantined", "NonconformanceClosed"]
    assert sorted(told[2:]) == ["CapaRootCauseIdentified", "CaseOpened", "NonconformanceRaised"]


async def test_an_opportunity_brings_its_past_along_when_its_customer_is_named(
    customer_service: ServiceUnderTest, loop: Loop
) -> None:
    opportunity = OpportunityId(new_id())
    opened = OpportunityOpened(
        opportunity_id=opportunity, customer_id=None, name="Bolts", owner="olga", stage="prospecting", amount=EUROS
    )
    _ = await customer_service.receives(opened)

    _ = await customer_service.receives(OpportunityCustomerNamed(opportunity_id=opportunity, customer_id=loop.customer))

    assert await timeline(customer_service, loop.customer) == ["OpportunityCustomerNamed", "OpportunityOpened"]


async def test_what_concerns_nobody_is_passed_over(customer_service: ServiceUnderTest, loop: Loop) -> None:
    _ = await customer_service.receives(loop.quarantined(None), loop.opened())

    assert await timeline(customer_service, loop.customer) == ["CaseOpened"]


async def test_what_is_one_customers_never_changes_hands(customer_service: ServiceUnderTest, loop: Loop) -> None:
    _ = await customer_service.receives(loop.closed())
    stranger = OrderClosed(order_id=loop.order, customer_id=CustomerId(new_id()), number="SO-1")

    _ = await customer_service.receives(stranger)
    _ = await customer_service.receives(loop.reserved())

    assert await timeline(customer_service, loop.customer) == ["StockReserved", "OrderClosed"]


async def test_the_day_in_the_business_is_shown(customer_service: ServiceUnderTest, loop: Loop) -> None:
    body = {"channel": "call", "direction": "inbound", "summary": "hi", "happened_at": "2025-02-01T08:00:00Z"}
    _ = await customer_service.post(f"/customers/{loop.customer}/interactions", body)
    [_, logged] = await customer_service.published()

    _ = await customer_service.receives(logged)

    [entry] = (await customer_service.get(f"/customers/{loop.customer}/timeline")).json()["items"]
    assert (entry["happened_on"], entry["title"]) == (str(date(2025, 2, 1)), "Talked: call")
    assert entry["recorded_at"][:10] == str(datetime.now(UTC).date())


async def test_the_timeline_of_a_merged_record_is_the_survivors_before_and_after(
    customer_service: ServiceUnderTest, register: Register, loop: Loop
) -> None:
    survivor = await register()
    _ = await customer_service.receives(loop.closed())
    _ = await customer_service.post(f"/customers/{loop.customer}/merge", {"survivor_id": str(survivor.customer_id)})

    [*_, merged] = await customer_service.published()
    _ = await customer_service.receives(merged, loop.delivered(), loop.reserved())

    expected = ["StockReserved", "DeliveryConfirmed", "CustomersMerged", "OrderClosed"]
    assert await timeline(customer_service, survivor.customer_id) == expected
    assert await timeline(customer_service, loop.customer) == expected


async def test_customers_see_what_they_did_or_were_told(customer_service: ServiceUnderTest, loop: Loop) -> None:
    _ = await customer_service.receives(loop.closed(), loop.margin(), loop.reserved(), loop.raised(), loop.opened())

    own = await timeline(customer_service, loop.customer, role="customer", customer_id=loop.customer)
    staffs = await timeline(customer_service, loop.customer)

    assert own == ["CaseOpened", "OrderClosed"]
    assert len(staffs) == 5


Batch = list[tuple[Recorded, Event]]


@pytest.mark.parametrize("ahead", [True, False])
async def test_two_batches_at_the_same_time_overlook_nothing(
    customer_service: ServiceUnderTest, loop: Loop, ahead: bool
) -> None:
    """The one that starts first commits last: the other waits for what it has written."""
    pair: list[Batch] = [[(customer_service.records(event), event)] for event in (loop.reserved(), loop.closed())]
    first, second = pair if ahead else reversed(pair)
    database = customer_service.running.database

    async def tell(batch: Batch) -> None:
        async with database.begin() as tx:
            await Timeline(tx).tell(batch)

    async with database.begin() as tx:
        await Timeline(tx).tell(first)
        other = asyncio.create_task(tell(second))
        await somebody_waits(customer_service)
    await other

    assert sorted(await timeline(customer_service, loop.customer)) == ["OrderClosed", "StockReserved"]


async def somebody_waits(service: ServiceUnderTest) -> None:
    """Until a transaction of this database waits for another one."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with service.running.database.read() as tx:
        while not (await tx.exec_driver_sql(waiting)).scalar_one():
            pass


async def test_a_batch_takes_few_statements(customer_service: ServiceUnderTest, register: Register) -> None:
    """As many for a hundred orders as for one: the hot path of every event of the platform."""
    counts = [await statements_of(customer_service, register, orders) for orders in (1, 100)]

    assert counts[0] == counts[1] == 4


async def statements_of(service: ServiceUnderTest, register: Register, orders: int) -> int:
    loops = [Loop() for _ in range(orders)]
    batch = [(service.records(event), event) for each in loops for event in (each.reserved(), each.closed())]
    async with statements(service.running.database) as seen, service.running.database.begin() as tx:
        await Timeline(tx).tell(batch)
    return sum(not each.startswith(("BEGIN", "COMMIT")) for each in seen)
