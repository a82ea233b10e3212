"""A batch of events: each has its effect once, in the order of its key, and one that fails does not stop the others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from counter import trouble
from counter.effects import reactions
from counter.events import CounterFilled, PiecesSupplied, SupplyAnnounced
from counter.given import TOPIC, a_counter, a_supply, arrive, left, parked, retry_what_is_due, waiting

from contracts.errors import Unavailable
from contracts.event import Recorded
from contracts.ids import new_id
from kit import inbox
from kit.consumer import Consumer
from kit.context import current_event
from kit.database import StaleWrite, Transaction
from kit.inbox import Message
from kit.reactions import Reactions
from testkit import ServiceUnderTest


async def test_an_event_that_comes_five_times_has_one_effect(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)

    told = await counter_service.receives(a_supply(counter_id, pieces=7), times=5)

    assert told == [CounterFilled(counter_id=counter_id, pieces=7, left=7)]
    assert await left(counter_service, counter_id) == 7


async def test_an_event_that_comes_five_times_in_one_batch_has_one_effect(counter_service: ServiceUnderTest) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))

    await arrive(counter_service, *[event] * 5)

    assert await left(counter_service, counter_id) == 1


async def test_an_event_that_comes_to_five_workers_at_once_has_one_effect(counter_service: ServiceUnderTest) -> None:
    counters = [await a_counter(counter_service) for _ in range(3)]
    events = [counter_service.records(a_supply(counter_id)) for counter_id in counters]

    await asyncio.gather(*(arrive(counter_service, *events) for _ in range(5)))

    assert [await left(counter_service, counter_id) for counter_id in counters] == [1, 1, 1]


async def test_a_replayed_event_has_no_effect_even_when_the_inbox_has_forgotten_it(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    await arrive(counter_service, event)
    async with counter_service.running.database.begin() as tx:
        _ = await tx.exec_driver_sql("DELETE FROM inbox WHERE event_id = $1", (event.id,))

    await arrive(counter_service, event)

    assert await left(counter_service, counter_id) == 1


async def test_the_inbox_forgets_events_after_31_days_and_no_sooner(counter_service: ServiceUnderTest) -> None:
    old, young = UUID(int=new_id().int - (32 * 86_400_000 << 80)), UUID(int=new_id().int - (30 * 86_400_000 << 80))
    async with counter_service.running.database.begin() as tx:
        await inbox.fence(tx, [old, young])
        await inbox.forget_old(tx)
        still_new = await inbox.fence(tx, [old, young])

    assert still_new == {old}


async def test_what_an_event_leads_to_is_caused_by_it_and_belongs_to_its_loop(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id), actor="supplier-bot")

    await arrive(counter_service, event)

    recorded = (await counter_service.recorded())[-1]
    assert (recorded.causation_id, recorded.actor) == (event.id, "supplier-bot")


async def test_a_batch_is_one_transaction_with_its_offsets(counter_service: ServiceUnderTest) -> None:
    one, other = await a_counter(counter_service), await a_counter(counter_service)

    await arrive(
        counter_service,
        counter_service.records(a_supply(one)),
        counter_service.records(SupplyAnnounced(supply_id=new_id())),
        counter_service.records(a_supply(other)),
        offset=4000,
    )

    async with counter_service.running.database.read() as tx:
        assert (await inbox.offsets(tx, [TOPIC]))[(TOPIC, 0)] == 4003
        found = await tx.exec_driver_sql(
            "SELECT count(DISTINCT xid) FROM outbox WHERE subject = ANY($1::uuid[]) AND sequence > 1", ([one, other],)
        )
        assert found.scalar_one() == 1


async def test_a_batch_of_two_halves_that_fails_in_the_second_is_undone_in_the_first(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id = await a_counter(counter_service)
    good, bad = counter_service.records(a_supply(counter_id)), counter_service.records(a_supply(counter_id))
    trouble.coming[bad.subject] = [Unavailable("the database is full")]

    with pytest.raises(Unavailable):
        await arrive(counter_service, good, bad, offset=9000)

    assert await left(counter_service, counter_id) == 0
    assert len(await counter_service.published()) == 1
    async with counter_service.running.database.read() as tx:
        assert (await inbox.offsets(tx, [TOPIC])).get((TOPIC, 0), 0) < 9000


@pytest.mark.parametrize("passing", [StaleWrite("again"), TimeoutError(), trouble.lose_connection], ids=trouble.name_of)
async def test_what_passes_by_itself_is_raised_and_parks_nothing(
    counter_service: ServiceUnderTest, passing: trouble.Trouble
) -> None:
    counter_id = await a_counter(counter_service)
    event = counter_service.records(a_supply(counter_id))
    trouble.coming[event.subject] = [passing]

    with pytest.raises(Exception, match=r"again|^$|terminating connection"):
        await arrive(counter_service, event)
    assert (await left(counter_service, counter_id), await parked(counter_service, event.subject)) == (0, None)

    await arrive(counter_service, event)
    assert await left(counter_service, counter_id) == 1


async def test_two_writes_of_a_batch_that_are_in_each_others_way_are_done_apart(
    counter_service: ServiceUnderTest,
) -> None:
    first, second = await a_counter(counter_service), await a_counter(counter_service)
    events = [counter_service.records(a_supply(each)) for each in (first, second)]
    trouble.coming[events[1].subject] = [StaleWrite("read before the other was written")]

    await arrive(counter_service, *events)

    assert (await left(counter_service, first), await left(counter_service, second)) == (1, 1)


async def test_one_that_is_refused_parks_its_key_and_the_rest_of_the_batch_flows(
    counter_service: ServiceUnderTest,
) -> None:
    counters = [await a_counter(counter_service) for _ in range(9)]
    events = [counter_service.records(a_supply(counter_id)) for counter_id in counters]
    poison = counter_service.records(a_supply(counters[0], pieces=0))

    await arrive(counter_service, *events[:4], poison, *events[4:])

    assert [await left(counter_service, counter_id) for counter_id in counters] == [1] * 9
    assert await waiting(counter_service, poison.subject) == [1]


@pytest.mark.parametrize("data", [b"", b"no json", b'{"supply_id": 1}', b"\xff\xfe", b'{"a": "\x00"}'], ids=repr)
async def test_data_that_does_not_fit_its_schema_parks_its_key(counter_service: ServiceUnderTest, data: bytes) -> None:
    event = counter_service.records(a_supply(new_id())).model_copy(update={"data": data})

    await arrive(counter_service, event)

    key = await parked(counter_service, event.subject)
    assert key is not None
    assert (key.kind, key.next_attempt_at, key.waiting) == ("refused", None, 1)
    assert key.reason.startswith("EventNotReadable: ")


async def test_an_event_of_a_type_that_nobody_knows_is_counted_and_nothing_else(
    counter_service: ServiceUnderTest,
) -> None:
    counter_id, supply_id = await a_counter(counter_service), new_id()
    unknown = counter_service.records(a_supply(counter_id, supply_id)).model_copy(
        update={"type": "orderloop.supplier.FromTheFuture.v9"}
    )

    await arrive(counter_service, unknown, counter_service.records(a_supply(counter_id, supply_id)))

    assert (await left(counter_service, counter_id), await parked(counter_service, supply_id)) == (1, None)


async def test_batches_that_write_the_same_aggregates_in_other_orders_do_not_lock_each_other(
    counter_service: ServiceUnderTest,
) -> None:
    counters = [await a_counter(counter_service) for _ in range(6)]
    batches = [
        [counter_service.records(a_supply(counter_id)) for counter_id in counters[:: 1 if turn % 2 else -1]]
        for turn in range(12)
    ]

    await asyncio.gather(*(arrive(counter_service, *batch) for batch in batches))  # a deadlock would be raised

    assert [await left(counter_service, counter_id) for counter_id in counters] == [12] * 6


async def test_a_feed_gets_the_whole_batch_and_a_reaction_its_own_event(counter_service: ServiceUnderTest) -> None:
    fed: list[list[int]] = []
    seen: list[UUID] = []
    both = Reactions()

    @both.feed(PiecesSupplied, SupplyAnnounced)
    async def remember(batch: Sequence[Recorded], tx: Transaction) -> None:
        fed.append([each.sequence for each in batch])

    @both.to(PiecesSupplied)
    async def look(event: PiecesSupplied, tx: Transaction) -> None:
        seen.append(current_event().id)

    running = counter_service.running
    consumer = Consumer("fed", running.database, both, running.committed, running.metrics)
    supply_id = new_id()
    events = [
        counter_service.records(SupplyAnnounced(supply_id=supply_id)),
        counter_service.records(a_supply(new_id(), supply_id)),
        counter_service.records(SupplyAnnounced(supply_id=supply_id)),
    ]
    await consumer.apply([Message("fed.events", 0, place, each) for place, each in enumerate(events)])

    assert (fed, seen) == ([[1, 2, 3]], [events[1].id])
    assert both.topics() == reactions.topics()
    assert await retry_what_is_due(counter_service) == 0
