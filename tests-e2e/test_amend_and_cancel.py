"""Path 4: a prepaid order is amended down and then cancelled in part while the supplier delivers all the same."""

from __future__ import annotations

from decimal import Decimal

from contracts.finance import CreditExposureChecked, InvoiceIssued, OrderMarginComputed, RefundIssued
from contracts.inventory import (
    PurchaseOrderAcknowledged,
    PurchaseOrderCancellationRefused,
    StockBackordered,
    StockReleased,
    StockReserved,
    SupplyRepegged,
)
from contracts.order import OrderAmended, OrderAmendmentRequested, OrderCancelled, StockReleaseRequested
from orderloop.driving.events import Seen
from orderloop.driving.proofs import gaps, of_loop, roots
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Goods, Steps, Wish, in_days, money

DONE_BY_PEOPLE = {
    "OrderPlaced", "PaymentReceived", "PickReleased", "ShipmentPacked", "ShipmentDispatched", "DeliveryConfirmed",
    "OrderAmendmentRequested", "StockReleaseRequested", "OrderCancellationRequested",
}  # fmt: skip


async def test_a_prepaid_order_is_amended_and_the_rest_of_it_cancelled(steps: Steps, shop: Shop) -> None:
    customer_id = await steps.register_customer("Changed Mind Ltd")
    valve = await shop.sells("valve", stock=4, supplier="Steady Valves")
    order_id = await steps.place_order(customer_id, [Wish(valve, Decimal(10))], prepaid=True)
    await steps.stream.until(CreditExposureChecked, order_id=order_id)
    await steps.pay(customer_id, money("1000.00"), order_id=order_id)

    purchase_id = await _six_are_bought(steps, valve, order_id)
    await _seven_are_enough(steps, shop, order_id, purchase_id)
    shipment_id = (await steps.shipment_of(order_id)).subject
    await steps.ship(shipment_id)
    await steps.invoice_of(shipment_id)
    cancelled = await _the_rest_is_cancelled(steps, order_id, purchase_id)
    await _the_supplier_delivers_all_the_same(steps, shop, valve, order_id, purchase_id)
    await steps.deliver(shipment_id)
    await steps.closed(order_id)

    await _four_were_sold_and_the_rest_paid_back(steps, order_id, cancelled)
    assert await shop.stock_of(valve) == {"on_hand": 6, "reserved": 0, "quarantined": 0, "available": 6}
    assert Decimal((await shop.credit_of(customer_id))["exposure"]["amount"]) == 0
    story = of_loop(steps.stream.seen, order_id)
    assert len({each.correlation for each in story}) == 1
    assert {each.name for each in roots(story, steps.stream.seen)} == DONE_BY_PEOPLE
    assert gaps(steps.stream.seen) == []
    assert await shop.parked() == {}


async def _six_are_bought(steps: Steps, valve: Goods, order_id: str) -> str:
    reserved = await steps.stream.until(StockReserved, order_id=order_id)
    short = await steps.stream.until(StockBackordered, order_id=order_id)
    bought = await steps.purchase_for(order_id)
    await steps.acknowledge_purchase(bought.subject, [(valve, Decimal(6))], in_days(20))
    await steps.stream.until(PurchaseOrderAcknowledged, purchase_order_id=bought.subject)

    assert [_quantities(each) for each in (reserved, short)] == [["4"], ["6"]]
    return bought.subject


async def _seven_are_enough(steps: Steps, shop: Shop, order_id: str, purchase_id: str) -> None:
    """What was bought for the three that are no longer wanted is for stock."""
    line_id = (await shop.line_of(order_id))["line_id"]
    await steps.amend(order_id, {line_id: Decimal(7)})
    requested = await steps.stream.until(OrderAmendmentRequested, order_id=order_id)
    released = await steps.stream.until(StockReleased, order_id=order_id)
    repegged = await steps.stream.until(SupplyRepegged, purchase_order_id=purchase_id)
    amended = await steps.stream.until(OrderAmended, order_id=order_id)

    assert [_quantities(each) for each in (requested, released)] == [["3"], ["3"]]
    assert released.data["release_id"] == requested.data["release_id"]
    assert _moved(repegged) == ("3", order_id, None)
    assert [(each["before"]["value"], each["after"]["value"]) for each in amended.data["changes"]] == [("10", "7")]
    assert amended.data["total"]["amount"] == "700.00"
    assert amended.causation == released.id


async def _the_rest_is_cancelled(steps: Steps, order_id: str, purchase_id: str) -> Seen:
    """The supplier is asked first, and has not answered when the customer wants no more."""
    await steps.cancel_purchase(purchase_id, "too late")
    await steps.cancel(order_id, "found it elsewhere")
    cancelled = await steps.stream.until(OrderCancelled, order_id=order_id)

    assert _quantities(cancelled) == ["3"]
    assert (cancelled.data["cancelled"]["amount"], cancelled.data["total"]["amount"]) == ("300.00", "400.00")
    assert cancelled.data["complete"] is False
    assert len(steps.stream.named(SupplyRepegged, purchase_order_id=purchase_id)) == 1
    return cancelled


async def _the_supplier_delivers_all_the_same(
    steps: Steps, shop: Shop, valve: Goods, order_id: str, purchase_id: str
) -> None:
    await steps.answer_cancellation(purchase_id, accepted=False, reason="it is on the lorry")
    refused = await steps.stream.until(PurchaseOrderCancellationRefused, purchase_order_id=purchase_id)
    repegged = await steps.stream.until_count(SupplyRepegged, 2, purchase_order_id=purchase_id)
    await shop.stocks(valve, 6, "P1", purchase_id)

    assert refused.data["reason"] == "it is on the lorry"
    assert _moved(repegged) == ("3", order_id, None)


async def _four_were_sold_and_the_rest_paid_back(steps: Steps, order_id: str, cancelled: Seen) -> None:
    refund = await steps.stream.until(RefundIssued, order_id=order_id)
    margin = await steps.stream.until(OrderMarginComputed, order_id=order_id)
    line = (await steps.order(order_id))["lines"][0]

    assert (refund.data["amount"]["amount"], refund.causation) == ("600.00", cancelled.id)
    assert [each.data["gross"]["amount"] for each in steps.stream.named(InvoiceIssued, order_id=order_id)] == ["400.00"]
    assert [margin.data[name]["amount"] for name in ("revenue", "cost", "margin")] == ["400.00", "240.00", "160.00"]
    assert [Decimal(line[state]) for state in ("ordered", "shipped", "cancelled")] == [7, 4, 3]
    assert len(steps.stream.named(StockReleaseRequested, order_id=order_id)) == 2


def _quantities(seen: Seen) -> list[str]:
    return [line["quantity"]["value"] for line in seen.data["lines"]]


def _moved(repegged: Seen) -> tuple[str, str | None, str | None]:
    told = repegged.data
    return told["quantity"]["value"], told["from_order_id"], told["to_order_id"]
