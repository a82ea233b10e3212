"""Every process is killed while at least two hundred loops run: nothing is lost, nothing is doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from decimal import Decimal

from contracts.customer import CustomerRegistered
from contracts.finance import InvoiceIssued, InvoicePaid, PaymentReceived
from contracts.inventory import DeliveryConfirmed, ItemRegistered, ShipmentDispatched, ShipmentPlanned
from contracts.order import OrderClosed, OrderPlaced
from orderloop.driving.machine import Machine
from orderloop.driving.proofs import gaps, once
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Goods, Steps, Wish, until_true
from orderloop.driving.terminal import Terminal
from orderloop.http import Json
from orderloop.platform.plan import Plan

LOOPS = 200
AT_ONCE = 40
STOCK = 100_000
PATIENCE = 150.0
"""Seconds: a consumer group gives the partitions of a killed member away when its session is over."""

KILLED = ("customer", "sales", "order", "inventory", "finance", "service", "quality", "insight")
ONCE_A_LOOP = (
    OrderPlaced, ShipmentPlanned, ShipmentDispatched, InvoiceIssued, DeliveryConfirmed, PaymentReceived, InvoicePaid,
    OrderClosed,
)  # fmt: skip


async def test_two_hundred_loops_survive_the_death_of_every_process(
    steps: Steps, shop: Shop, platform: Plan, terminal: Terminal
) -> None:
    customer_id = await steps.register_customer("Two Hundred Ltd")
    lamp = await shop.sells("lamp", stock=STOCK, price="10.00", cost="4.00")
    await steps.stream.until(CustomerRegistered, customer_id=customer_id)
    await steps.stream.until(ItemRegistered, item_id=lamp.item_id)

    all_killed = asyncio.Event()
    won: list[str] = []
    drivers = [asyncio.create_task(_drive(steps, customer_id, lamp, won, all_killed)) for _ in range(AT_ONCE)]
    await steps.stream.until_count(OrderClosed, 5, customer_id=customer_id)
    await _kill_everybody(Machine(platform), terminal)
    all_killed.set()
    await asyncio.gather(*drivers)

    assert len(set(won)) == len(won) >= LOOPS
    await until_true(lambda: _all_is_settled(shop, customer_id), "all is settled", PATIENCE)
    await _every_opportunity_has_one_order(steps, customer_id, set(won))
    await _every_shipment_has_one_invoice(steps, customer_id, len(won))
    await _stock_and_books_agree(steps, shop, lamp, STOCK - 2 * len(won))
    await asyncio.to_thread(terminal.run, "audit")  # it fails when it finds a difference, of whichever test
    for event in ONCE_A_LOOP:
        seen = Counter(each.subject for each in once(steps.stream.seen) if each.name == event.__name__)
        assert (len(seen), set(seen.values())) == (len(won), {1}), event
    assert gaps(steps.stream.seen) == []


async def _drive(steps: Steps, customer_id: str, lamp: Goods, won: list[str], all_killed: asyncio.Event) -> None:
    """One loop after another until everybody was killed and there are enough; `won` takes the opportunities."""
    while len(won) < LOOPS or not all_killed.is_set():
        won.append(await _loop(steps, customer_id, lamp))


async def _loop(steps: Steps, customer_id: str, lamp: Goods) -> str:
    """Won, shipped, delivered, paid, closed; returns the opportunity."""
    until = steps.stream.until
    opportunity_id = await steps.win(customer_id, "Two lamps", [Wish(lamp, Decimal(2))])
    order_id = (await until(OrderPlaced, within=PATIENCE, opportunity_id=opportunity_id)).subject
    shipment_id = (await until(ShipmentPlanned, within=PATIENCE, order_id=order_id)).subject
    await steps.ship(shipment_id)
    await steps.deliver(shipment_id)
    invoice = await until(InvoiceIssued, within=PATIENCE, shipment_id=shipment_id)
    await steps.pay(customer_id, invoice.data["gross"], invoice_id=invoice.subject)
    await until(OrderClosed, within=PATIENCE, order_id=order_id)
    return opportunity_id


async def _kill_everybody(machine: Machine, terminal: Terminal) -> None:
    """The broker, the database, the services, the supervisor; then one that nobody starts again but `up`."""
    for server in ("kafka", "postgres"):
        await machine.restarted(machine.kill(server))
    for service in KILLED:
        await machine.restarted(machine.kill(service))
    machine.kill("supervisor")
    orphan = machine.kill("finance")
    await asyncio.to_thread(terminal.run, "up")
    await machine.restarted(orphan)


async def _all_is_settled(shop: Shop, customer_id: str) -> bool:
    owed = await shop.credit_of(customer_id)
    return Decimal(owed["exposure"]["amount"]) == 0 and await shop.parked() == {}


async def _every_opportunity_has_one_order(steps: Steps, customer_id: str, won: set[str]) -> None:
    orders = await _listed(steps, "order", "/orders", customer_id)
    opportunities = await _listed(steps, "sales", "/opportunities", customer_id)

    assert {each["opportunity_id"] for each in opportunities if each["status"] == "won"} == won
    assert sorted(each["opportunity_id"] for each in orders) == sorted(won)
    assert {each["status"] for each in orders} == {"closed"}


async def _every_shipment_has_one_invoice(steps: Steps, customer_id: str, loops: int) -> None:
    invoices = await _listed(steps, "finance", "/invoices", customer_id)
    payments = await _listed(steps, "finance", "/payments", customer_id)
    dispatched = {each.subject for each in steps.stream.named(ShipmentDispatched, customer_id=customer_id)}

    assert sorted(each["shipment_id"] for each in invoices) == sorted(dispatched)
    assert {(each["status"], each["gross"]["amount"]) for each in invoices} == {("paid", "20.00")}
    assert len(payments) == loops


async def _stock_and_books_agree(steps: Steps, shop: Shop, lamp: Goods, left: int) -> None:
    people = steps.people
    stock = (await people.warehouse.get("inventory", "/stock/proof")).body
    ledger = (await people.finance.get("finance", "/ledger/proof")).body
    trial = (await people.finance.get("finance", "/ledger/trial-balance")).body

    assert await shop.stock_of(lamp) == {"on_hand": left, "reserved": 0, "quarantined": 0, "available": left}
    assert (stock["holds"], ledger["holds"], trial["balances"]) == (True, True, True), (stock, ledger, trial)


async def _listed(steps: Steps, service: str, path: str, customer_id: str) -> list[Json]:
    return [each async for each in steps.people.admin.every(service, path, customer_id=customer_id)]
