"""Goods are gone or not to be used although they were promised: the newest orders lose them, and wait again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from contracts.ids import LineId, OrderId, ShipmentId
from contracts.inventory import Backorder, PurchaseOrderPlaced, ShipmentCancelled, StockBackordered
from contracts.lines import LineQuantity
from contracts.values import Quantity
from inventory.commands.sharing import Shared, fill_backorders
from inventory.commands.supplying import Cover, cover_shortages
from inventory.domain.backlog import Waiting
from inventory.domain.giving_back import Withdrawn, withdraw
from inventory.domain.quantities import of_line
from inventory.domain.shipment import Shipment, ShipmentLine
from inventory.storage.demands import Demands
from inventory.storage.shipments import Shipments
from inventory.storage.stock import Key, Stock
from kit.database import Transaction

WithdrawalTold = StockBackordered | ShipmentCancelled | PurchaseOrderPlaced | Shared


async def withdraw_reservations(
    tx: Transaction, stock: Stock, wanted: Mapping[Key, Quantity], reason: str
) -> tuple[Withdrawn, ...]:
    """Take back so many reservations that so much is available in each place; one entry an order."""
    missing = {key: stock.level(*key).shortfall(quantity) for key, quantity in wanted.items()}
    missing = {key: quantity for key, quantity in missing.items() if quantity}
    if not missing:
        return ()
    demands = await Demands(tx).holding({item_id for item_id, _ in missing})
    shipments = await Shipments(tx).in_the_house(demands)
    before = {each.shipment_id: each.lines for own in shipments.values() for each in own}
    holders = [(demand, shipments[order_id]) for order_id, demand in demands.items()]
    withdrawn = [
        each
        for (item_id, warehouse_id), quantity in missing.items()
        for each in withdraw(holders, item_id=item_id, warehouse_id=warehouse_id, quantity=quantity, reason=reason)
    ]
    stock.release(part for each in withdrawn for part in each.stock)
    await Demands(tx).save(*(demands[order_id] for order_id in {each.order_id for each in withdrawn}))
    await Shipments(tx).save_all(changed_since(before, [each for own in shipments.values() for each in own]))
    return _one_an_order(withdrawn)


async def tell_withdrawn(tx: Transaction, stock: Stock, withdrawn: Sequence[Withdrawn]) -> tuple[WithdrawalTold, ...]:
    """Those who lost goods get them from another warehouse if it has some; what is still short is supplied anew."""
    if not withdrawn:
        return ()
    filled = await fill_backorders(tx, stock, await Demands(tx).waiting(stock.items))
    refilled = [line for each in filled for line in each.lines]
    cover = await cover_shortages(tx, stock, [each for lost in withdrawn for each in _still_short(lost, refilled)])
    told = [each.tell(_backorders(each, refilled, cover)) for each in withdrawn]
    cancelled = [event for each in withdrawn for event in each.cancelled]
    return (*told, *cancelled, *filled, *cover.events)


def changed_since(before: Mapping[ShipmentId, Sequence[ShipmentLine]], shipments: Iterable[Shipment]) -> list[Shipment]:
    """Those of which something was called back."""
    return [shipment for shipment in shipments if shipment.lines != before[shipment.shipment_id]]


def _one_an_order(withdrawn: Iterable[Withdrawn]) -> tuple[Withdrawn, ...]:
    orders: dict[OrderId, Withdrawn] = {}
    for each in withdrawn:
        known = orders.get(each.order_id)
        orders[each.order_id] = (
            replace(known, stock=(*known.stock, *each.stock), cancelled=(*known.cancelled, *each.cancelled))
            if known
            else each
        )
    return tuple(orders.values())


def _still_short(lost: Withdrawn, refilled: Sequence[LineQuantity]) -> list[Waiting]:
    short = ((part, part.quantity - _refill(part, refilled)) for part in lost.lines)
    return [
        Waiting(
            order_id=lost.order_id,
            line_id=part.line_id,
            item_id=part.item_id,
            quantity=quantity,
            since=lost.since,
        )
        for part, quantity in short
        if quantity
    ]


def _backorders(lost: Withdrawn, refilled: Sequence[LineQuantity], cover: Cover) -> list[Backorder]:
    """What was refilled at once is expected on no day; the rest when its supply comes."""
    at_once = [(part, _refill(part, refilled)) for part in lost.lines]
    short = {each.line_id: each.quantity for each in _still_short(lost, refilled)}
    return [
        *(_backorder(part, quantity) for part, quantity in at_once if quantity),
        *(each for part in lost.lines if part.line_id in short for each in cover.expectation(_of(part, short))),
    ]


def _refill(part: LineQuantity, refilled: Sequence[LineQuantity]) -> Quantity:
    return min(part.quantity, of_line(refilled, part))


def _backorder(part: LineQuantity, quantity: Quantity) -> Backorder:
    return Backorder(line_id=part.line_id, item_id=part.item_id, quantity=quantity)


def _of(part: LineQuantity, short: Mapping[LineId, Quantity]) -> LineQuantity:
    return part.model_copy(update={"quantity": short[part.line_id]})
