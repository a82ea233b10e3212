"""Path 1: an opportunity is won, and becomes an order, stock, a shipment, an invoice, cash, a closed order."""

from __future__ import annotations

from contracts.customer import CustomerRegistered
from contracts.finance import OrderMarginComputed
from contracts.inventory import ItemRegistered
from contracts.order import OrderClosed
from orderloop.driving.steps import Steps, Wish

from decimal import Decimal

HAPPY = [
    "OpportunityOpened", "QuotePrepared", "QuoteSent", "QuoteAccepted", "OpportunityWon", "OrderPlaced",
    "CreditExposureChecked", "StockRequested", "StockReserved", "OrderConfirmed", "ShipmentRequested", "ShipmentPlanned",
    "PickReleased", "ShipmentPacked", "ShipmentDispatched", "OrderShipped", "InvoiceIssued", "DeliveryConfirmed",
    "OrderDelivered", "PaymentReceived", "PaymentAllocated", "InvoicePaid", "OrderClosed", "OrderMarginComputed",
]  # fmt: skip


async def test_a_won_opportunity_becomes_cash(steps: Steps, shop) -> None:
    customer_id = await steps.register_customer("Happy Path Ltd")
    lamp = await shop.sells("lamp", stock=10, price="49.50", cost="20.00")
    await steps.stream.until(CustomerRegistered, customer_id=customer_id)
    await steps.stream.until(ItemRegistered, item_id=lamp.item_id)

    opportunity_id = await steps.win(customer_id, "Two lamps", [Wish(lamp, Decimal(2))])
    order = await steps.order_of(opportunity_id)
    closed = await steps.finish(order.data["order_id"])
    margin = await steps.stream.until(OrderMarginComputed, order_id=order.data["order_id"])

    assert order.data["total"] == {"amount": "99.00", "currency": "EUR"}
    assert (margin.data["revenue"]["amount"], margin.data["cost"]["amount"]) == ("99.00", "40.00")
    thread = steps.stream.thread(order.correlation)
    assert set(HAPPY) <= {seen.name for seen in thread}
    assert closed.correlation == (await steps.stream.until("OpportunityOpened", opportunity_id=opportunity_id)).correlation
    assert len(steps.stream.named(OrderClosed, order_id=order.data["order_id"])) == 1
