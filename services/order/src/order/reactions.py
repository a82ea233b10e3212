"""Which event leads to what in the order service."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import get_args

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.finance import CreditExposureChecked, CreditLimitCleared, CreditLimitExceeded, InvoiceIssued, InvoicePaid
from contracts.ids import OrderId
from contracts.inventory import (
    DeliveryConfirmed,
    ItemRegistered,
    PurchaseOrderAcknowledged,
    PurchaseOrderCancelled,
    PurchaseOrderDateChanged,
    PurchaseOrderPlaced,
    ShipmentDispatched,
    StockBackordered,
    StockReleased,
    StockReserved,
    SupplyRepegged,
)
from contracts.lines import LineQuantity
from contracts.order import (
    OrderCancelled,
    OrderClosed,
    OrderDelivered,
    OrderHoldApplied,
    OrderHoldReleased,
    OrderPlaced,
    OrderShipped,
    PromiseDateChanged,
)
from contracts.sales import OpportunityWon
from kit.database import Transaction
from kit.reactions import Reactions
from order.commands.place_order import PlaceOrder, WantedLine, place_order
from order.domain.change import Amending
from order.domain.order import GoingOn, Order
from order.domain.supply import AboutSupply, lines_by_order
from order.storage.copies import Customers, Items
from order.storage.orders import Orders

reactions = Reactions()

AboutAnOrder = (
    CreditExposureChecked | CreditLimitExceeded | CreditLimitCleared | InvoiceIssued | InvoicePaid
    | StockReserved | StockBackordered | StockReleased | ShipmentDispatched | DeliveryConfirmed
)  # fmt: skip


def order_of(event: AboutAnOrder) -> tuple[OrderId]:
    return (event.order_id,)


def supplied_orders(event: AboutSupply) -> Iterable[OrderId]:
    return lines_by_order(event)


@reactions.ahead(*get_args(AboutAnOrder))
async def read_orders(events: Sequence[AboutAnOrder], tx: Transaction) -> None:
    await Orders(tx).read_ahead({event.order_id for event in events})


@reactions.ahead(OpportunityWon)
async def read_whose_and_what(batch: Sequence[OpportunityWon], tx: Transaction) -> None:
    await Customers(tx).read_ahead({won.customer_id for won in batch})
    await Items(tx).read_ahead({line.item_id for won in batch for line in won.lines})


@reactions.to(OpportunityWon)
async def place_order_for_won_opportunity(won: OpportunityWon, tx: Transaction) -> OrderPlaced:
    lines = tuple(
        WantedLine(**line.model_dump(include={"item_id", "quantity", "unit_price", "tax_percent", "description"}))
        for line in won.lines
    )
    command = PlaceOrder(
        customer_id=won.customer_id,
        lines=lines,
        channel="quote",
        prepaid=won.prepaid,
        customer_reference=won.customer_reference,
        ordered_on=won.won_on,
        requested_on=won.requested_on,
        opportunity_id=won.opportunity_id,
        quote_id=won.quote_id,
    )
    return await place_order(command, tx)


@reactions.to(CreditExposureChecked, CreditLimitCleared, locks=order_of)
async def ask_for_stock_when_credit_fits(
    event: CreditExposureChecked | CreditLimitCleared, tx: Transaction
) -> tuple[OrderHoldReleased | GoingOn, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.approve_credit()


@reactions.to(CreditLimitExceeded, locks=order_of)
async def hold_order_over_credit_limit(event: CreditLimitExceeded, tx: Transaction) -> tuple[OrderHoldApplied, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.refuse_credit(f"exposure {event.exposure} exceeds the limit of {event.limit}")


@reactions.to(StockReserved, locks=order_of)
async def go_on_with_reserved_stock(event: StockReserved, tx: Transaction) -> tuple[GoingOn, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.reserve(event.lines)


@reactions.to(StockBackordered, locks=order_of)
async def wait_for_backordered_stock(
    event: StockBackordered, tx: Transaction
) -> tuple[GoingOn | PromiseDateChanged, ...]:
    async with changed_order(event.order_id, tx) as order:
        events = order.backorder(event.lines, event.withdrawn)
        return (*events, *order.promise_shortage(event.lines))


@reactions.to(StockReleased, locks=order_of)
async def finish_change_after_release(
    event: StockReleased, tx: Transaction
) -> tuple[OrderCancelled | Amending | GoingOn, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.released(event.release_id, event.lines)


@reactions.to(
    PurchaseOrderPlaced,
    PurchaseOrderAcknowledged,
    PurchaseOrderDateChanged,
    PurchaseOrderCancelled,
    SupplyRepegged,
    locks=supplied_orders,
)
async def change_promise_with_supply(event: AboutSupply, tx: Transaction) -> tuple[PromiseDateChanged, ...]:
    """Inventory pegs only what was asked of it here, so these orders and lines are known; an unknown one is a fault."""
    orders = Orders(tx)
    changes: list[PromiseDateChanged] = []
    for order_id in lines_by_order(event):
        order = await orders.get(order_id)
        before = order.supplies
        changes += order.promise_supply(event)
        if order.supplies != before:
            await orders.save(order)
    return tuple(changes)


@reactions.to(ShipmentDispatched, locks=order_of)
async def record_shipment(event: ShipmentDispatched, tx: Transaction) -> OrderShipped:
    async with changed_order(event.order_id, tx) as order:
        return order.ship(event.shipment_id, [plain(line) for line in event.lines])


@reactions.to(DeliveryConfirmed, locks=order_of)
async def record_delivery(event: DeliveryConfirmed, tx: Transaction) -> tuple[OrderDelivered | OrderClosed, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.deliver(event.shipment_id)


@reactions.to(InvoiceIssued, locks=order_of)
async def record_invoice(event: InvoiceIssued, tx: Transaction) -> tuple[OrderClosed, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.invoice(event.shipment_id, event.invoice_id)


@reactions.to(InvoicePaid, locks=order_of)
async def close_order_when_paid(event: InvoicePaid, tx: Transaction) -> tuple[OrderClosed, ...]:
    async with changed_order(event.order_id, tx) as order:
        return order.pay(event.invoice_id)


@reactions.to(CustomerRegistered, CustomerProfileChanged)
async def remember_customer(event: CustomerRegistered | CustomerProfileChanged, tx: Transaction) -> None:
    await Customers(tx).remember(event)


@reactions.to(CustomersMerged)
async def move_orders_to_survivor(event: CustomersMerged, tx: Transaction) -> None:
    remains = await Customers(tx).merge(event.customer_id, event.survivor_id)
    await Orders(tx).move_to(remains, event.customer_id)


@reactions.to(ItemRegistered)
async def remember_item(event: ItemRegistered, tx: Transaction) -> None:
    await Items(tx).remember(event)


@asynccontextmanager
async def changed_order(order_id: OrderId, tx: Transaction) -> AsyncGenerator[Order]:
    """The order, locked; saved when the reaction is done."""
    orders = Orders(tx)
    order = await orders.get(order_id)
    yield order
    await orders.save(order)


def plain(line: LineQuantity) -> LineQuantity:
    """The part of a shipped line that the order keeps."""
    return LineQuantity(line_id=line.line_id, item_id=line.item_id, quantity=line.quantity)
