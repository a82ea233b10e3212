"""Path 3: an order that does not fit into the customer's credit waits for cash; goods that left are invoiced anyway."""

from __future__ import annotations

from decimal import Decimal

from contracts.finance import CreditExposureChecked, CreditLimitCleared, CreditLimitExceeded, PaymentAllocated
from contracts.inventory import ShipmentDispatched
from contracts.order import OrderHoldApplied, OrderHoldReleased, StockRequested
from orderloop.driving.proofs import gaps
from orderloop.driving.shop import Shop
from orderloop.driving.steps import Goods, Steps, Wish, money


async def test_cash_for_another_invoice_lets_a_held_order_go_on(steps: Steps, shop: Shop) -> None:
    customer_id = await steps.register_customer("Tight Credit Ltd", limit=Decimal(500))
    chair = await shop.sells("chair", stock=100)
    first, invoice_id = await _shipped_and_owed(steps, customer_id, chair, 3)

    held = await steps.place_order(customer_id, [Wish(chair, Decimal(4))])
    exceeded = await steps.stream.until(CreditLimitExceeded, order_id=held)
    hold = await steps.stream.until(OrderHoldApplied, order_id=held)
    assert (exceeded.data["exposure"]["amount"], exceeded.data["limit"]["amount"]) == ("700.00", "500")
    assert hold.data["kind"] == "credit"
    assert (await steps.order(held))["fulfilment"]["waiting_for"] == "release_of_hold"

    await _a_prepaid_order_passes(steps, shop, customer_id, chair)
    assert steps.stream.named(StockRequested, order_id=held) == []

    await steps.pay(customer_id, money("300.00"), invoice_id=invoice_id)
    allocated = await steps.stream.until(PaymentAllocated, order_id=first)
    cleared = await steps.stream.until(CreditLimitCleared, order_id=held)
    released = await steps.stream.until(OrderHoldReleased, order_id=held)
    await steps.finish(held)

    assert (allocated.data["amount"]["amount"], allocated.data["invoice_open"]["amount"]) == ("300.00", "0.00")
    assert cleared.data["exposure"]["amount"] == "400.00"
    assert (cleared.causation, released.causation) == (allocated.causation, cleared.id)
    assert released.data["hold_id"] == hold.data["hold_id"]
    assert await _exposure(shop, customer_id) == 0
    assert gaps(steps.stream.seen) == []


async def test_goods_that_left_before_the_hold_are_invoiced(steps: Steps, shop: Shop) -> None:
    customer_id = await steps.register_customer("Growing Order Ltd", limit=Decimal(500))
    table = await shop.sells("table", stock=100)
    order_id = await steps.place_order(customer_id, [Wish(table, Decimal(2))])
    shipment = await steps.shipment_of(order_id)
    await steps.pick_and_pack(shipment.subject)

    await steps.amend(order_id, {(await shop.line_of(order_id))["line_id"]: Decimal(6)})
    exceeded = await steps.stream.until(CreditLimitExceeded, order_id=order_id)
    await steps.stream.until(OrderHoldApplied, order_id=order_id)
    await steps.dispatch(shipment.subject)
    dispatched = await steps.stream.until(ShipmentDispatched, order_id=order_id)
    invoice = await steps.invoice_of(shipment.subject)

    assert exceeded.data["exposure"]["amount"] == "600.00"
    assert invoice.causation == dispatched.id
    assert invoice.data["gross"]["amount"] == "200.00"
    order = await steps.order(order_id)
    assert [hold["stands"] for hold in order["holds"]] == [True]
    assert await _exposure(shop, customer_id) == 600


async def _shipped_and_owed(steps: Steps, customer_id: str, goods: Goods, quantity: int) -> tuple[str, str]:
    """An order that was delivered and is not paid, and its invoice."""
    order_id = await steps.place_order(customer_id, [Wish(goods, Decimal(quantity))])
    shipment_id = (await steps.shipment_of(order_id)).subject
    await steps.ship(shipment_id)
    await steps.deliver(shipment_id)
    return order_id, (await steps.invoice_of(shipment_id)).subject


async def _a_prepaid_order_passes(steps: Steps, shop: Shop, customer_id: str, goods: Goods) -> None:
    """It takes no credit, although it is worth twice the limit, and its money frees none."""
    order_id = await steps.place_order(customer_id, [Wish(goods, Decimal(10))], prepaid=True)
    checked = await steps.stream.until(CreditExposureChecked, order_id=order_id)
    await steps.pay(customer_id, money("1000.00"), order_id=order_id)
    shipment_id = (await steps.shipment_of(order_id)).subject
    await steps.ship(shipment_id)
    await steps.deliver(shipment_id)
    await steps.closed(order_id)

    assert checked.data["reason"] == "prepaid"
    assert await _exposure(shop, customer_id) == 700


async def _exposure(shop: Shop, customer_id: str) -> Decimal:
    return Decimal((await shop.credit_of(customer_id))["exposure"]["amount"])
