"""Path 1: an opportunity is won, and becomes an order, stock, a shipment, an invoice, cash, a closed order."""

from __future__ import annotations

from decimal import Decimal

from contracts.finance import OrderMarginComputed
from contracts.order import OrderClosed, OrderPlaced
from orderloop.driving.proofs import gaps, names, of_loop, roots, traces
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Steps, Wish, until_true
from orderloop.http import Json, in_one_trace

HAPPY = {
    "OpportunityOpened", "QuotePrepared", "QuoteSent", "QuoteAccepted", "OpportunityWon", "OrderPlaced",
    "CreditExposureChecked", "StockRequested", "StockReserved", "OrderConfirmed", "ShipmentRequested",
    "ShipmentPlanned", "PickReleased", "ShipmentPacked", "ShipmentDispatched", "OrderShipped", "InvoiceIssued",
    "DeliveryConfirmed", "OrderDelivered", "PaymentReceived", "PaymentAllocated", "InvoicePaid", "OrderClosed",
    "OrderMarginComputed",
}  # fmt: skip
"""Each of them comes exactly once."""

DONE_BY_PEOPLE = {
    "OpportunityOpened", "QuotePrepared", "QuoteSent", "QuoteAccepted", "OpportunityWon", "PickReleased",
    "ShipmentPacked", "ShipmentDispatched", "DeliveryConfirmed", "PaymentReceived", "PaymentAllocated", "InvoicePaid",
}  # fmt: skip
"""What an HTTP request told; all others were told because of one of these."""

FOLLOWED = {"order": 5, "shipment": 2, "invoice": 2, "cash": 1, "margin": 1}
"""So many entries of each kind the salesperson reads. Cash that came for an invoice is told when it settles."""


async def test_a_won_opportunity_becomes_cash(steps: Steps, shop: Shop) -> None:
    customer_id = await steps.register_customer("Happy Path Ltd")
    lamp = await shop.sells("lamp", stock=10, price="49.50", cost="20.00")

    with in_one_trace() as trace_id:
        opportunity_id = await steps.win(customer_id, "Two lamps", [Wish(lamp, Decimal(2))])
        placed = await steps.order_of(opportunity_id)
        order_id = str(placed.data["order_id"])
        await steps.finish(order_id)
    margin = await steps.stream.until(OrderMarginComputed, order_id=order_id)
    story = of_loop(steps.stream.seen, opportunity_id)

    assert sorted(names(story)) == sorted(HAPPY)
    assert {each.correlation for each in story} == {placed.correlation}
    assert set(names(roots(story, steps.stream.seen))) == DONE_BY_PEOPLE
    assert traces(story) == {trace_id}
    assert gaps(steps.stream.seen) == []
    assert placed.data["total"] == {"amount": "99.00", "currency": "EUR"}
    assert [margin.data[name]["amount"] for name in ("revenue", "cost", "margin")] == ["99.00", "40.00", "59.00"]
    assert margin.data["margin_percent"] == "59.60"
    await _everybody_agrees(steps, shop, order_id)
    await _the_salesperson_sees_it(shop, opportunity_id)
    await _the_timeline_tells_it(shop, customer_id)
    assert await shop.stock_of(lamp) == {"on_hand": 8, "reserved": 0, "quarantined": 0, "available": 8}


async def _everybody_agrees(steps: Steps, shop: Shop, order_id: str) -> None:
    order = await steps.order(order_id)
    assert (order["status"], order["fulfilment"]["waiting_for"]) == ("closed", "nothing")
    assert len(steps.stream.named(OrderPlaced, order_id=order_id)) == 1
    assert len(steps.stream.named(OrderClosed, order_id=order_id)) == 1
    invoices = [each async for each in steps.people.finance.every("finance", "/invoices", order_id=order_id)]
    assert [(each["gross"]["amount"], each["open"]["amount"], each["status"]) for each in invoices] == [
        ("99.00", "0.00", "paid")
    ]
    assert Decimal((await shop.credit_of(order["customer_id"]))["exposure"]["amount"]) == 0


async def _the_salesperson_sees_it(shop: Shop, opportunity_id: str) -> None:
    async def ask() -> Json | None:
        follow_up = await shop.follow_up_of(opportunity_id)
        return follow_up if follow_up["margin"] else None

    follow_up = await until_true(ask, "the salesperson sees the margin")
    kinds = [entry["kind"] for entry in follow_up["entries"]]
    assert {kind: kinds.count(kind) for kind in kinds} == FOLLOWED
    states = [follow_up[f"{noun}_state"] for noun in ("order", "shipment", "invoice", "complaint")]
    assert states == ["closed", "delivered", "paid", None]
    amounts = [Decimal(follow_up[name]["amount"]) for name in ("invoiced", "paid", "margin")]
    assert amounts == [Decimal("99.00"), Decimal("99.00"), Decimal("59.00")]


async def _the_timeline_tells_it(shop: Shop, customer_id: str) -> None:
    async def ask() -> list[str] | None:
        told = await shop.timeline_of(customer_id)
        return told if "OrderMarginComputed" in told else None

    told = await until_true(ask, "the customer's timeline tells the margin")
    assert sorted(told) == sorted({*HAPPY, "CustomerRegistered"})
    assert told[:2] == ["CustomerRegistered", "OpportunityOpened"]
