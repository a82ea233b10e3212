"""Giving back: the order wants less, or a quarantine takes away what had been set aside."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.errors import Refused
from contracts.ids import ItemId, OrderId, ReleaseId, WarehouseId
from contracts.inventory import Backorder, ShipmentCancelled, StockBackordered, StockReleased
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.demand import AnswerDoesNotAddUp, Demand, DemandLine
from inventory.domain.quantities import must_be_positive, of_line, total
from inventory.domain.shipment import IN_THE_HOUSE, Shipment, ShipmentStatus


class TooLittleToWithdraw(Refused):
    """No more is withdrawn than is reserved in the warehouse and still in the house."""


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """What a release request brought back."""

    answer: StockReleased
    backorders: tuple[LineQuantity, ...]
    """Nobody waits for these any more: their pegs are free."""
    stock: tuple[ReservedLine, ...]
    """These go back to the shelves: lower `reserved` there, then share out. Services are left out."""
    cancelled: tuple[ShipmentCancelled, ...]


@dataclass(frozen=True, kw_only=True)
class Withdrawn:
    """What was taken from one order again because its goods were quarantined or lost; now it waits."""

    order_id: OrderId
    since: datetime
    """When the order first asked."""
    stock: tuple[ReservedLine, ...]
    cancelled: tuple[ShipmentCancelled, ...]

    @property
    def lines(self) -> tuple[LineQuantity, ...]:
        """One entry an order line."""
        parts = {part.line_id: part for part in self.stock}
        return tuple(_line_quantity(part, of_line(self.stock, part)) for part in parts.values())

    def tell(self, short: Sequence[Backorder]) -> StockBackordered:
        """`short` is the same again, with the day on which a supply is expected, where there is one."""
        if any(of_line(short, part) != part.quantity for part in self.lines):
            raise AnswerDoesNotAddUp("say for exactly what was withdrawn when it is expected")
        return StockBackordered(order_id=self.order_id, lines=tuple(short), withdrawn=self.lines)


def give_back(
    demand: Demand,
    wanted: Sequence[LineQuantity],
    shipments: Sequence[Shipment],
    *,
    release_id: ReleaseId,
    reason: str = "called back by the order",
) -> GivenBack:
    """Up to these quantities: back-orders first, then reservations, then shipments that have not left the house.

    There is always an answer, an empty one when all of it is gone. `shipments` are those of the order.
    """
    for part in wanted:
        must_be_positive(part.quantity)
    backorders: list[LineQuantity] = []
    stock: list[ReservedLine] = []
    for part in (part for part in wanted if demand.knows(part.line_id)):
        line = demand.line(part.line_id)
        waited = line.drop_backordered(part.quantity)
        if waited:
            backorders.append(_line_quantity(part, waited))
        held = _drop_held(line, part.quantity - waited, shipments)
        line.released += waited + _sum(held, line.unit)
        stock += held
    return GivenBack(
        answer=StockReleased(order_id=demand.order_id, release_id=release_id, lines=_merged((*backorders, *stock))),
        backorders=tuple(backorders),
        stock=tuple(part for part in stock if demand.line(part.line_id).stocked),
        cancelled=_cancelled(shipments, reason),
    )


def withdraw(
    holders: Iterable[tuple[Demand, Sequence[Shipment]]],
    *,
    item_id: ItemId,
    warehouse_id: WarehouseId,
    quantity: Quantity,
    reason: str,
) -> tuple[Withdrawn, ...]:
    """Take this much away from those who reserved it, the newest order first; they wait from now on.

    Within an order the reservations go first, then the shipments that have not left the house. Refused as a whole when
    less than that is held.
    """
    if not quantity:
        return ()
    must_be_positive(quantity)
    queue = sorted(holders, key=lambda holder: (holder[0].requested_at, holder[0].order_id), reverse=True)
    held = total((_held_by(demand, item_id, warehouse_id, quantity.unit) for demand, _ in queue), quantity.unit)
    if held < quantity:
        raise TooLittleToWithdraw(f"{held} is reserved here, not {quantity}; withdraw no more than that")
    withdrawn: list[Withdrawn] = []
    for demand, shipments in queue:
        stock = _withdraw_from(demand, shipments, item_id, warehouse_id, quantity)
        if stock:
            quantity -= _sum(stock, quantity.unit)
            gone = _cancelled(shipments, reason)
            withdrawn.append(
                Withdrawn(order_id=demand.order_id, since=demand.requested_at, stock=stock, cancelled=gone)
            )
    return tuple(withdrawn)


def _withdraw_from(
    demand: Demand, shipments: Sequence[Shipment], item_id: ItemId, warehouse_id: WarehouseId, up_to: Quantity
) -> tuple[ReservedLine, ...]:
    stock: list[ReservedLine] = []
    here = [shipment for shipment in shipments if shipment.warehouse_id == warehouse_id]
    for line in (line for line in demand.lines if line.item_id == item_id):
        held = _drop_held(line, up_to, here, warehouse_id)
        dropped = _sum(held, up_to.unit)
        line.backordered += dropped
        up_to -= dropped
        stock += held
    return tuple(stock)


def _drop_held(
    line: DemandLine, up_to: Quantity, shipments: Iterable[Shipment], warehouse_id: WarehouseId | None = None
) -> list[ReservedLine]:
    """Reservations first, then shipments: what costs the least work goes first."""
    dropped = list(line.drop_reserved(up_to, warehouse_id))
    missing = up_to - _sum(dropped, up_to.unit)
    for shipment in _easiest_first(shipments):
        part = shipment.call_back(line.line_id, missing)
        if part:
            dropped.append(line.drop_planned(part, shipment.warehouse_id))
            missing -= part
    return dropped


def _easiest_first(shipments: Iterable[Shipment]) -> list[Shipment]:
    """Planned, then picking, then packed; the newest of each first."""
    effort = (ShipmentStatus.PACKED, ShipmentStatus.PICKING, ShipmentStatus.PLANNED)
    inside = [shipment for shipment in shipments if shipment.status in IN_THE_HOUSE]
    return sorted(inside, key=lambda shipment: (effort.index(shipment.status), shipment.shipment_id), reverse=True)


def _cancelled(shipments: Iterable[Shipment], reason: str) -> tuple[ShipmentCancelled, ...]:
    told = (shipment.cancel_if_empty(reason) for shipment in shipments)
    return tuple(event for event in told if event is not None)


def _held_by(demand: Demand, item_id: ItemId, warehouse_id: WarehouseId, unit: str) -> Quantity:
    return total(
        (
            holding.reserved + holding.planned
            for line in demand.lines
            if line.item_id == item_id
            for holding in line.holdings
            if holding.warehouse_id == warehouse_id
        ),
        unit,
    )


def _merged(parts: Sequence[LineQuantity]) -> tuple[LineQuantity, ...]:
    """One entry an order line."""
    lines = {part.line_id: part for part in parts}
    return tuple(_line_quantity(part, of_line(parts, part)) for part in lines.values())


def _line_quantity(part: LineQuantity, quantity: Quantity) -> LineQuantity:
    return LineQuantity(line_id=part.line_id, item_id=part.item_id, quantity=quantity)


def _sum(parts: Iterable[LineQuantity], unit: str) -> Quantity:
    return total((part.quantity for part in parts), unit)
