"""The backlog: order lines that wait for goods, oldest order first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.ids import ItemId, LineId, OrderId
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.demand import Demand
from inventory.domain.stock import StockLevel, plan_reservation


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """So many of an item that an order waits for, since it first asked."""

    order_id: OrderId
    line_id: LineId
    item_id: ItemId
    quantity: Quantity
    since: datetime


def waiting_of(demand: Demand) -> tuple[Waiting, ...]:
    """The lines of this order that wait."""
    return tuple(
        Waiting(
            order_id=demand.order_id,
            line_id=line.line_id,
            item_id=line.item_id,
            quantity=line.backordered,
            since=demand.requested_at,
        )
        for line in demand.lines
        if line.backordered
    )


def oldest_first(backlog: Iterable[Waiting]) -> list[Waiting]:
    """Who asked first is served first; ids settle a tie."""
    return sorted(backlog, key=lambda waiting: (waiting.since, waiting.order_id, waiting.line_id))


def share_out(
    backlog: Iterable[Waiting], levels: Sequence[StockLevel]
) -> tuple[tuple[OrderId, tuple[ReservedLine, ...]], ...]:
    """Which order gets what of the goods that are available, oldest first, in part if need be.

    It runs whenever goods become available, and after a withdrawal, because another warehouse may have what was taken:
    so nothing is available while somebody waits for it.
    """
    queue = oldest_first(backlog)
    owner = {waiting.line_id: waiting.order_id for waiting in queue}
    shares: dict[OrderId, tuple[ReservedLine, ...]] = {}
    for part in plan_reservation((_wanted(waiting) for waiting in queue), levels):
        order_id = owner[part.line_id]
        shares[order_id] = (*shares.get(order_id, ()), part)
    return tuple(shares.items())


def _wanted(waiting: Waiting) -> LineQuantity:
    return LineQuantity(line_id=waiting.line_id, item_id=waiting.item_id, quantity=waiting.quantity)
