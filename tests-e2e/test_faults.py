"""What may go wrong goes wrong: a poisoned topic, a second process, a broker that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from contracts.customer import CustomerRegistered
from contracts.ids import ItemId, new_id
from contracts.inventory import ItemRegistered
from contracts.order import OrderClosed, OrderPlaced
from contracts.values import Money
from orderloop.driving.machine import Machine
from orderloop.driving.proofs import gaps, once
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Goods, Steps, Wish, until_true
from orderloop.http import Json, ServiceRefused
from orderloop.platform.plan import Plan

READERS_OF_ITEMS = {"sales", "order", "service", "quality"}


async def test_a_poison_event_stops_its_own_key_only_until_it_is_discarded(
    steps: Steps, shop: Shop, platform: Plan
) -> None:
    customer_id = await steps.register_customer("Healthy Ltd")
    lamp = await shop.sells("lamp", stock=10)
    item = ItemRegistered(
        item_id=ItemId(new_id()),
        sku=f"ghost-{uuid4().hex[:8]}",
        description="after the poison",
        kind="goods",
        unit="C62",
        standard_cost=Money(amount=Decimal(1), currency="EUR"),
    )

    await _produce(platform, item.item_id, [b'{"item_id": "poison"}', item.model_dump_json().encode()])
    parked = await until_true(lambda: _parked_at_all_readers(shop, item.item_id), "every reader parks the key")
    order_id = await steps.place_order(customer_id, [Wish(lamp, Decimal(1))])
    await steps.finish(order_id)

    assert {(key["kind"], key["waiting"]) for key in parked} == {("refused", 2)}
    assert all("EventNotReadable" in key["reason"] for key in parked)
    assert not await _in_catalogue(steps, item.item_id)

    for service in READERS_OF_ITEMS:
        key = f"/ops/parked/inventory.events/{item.item_id}"
        blocking = cast("list[Json]", (await steps.people.admin.get(service, key)).body)[0]
        await steps.people.admin.post(
            service, f"{key}/discard", {"event_id": blocking["id"], "reason": "produced by hand"}
        )

    await until_true(lambda: _in_catalogue(steps, item.item_id), "the event behind the poison is applied")
    await until_true(lambda: _nothing_parked(shop), "no key is parked any more")


async def test_two_processes_of_a_service_share_the_work(steps: Steps, shop: Shop, platform: Plan) -> None:
    machine = Machine(platform)
    customer_id = await steps.register_customer("Two Hands Ltd")
    stool = await shop.sells("stool", stock=100)
    await until_true(lambda: _alone(machine), "one process has all partitions")

    async with machine.second("order") as second:
        await until_true(lambda: _halves(machine), "both have half of the partitions")
        order_ids = await _won(steps, customer_id, stool, 30)
        await asyncio.gather(*(steps.finish(order_id) for order_id in order_ids))
        relays = [str(machine.readiness("order")["relay"]), str((await second.ready() or {})["relay"])]
        status = await asyncio.to_thread(second.end)
    await until_true(lambda: _alone(machine), "the first has all partitions again")

    assert [relay.partition(",")[0] for relay in relays] == ["active", "standby"]
    assert status == 0
    assert len(set(order_ids)) == 30
    assert _closings(steps, order_ids) == [1] * 30
    assert gaps(steps.stream.seen) == []
    assert await shop.stock_of(stool) == {"on_hand": 70, "reserved": 0, "quarantined": 0, "available": 70}
    assert Decimal((await shop.credit_of(customer_id))["exposure"]["amount"]) == 0


async def test_commands_are_accepted_while_kafka_is_away(steps: Steps, shop: Shop, platform: Plan) -> None:
    machine = Machine(platform)
    customer_id = await steps.register_customer("Patient Ltd")
    chair = await shop.sells("chair", stock=100)
    first = await steps.place_order(customer_id, [Wish(chair, Decimal(1))])
    await steps.stream.until(OrderPlaced, order_id=first)

    with machine.nobody_watches():
        kafka = machine.kill("kafka")
        wishes = [Wish(chair, Decimal(1))]
        order_ids = [await steps.place_order(customer_id, wishes) for _ in range(19)]
        facts = await until_true(lambda: _waiting_for(machine, 3), "the oldest event has waited for three seconds")
        order_ids.append(await steps.place_order(customer_id, wishes))
    assert facts["database"] == "ok"
    assert {(await steps.order(order_id))["status"] for order_id in order_ids} == {"placed"}
    assert [each for each in order_ids if steps.stream.named(OrderPlaced, order_id=each)] == []

    await machine.restarted(kafka)
    await asyncio.gather(*(steps.finish(order_id) for order_id in (first, *order_ids)))

    assert _closings(steps, order_ids) == [1] * 20
    assert gaps(steps.stream.seen) == []
    assert await shop.stock_of(chair) == {"on_hand": 79, "reserved": 0, "quarantined": 0, "available": 79}
    assert await shop.parked() == {}


async def _produce(plan: Plan, subject: UUID, values: Sequence[bytes]) -> None:
    """Records as the relay of inventory would write them, for a subject that it does not know."""
    producer = AIOKafkaProducer(bootstrap_servers=plan.kafka)
    await producer.start()
    try:
        for sequence, value in enumerate(values, 1):
            headers = [(name, text.encode()) for name, text in _headers(subject, sequence).items()]
            await producer.send_and_wait("inventory.events", value, key=str(subject).encode(), headers=headers)
    finally:
        await producer.stop()


def _headers(subject: UUID, sequence: int) -> dict[str, str]:
    cause = str(new_id())
    return {
        "ce_specversion": "1.0",
        "ce_id": str(new_id()),
        "ce_type": ItemRegistered.type_name(),
        "ce_source": "/orderloop/inventory",
        "ce_subject": str(subject),
        "ce_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "ce_sequence": str(sequence),
        "ce_correlationid": cause,
        "ce_causationid": cause,
        "ce_actor": "somebody",
        "content-type": "application/json",
    }


async def _parked_at_all_readers(shop: Shop, subject: UUID) -> list[dict[str, Any]] | None:
    parked = await shop.parked()
    found = {service: [key for key in keys if key["subject"] == str(subject)] for service, keys in parked.items()}
    keys = [key for service in sorted(READERS_OF_ITEMS) for key in found.get(service, [])]
    assert all(keys == found.get(service) for service, keys in parked.items()), f"other keys are parked: {parked}"
    return keys if len(keys) == len(READERS_OF_ITEMS) and all(key["waiting"] == 2 for key in keys) else None


async def _in_catalogue(steps: Steps, item_id: UUID) -> bool:
    try:
        await steps.people.sales.get("sales", f"/catalogue/{item_id}")
    except ServiceRefused as refusal:
        return refusal.status != HTTPStatus.NOT_FOUND
    return True


async def _nothing_parked(shop: Shop) -> bool:
    return await shop.parked() == {}


async def _halves(machine: Machine) -> bool:
    return await machine.shares("order") == [6, 6]


async def _alone(machine: Machine) -> bool:
    return await machine.shares("order") == [12]


async def _waiting_for(machine: Machine, seconds: float) -> dict[str, object] | None:
    """The service's readiness, once an event has waited so long to be published."""
    facts = await asyncio.to_thread(machine.readiness, "order")
    return facts if float(str(facts["unpublished_seconds"])) > seconds else None


async def _won(steps: Steps, customer_id: str, goods: Goods, count: int) -> list[str]:
    """So many won opportunities; returns the orders that they became."""
    await steps.stream.until(CustomerRegistered, customer_id=customer_id)
    wishes = [Wish(goods, Decimal(1))]
    won = await asyncio.gather(*(steps.win(customer_id, "One", wishes) for _ in range(count)))
    return [(await steps.order_of(opportunity_id)).subject for opportunity_id in won]


def _closings(steps: Steps, order_ids: Sequence[str]) -> list[int]:
    return [len(once(steps.stream.named(OrderClosed, order_id=order_id))) for order_id in order_ids]
