"""Which event leads to what in the inventory service."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from contracts.customer import CustomersMerged
from contracts.inventory import ShipmentPlanned
from contracts.order import ShipmentRequested, StockReleaseRequested, StockRequested
from contracts.quality import NonconformanceContained, NonconformanceDispositioned
from inventory.commands.dispose_lot import DisposeLot, DispositionTold, dispose_lot
from inventory.commands.give_back_stock import GiveBackStock, ReleaseTold, give_back_stock
from inventory.commands.plan_shipments import PlanShipments, plan_shipments
from inventory.commands.quarantine_lot import QuarantineTold, contain_lots
from inventory.commands.reserve_stock import ReservationTold, ReserveStock, reserve_stock
from inventory.storage.demands import Demands
from inventory.storage.stock import Stock
from kit.context import current_event
from kit.database import Transaction
from kit.reactions import Reactions

reactions = Reactions()


AboutStock = StockRequested | ShipmentRequested | StockReleaseRequested


def order_and_items(event: AboutStock) -> set[UUID]:
    return {event.order_id, *(line.item_id for line in event.lines)}


def item_if_known(event: NonconformanceContained | NonconformanceDispositioned) -> list[UUID]:
    return [] if event.item_id is None else [event.item_id]


@reactions.ahead(StockRequested, ShipmentRequested, StockReleaseRequested)
async def read_demands_and_stock(batch: Sequence[AboutStock], tx: Transaction) -> None:
    """What is reserved or given back comes from the stock; what is planned was reserved before."""
    await Demands(tx).read_ahead({event.order_id for event in batch})
    moving = {line.item_id for event in batch if not isinstance(event, ShipmentRequested) for line in event.lines}
    if moving:
        await Stock.read_ahead(tx, moving)


@reactions.to(StockRequested, locks=order_and_items)
async def reserve_stock_for_order(event: StockRequested, tx: Transaction) -> tuple[ReservationTold, ...]:
    """Who asked first is served first: the time is the event's, not that of its arrival here."""
    command = ReserveStock(
        order_id=event.order_id,
        customer_id=event.customer_id,
        lines=event.lines,
        requested_at=current_event().time,
    )
    return await reserve_stock(command, tx)


@reactions.to(ShipmentRequested, locks=order_and_items)
async def plan_requested_shipments(event: ShipmentRequested, tx: Transaction) -> tuple[ShipmentPlanned, ...]:
    return await plan_shipments(PlanShipments(order_id=event.order_id, lines=event.lines), tx)


@reactions.to(StockReleaseRequested, locks=order_and_items)
async def give_back_released_stock(event: StockReleaseRequested, tx: Transaction) -> tuple[ReleaseTold, ...]:
    command = GiveBackStock(order_id=event.order_id, release_id=event.release_id, lines=event.lines)
    return await give_back_stock(command, tx)


@reactions.to(NonconformanceContained, locks=item_if_known)
async def quarantine_contained_lots(event: NonconformanceContained, tx: Transaction) -> tuple[QuarantineTold, ...]:
    return await contain_lots(tx, event.lot_ids, event.reason, event.nonconformance_id)


@reactions.to(NonconformanceDispositioned, locks=item_if_known)
async def dispose_quarantined_lot(event: NonconformanceDispositioned, tx: Transaction) -> tuple[DispositionTold, ...]:
    command = DisposeLot(
        lot_id=event.lot_id,
        disposition=event.disposition,
        quantity=event.quantity,
        reason=event.reason,
        serials=event.serials,
        nonconformance_id=event.nonconformance_id,
    )
    return await dispose_lot(command, tx)


@reactions.to(CustomersMerged)
async def move_orders_to_survivor(event: CustomersMerged, tx: Transaction) -> None:
    await Demands(tx).merge(event.customer_id, event.survivor_id)
