"""Reserve stock for an order; what is short is supplied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from contracts.ids import CustomerId, OrderId
from contracts.inventory import (
    AvailabilityChanged,
    Backorder,
    PurchaseOrderPlaced,
    StockBackordered,
    StockReserved,
    SupplyRepegged,
)
from contracts.lines import LineQuantity, ReservedLine
from inventory.commands.supplying import cover_shortages
from inventory.domain.backlog import Waiting
from inventory.domain.demand import Demand
from inventory.domain.quantities import per_line
from inventory.domain.stock import plan_reservation, serve
from inventory.storage.demands import Demands
from inventory.storage.stock import Stock
from kit.bulk import write_rows
from kit.database import Transaction
from kit.executor import Command

ReservationTold = StockReserved | StockBackordered | PurchaseOrderPlaced | SupplyRepegged | AvailabilityChanged


class ReserveStock(Command):
    """Set aside what is there, in part if need be, and supply the rest. Whoever sends it holds the items' locks."""

    order_id: OrderId
    customer_id: CustomerId
    lines: tuple[LineQuantity, ...]
    requested_at: datetime


async def reserve_stock(command: ReserveStock, tx: Transaction) -> tuple[ReservationTold, ...]:
    stock = await Stock.load(tx, {line.item_id for line in command.lines})
    for line in command.lines:
        stock.items[line.item_id].must_count(line.quantity)
    demands = Demands(tx)
    demand = await demands.of_order(command.order_id) or demands.begin(_demand(command))
    reserved = _reserved(command.lines, stock)
    stock.reserve(reserved)
    short = _short(command.lines, reserved)
    cover = await cover_shortages(tx, stock, [_waiting(demand, line) for line in short])
    backorders: list[Backorder] = [each for line in short for each in cover.expectation(line)]
    services = [item.item_id for item in stock.items.values() if not item.is_stocked]
    answers = demand.request(command.lines, reserved, backorders, services)
    changed = demands.saving(demand, lines={line.line_id for line in command.lines})
    await write_rows(tx, changed, *stock.saving())
    return (*answers, *cover.events, *stock.saved())


def _demand(command: ReserveStock) -> Demand:
    return Demand(order_id=command.order_id, customer_id=command.customer_id, requested_at=command.requested_at)


def _reserved(lines: Sequence[LineQuantity], stock: Stock) -> tuple[ReservedLine, ...]:
    """Goods as far as they are there; services always, in the warehouse that the goods come from."""
    goods = plan_reservation([line for line in lines if stock.items[line.item_id].is_stocked], stock.levels)
    services = [line for line in lines if not stock.items[line.item_id].is_stocked]
    if not services:
        return goods
    return (*goods, *serve(services, goods[0].warehouse_id if goods else stock.first_warehouse))


def _short(lines: Sequence[LineQuantity], reserved: Sequence[ReservedLine]) -> list[LineQuantity]:
    """What is missing, one entry an order line."""
    wanted, served = per_line(lines), per_line(reserved)
    missing = {key: quantity - served[key] if key in served else quantity for key, quantity in wanted.items()}
    known = {line.line_id: line for line in lines}
    return [known[key].model_copy(update={"quantity": quantity}) for key, quantity in missing.items() if quantity]


def _waiting(demand: Demand, line: LineQuantity) -> Waiting:
    return Waiting(
        order_id=demand.order_id,
        line_id=line.line_id,
        item_id=line.item_id,
        quantity=line.quantity,
        since=demand.requested_at,
    )
