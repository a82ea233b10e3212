"""Events are numbered without a gap, belong to a loop, and commit with what made them true."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

import asyncpg
import pytest
from counter.effects import OpenCounter, open_counter
from counter.events import CounterOpened, PiecesTaken, SupplyAnnounced

from contracts.event import Event, Recorded
from contracts.finance import RefundIssued
from contracts.ids import CustomerId, OrderId, PaymentId, RefundId, new_id
from contracts.order import OrderClosed
from contracts.values import Money
from kit import outbox
from kit.context import Cause
from kit.outbox import Caused
from testkit import ServiceUnderTest


async def append(counter_service: ServiceUnderTest, *events: Event, why: Cause | None = None) -> list[Recorded]:
    cause = why or Cause(new_id(), "anna")
    async with counter_service.running.database.begin() as tx:
        await outbox.append(tx, [Caused(event, cause) for event in events])
    return (await counter_service.recorded())[-len(events) :]


def an_opened(counter_id: UUID | None = None, label: str = "a") -> CounterOpened:
    return CounterOpened(counter_id=counter_id or new_id(), label=label, pieces=1)


def a_refund(*, payment_id: UUID | None = None, order_id: UUID | None = None) -> RefundIssued:
    return RefundIssued(
        refund_id=RefundId(new_id()),
        payment_id=PaymentId(payment_id or new_id()),
        order_id=OrderId(order_id or new_id()),
        customer_id=CustomerId(new_id()),
        amount=Money(amount=Decimal("1.00"), currency="EUR"),
        reason="sent back",
    )


async def test_a_subject_is_numbered_from_one_without_a_gap_also_within_one_statement(
    counter_service: ServiceUnderTest,
) -> None:
    one, other = new_id(), new_id()

    await append(counter_service, an_opened(one), an_opened(other), an_opened(one))
    await append(counter_service, an_opened(one), an_opened(one))
    await append(counter_service, an_opened(one))

    numbers: dict[UUID, list[int]] = defaultdict(list)
    for each in await counter_service.recorded():
        numbers[each.subject].append(each.sequence)
    assert numbers == {one: [1, 2, 3, 4, 5], other: [1]}


async def test_transactions_that_run_at_once_number_a_subject_without_a_gap_and_in_the_order_of_ids(
    counter_service: ServiceUnderTest,
) -> None:
    shared = new_id()

    await asyncio.gather(*(append(counter_service, an_opened(), an_opened(shared)) for _ in range(30)))

    numbers = [each.sequence for each in await counter_service.recorded() if each.subject == shared]
    assert numbers == list(range(1, 31))


async def test_a_transaction_that_is_rolled_back_uses_no_number(counter_service: ServiceUnderTest) -> None:
    event = an_opened()

    with suppress(ZeroDivisionError):
        async with counter_service.running.database.begin() as tx:
            await outbox.append(tx, [Caused(event, Cause(new_id(), "anna"))])
            raise ZeroDivisionError
    [recorded] = await append(counter_service, event)

    assert recorded.sequence == 1


async def test_an_event_keeps_who_caused_it_and_what(counter_service: ServiceUnderTest) -> None:
    why = Cause(new_id(), "anna", new_id(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    [recorded] = await append(counter_service, event := an_opened(), why=why)

    assert (recorded.causation_id, recorded.actor, recorded.traceparent) == (why.causation_id, "anna", why.traceparent)
    assert recorded.event() == event


async def test_a_later_event_of_a_step_has_the_correlation_of_its_first(counter_service: ServiceUnderTest) -> None:
    first = Cause(new_id(), "anna", correlation_id=new_id())
    later = Cause(new_id(), "anna", correlation_id=new_id())
    order = OrderClosed(order_id=OrderId(new_id()), customer_id=CustomerId(new_id()), number="SO-1")

    await append(counter_service, order, why=first)
    [recorded] = await append(counter_service, order, why=later)

    assert recorded.correlation_id == first.correlation_id


async def test_an_event_about_what_many_loops_share_belongs_to_the_loop_that_caused_it(
    counter_service: ServiceUnderTest,
) -> None:
    first = Cause(new_id(), "anna", correlation_id=new_id())
    later = Cause(new_id(), "anna", correlation_id=new_id())
    by_hand = Cause(new_id(), "anna")
    event = an_opened()

    await append(counter_service, event, why=first)
    [caused] = await append(counter_service, event, why=later)
    [unasked] = await append(counter_service, event, why=by_hand)

    assert caused.correlation_id == later.correlation_id
    assert unasked.correlation_id == first.correlation_id


async def test_an_event_joins_the_loop_of_an_id_that_an_own_event_was_about(counter_service: ServiceUnderTest) -> None:
    order_id = new_id()
    [earlier] = await append(counter_service, an_opened(order_id))

    [recorded] = await append(counter_service, a_refund(order_id=order_id))

    assert recorded.subject != earlier.subject
    assert recorded.correlation_id == earlier.correlation_id


async def test_an_event_joins_the_loop_of_an_id_that_a_foreign_event_was_about(
    counter_service: ServiceUnderTest,
) -> None:
    order_id, loop = new_id(), new_id()
    announced = counter_service.records(SupplyAnnounced(supply_id=order_id), correlation_id=loop)
    await counter_service.receives(announced)

    [recorded] = await append(counter_service, a_refund(order_id=order_id))

    assert recorded.correlation_id == loop


async def test_our_first_event_about_a_foreign_order_joins_its_loop(counter_service: ServiceUnderTest) -> None:
    order_id, loop = OrderId(new_id()), new_id()
    announced = counter_service.records(SupplyAnnounced(supply_id=order_id), correlation_id=loop)
    await counter_service.receives(announced)

    [recorded] = await append(
        counter_service, OrderClosed(order_id=order_id, customer_id=CustomerId(new_id()), number="1")
    )

    assert recorded.correlation_id == loop


async def test_of_several_known_ids_the_one_nearest_to_the_origin_counts(counter_service: ServiceUnderTest) -> None:
    payment_id, order_id = new_id(), new_id()
    [_] = await append(counter_service, an_opened(payment_id))
    [of_the_order] = await append(counter_service, an_opened(order_id))

    [recorded] = await append(counter_service, a_refund(payment_id=payment_id, order_id=order_id))

    assert recorded.correlation_id == of_the_order.correlation_id


async def test_an_event_that_names_nothing_known_has_the_correlation_of_its_cause(
    counter_service: ServiceUnderTest,
) -> None:
    why = Cause(new_id(), "anna", correlation_id=new_id())

    [recorded] = await append(counter_service, a_refund(), why=why)

    assert recorded.correlation_id == why.correlation_id


async def test_an_event_that_nothing_led_to_begins_a_loop_named_after_its_cause(
    counter_service: ServiceUnderTest,
) -> None:
    why = Cause(new_id(), "anna")

    [recorded] = await append(counter_service, an_opened(), why=why)

    assert recorded.correlation_id == why.causation_id


async def test_the_events_of_one_command_are_written_in_their_order(counter_service: ServiceUnderTest) -> None:
    told = await counter_service.does(open_counter, OpenCounter(label="both", pieces=5, take=2))

    assert [type(event) for event in told] == [CounterOpened, PiecesTaken]
    assert [(each.sequence, each.event()) for each in await counter_service.recorded()] == list(enumerate(told, 1))


async def test_an_event_of_900000_bytes_is_refused_and_nothing_is_changed(counter_service: ServiceUnderTest) -> None:
    before = await counter_service.published()
    with pytest.raises(asyncpg.CheckViolationError, match="outbox_value_fits"):
        await append(counter_service, an_opened(label="x" * 900_000))

    assert await counter_service.published() == before
