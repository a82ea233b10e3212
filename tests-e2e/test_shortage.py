"""Path 2: what is short is bought by itself; it comes later and in parts, and leaves in two shipments, two invoices."""

from __future__ import annotations

from decimal import Decimal

from contracts.finance import InvoiceIssued
from contracts.inventory import (
    GoodsReceived,
    PurchaseOrderAcknowledged,
    PurchaseOrderDateChanged,
    StockBackordered,
    StockReserved,
)
from contracts.order import OrderConfirmed, OrderShipped, PromiseDateChanged
from orderloop.driving.events import Seen
from orderloop.driving.proofs import gaps, of_loop
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Goods, Steps, Wish, in_days, until_true


async def test_a_shortage_is_bought_and_comes_later_in_two_parts(steps: Steps, shop: Shop) -> None:
    customer_id = await steps.register_customer("Short Supply Ltd")
    motor = await shop.sells("motor", supplier="Late Motors", lead_days=7)
    opportunity_id = await steps.win(customer_id, "Ten motors", [Wish(motor, Decimal(10))])
    order_id = str((await steps.order_of(opportunity_id)).data["order_id"])

    bought = await _all_is_bought_by_itself(steps, order_id)
    rest = await _the_supplier_promises_less_and_later(steps, motor, order_id, bought)
    first = await _a_part_comes_and_is_shipped(steps, shop, motor, order_id, bought)
    second = await _the_rest_comes_and_is_shipped(steps, shop, motor, order_id, (bought, rest))
    await steps.closed(order_id)

    assert [_amount(each) for each in (first, second)] == ["500.00", "500.00"]
    assert len(steps.stream.named(InvoiceIssued, order_id=order_id)) == 2
    assert [each.data["complete"] for each in steps.stream.named(OrderShipped, order_id=order_id)] == [False, True]
    assert (await steps.order(order_id))["status"] == "closed"
    assert await shop.stock_of(motor) == {"on_hand": 0, "reserved": 0, "quarantined": 0, "available": 0}
    assert len({each.correlation for each in of_loop(steps.stream.seen, opportunity_id)}) == 1
    assert gaps(steps.stream.seen) == []
    assert await shop.parked() == {}


async def _all_is_bought_by_itself(steps: Steps, order_id: str) -> Seen:
    short = await steps.stream.until(StockBackordered, order_id=order_id)
    bought = await steps.purchase_for(order_id)
    confirmed = await steps.stream.until(OrderConfirmed, order_id=order_id)
    promised = await steps.stream.until(PromiseDateChanged, order_id=order_id)

    assert _quantities(short) == ["10"]
    assert (bought.data["supplier"], bought.data["expected_on"]) == ("Late Motors", in_days(7))
    assert [(peg["order_id"], peg["quantity"]["value"]) for peg in bought.data["pegs"]] == [(order_id, "10")]
    assert [each["quantity"]["value"] for each in confirmed.data["backordered"]] == ["10"]
    assert (promised.data["before"], promised.data["after"]) == (None, in_days(7))
    return bought


async def _the_supplier_promises_less_and_later(steps: Steps, motor: Goods, order_id: str, bought: Seen) -> Seen:
    """Eight in two weeks; so the other two are bought anew."""
    await steps.acknowledge_purchase(bought.subject, [(motor, Decimal(8))], in_days(14))

    said = await steps.stream.until(PurchaseOrderAcknowledged, purchase_order_id=bought.subject)
    moved = await steps.stream.until(PurchaseOrderDateChanged, purchase_order_id=bought.subject)
    rest = await steps.purchase_for(order_id, 2)
    promised = await steps.stream.until(PromiseDateChanged, order_id=order_id, after=in_days(14))

    assert [peg["quantity"]["value"] for peg in said.data["lost"]] == ["2"]
    assert (moved.data["before"], moved.data["after"]) == (in_days(7), in_days(14))
    assert [peg["quantity"]["value"] for peg in moved.data["pegs"]] == ["8"]
    assert [peg["quantity"]["value"] for peg in rest.data["pegs"]] == ["2"]
    assert promised.data["because"] == "PurchaseOrderDateChanged"
    return rest


async def _a_part_comes_and_is_shipped(steps: Steps, shop: Shop, motor: Goods, order_id: str, bought: Seen) -> Seen:
    await shop.stocks(motor, 5, "P1", bought.subject)

    received = await steps.stream.until(GoodsReceived, purchase_order_id=bought.subject)
    reserved = await steps.stream.until(StockReserved, order_id=order_id)
    invoice = await steps.settle((await steps.shipment_of(order_id)).subject)

    assert received.data["complete"] is False
    assert _quantities(reserved) == ["5"]
    assert (await steps.order(order_id))["status"] == "in_fulfilment"
    return invoice


async def _the_rest_comes_and_is_shipped(
    steps: Steps, shop: Shop, motor: Goods, order_id: str, purchases: tuple[Seen, Seen]
) -> Seen:
    """What comes while the order is held waits for the rest, so that both leave in one shipment."""
    hold_id = await steps.hold(order_id, "send the rest together")
    await shop.stocks(motor, 3, "P2", purchases[0].subject)
    await shop.stocks(motor, 2, "P3", purchases[1].subject)

    async def both_are_reserved() -> bool:
        return Decimal((await shop.line_of(order_id))["reserved"]) == 5

    await until_true(both_are_reserved, "the order has heard of both")
    await steps.release_hold(order_id, hold_id, "all is there")

    received = steps.stream.named(GoodsReceived, purchase_order_id=purchases[0].subject)
    shipment = await steps.shipment_of(order_id, 2)
    assert [each.data["complete"] for each in received] == [False, True]
    assert _quantities(shipment) == ["5"]
    return await steps.settle(shipment.subject)


def _quantities(seen: Seen) -> list[str]:
    return [line["quantity"]["value"] for line in seen.data["lines"]]


def _amount(invoice: Seen) -> str:
    return str(invoice.data["gross"]["amount"])
