"""Two records were one customer: orders, history and credit are the survivor's, whoever names the merged one."""

from __future__ import annotations

from decimal import Decimal

from contracts.customer import CustomersMerged
from contracts.finance import CreditExposureChecked
from contracts.order import OrderPlaced
from orderloop.driving.proofs import gaps
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Goods, Steps, Wish, money, until_true


async def test_a_merged_customer_is_the_survivor_everywhere(steps: Steps, shop: Shop) -> None:
    survivor_id = await steps.register_customer("One Customer Ltd", limit=Decimal(1000))
    merged_id = await steps.register_customer("One Custumer Ltd")
    stool = await shop.sells("stool", stock=100)
    ours = await _delivered_and_owed(steps, survivor_id, stool, 2)
    theirs = await _delivered_and_owed(steps, merged_id, stool, 3)

    body = {"survivor_id": survivor_id}
    await steps.people.sales.post("customer", f"/customers/{merged_id}/merge", body)
    await steps.stream.until(CustomersMerged, customer_id=merged_id)

    await until_true(lambda: _owes(shop, survivor_id, 500), "the survivor owes what both owed")
    await until_true(lambda: _has_orders(steps, survivor_id, {ours, theirs}), "the survivor has both orders")
    later = await _a_later_order_of_the_merged_is_the_survivors(steps, merged_id, survivor_id, stool)
    assert await _orders(steps, merged_id) == {ours, theirs, later}
    await _cash_for_the_merged_settles_the_survivors(steps, shop, merged_id, survivor_id, (ours, theirs))
    await steps.finish(later)

    await until_true(lambda: _owes(shop, survivor_id, 0), "nothing is owed")
    for customer_id in (survivor_id, merged_id):
        told = await until_true(lambda id=customer_id: _closed_thrice(shop, id), "the timeline tells three closings")
        assert told.count("CustomerRegistered") == 2
        assert told.count("OrderPlaced") == 3
    answer = (await steps.people.sales.get("customer", f"/customers/{merged_id}")).body
    assert (answer["customer_id"], answer["name"]) == (survivor_id, "One Customer Ltd")
    assert gaps(steps.stream.seen) == []
    assert await shop.parked() == {}


async def _delivered_and_owed(steps: Steps, customer_id: str, goods: Goods, quantity: int) -> str:
    order_id = await steps.place_order(customer_id, [Wish(goods, Decimal(quantity))])
    shipment_id = (await steps.shipment_of(order_id)).subject
    await steps.ship(shipment_id)
    await steps.deliver(shipment_id)
    await steps.invoice_of(shipment_id)
    return order_id


async def _a_later_order_of_the_merged_is_the_survivors(
    steps: Steps, merged_id: str, survivor_id: str, goods: Goods
) -> str:
    """It takes the survivor's credit: what both owed counts."""
    order_id = await steps.place_order(merged_id, [Wish(goods, Decimal(4))])
    placed = await steps.stream.until(OrderPlaced, order_id=order_id)
    checked = await steps.stream.until(CreditExposureChecked, order_id=order_id)

    assert placed.data["customer_id"] == survivor_id
    assert checked.data["customer_id"] == survivor_id
    assert (checked.data["exposure"]["amount"], checked.data["limit"]["amount"]) == ("900.00", "1000")
    return order_id


async def _cash_for_the_merged_settles_the_survivors(
    steps: Steps, shop: Shop, merged_id: str, survivor_id: str, order_ids: tuple[str, str]
) -> None:
    """Both invoices, the oldest first."""
    await steps.pay(merged_id, money("500.00"))
    for order_id in order_ids:
        await steps.closed(order_id)
    account = await shop.credit_of(merged_id)
    assert (account["customer_id"], Decimal(account["receivables"]["amount"])) == (survivor_id, 0)


async def _owes(shop: Shop, customer_id: str, amount: int) -> bool:
    return Decimal((await shop.credit_of(customer_id))["exposure"]["amount"]) == amount


async def _orders(steps: Steps, customer_id: str) -> set[str]:
    orders = steps.people.sales.every("order", "/orders", customer_id=customer_id)
    return {str(each["order_id"]) async for each in orders}


async def _has_orders(steps: Steps, customer_id: str, order_ids: set[str]) -> bool:
    return await _orders(steps, customer_id) == order_ids


async def _closed_thrice(shop: Shop, customer_id: str) -> list[str] | None:
    told = await shop.timeline_of(customer_id)
    return told if told.count("OrderClosed") == 3 else None
