"""What order and inventory tell, for the follow-up."""

from __future__ import annotations

from uuid import UUID

from contracts import inventory, order
from contracts.event import Event
from sales.domain.happening import Happening, Kind, the_known


def order_happening(event: Event) -> Happening | None:
    """The order itself, from placed to closed; None when the event is about something else."""
    match event:
        case order.OrderPlaced():
            text = f"order {event.number} placed for {event.total}"
            return _order(event, text, "placed", the_known(event.opportunity_id))
        case order.OrderConfirmed():
            text = "order confirmed, part of it on back-order" if event.backordered else "order confirmed"
            return _order(event, text, "confirmed")
        case order.OrderAmended():
            return _order(event, f"order amended, now {event.total}")
        case order.OrderAmendmentRejected():
            return _order(event, f"amendment rejected: {event.reason}")
        case order.OrderCancelled(complete=True):
            return _order(event, f"order cancelled: {event.reason}", "cancelled")
        case order.OrderCancelled():
            return _order(event, f"{event.cancelled} of the order cancelled: {event.reason}")
        case order.OrderShipped():
            how = "shipped" if event.complete else "partly shipped"
            return _order(event, f"order {how}", how)
        case order.OrderDelivered():
            how = "delivered" if event.complete else "partly delivered"
            return _order(event, f"order {how}", how)
        case order.OrderClosed():
            return _order(event, f"order {event.number} closed", "closed", the_known(event.opportunity_id))
        case order.FulfilmentStuck():
            return _order(event, f"stuck: waits for {event.waiting_for} since {event.since:%Y-%m-%d %H:%M}")
        case _:
            return None


def obstacle_happening(event: Event) -> Happening | None:
    """Holds, shortages and new dates; None when the event is about something else."""
    match event:
        case order.OrderHoldApplied():
            return _hold(event, f"{event.kind} hold: {event.reason}", "applied")
        case order.OrderHoldReleased():
            return _hold(event, f"{event.kind} hold released: {event.reason}", "released")
        case inventory.StockBackordered():
            return _supply(event, "; ".join(_short(line) for line in event.lines))
        case order.PromiseDateChanged():
            after = "without a date" if event.after is None else f"promised for {event.after}"
            return _supply(event, f"a line is now {after}: {event.because}")
        case _:
            return None


def shipment_happening(event: Event) -> Happening | None:
    """Goods on their way; None when the event is about something else."""
    match event:
        case inventory.ShipmentDispatched():
            way = ", ".join(each for each in (event.carrier, event.tracking_number) if each)
            return _shipment(event, "shipment left the house" + (f" ({way})" if way else ""), "dispatched")
        case inventory.DeliveryConfirmed():
            return _shipment(event, "shipment delivered", "delivered")
        case _:
            return None


_OfOrder = (
    order.OrderPlaced
    | order.OrderConfirmed
    | order.OrderAmended
    | order.OrderAmendmentRejected
    | order.OrderCancelled
    | order.OrderShipped
    | order.OrderDelivered
    | order.OrderClosed
    | order.FulfilmentStuck
)


def _order(event: _OfOrder, text: str, state: str | None = None, parents: tuple[UUID, ...] = ()) -> Happening:
    return Happening(kind=Kind.ORDER, subject=event.order_id, parents=parents, state=state, text=text)


def _hold(event: order.OrderHoldApplied | order.OrderHoldReleased, text: str, state: str) -> Happening:
    return Happening(kind=Kind.HOLD, subject=event.hold_id, parents=(event.order_id,), state=state, text=text)


def _supply(event: inventory.StockBackordered | order.PromiseDateChanged, text: str) -> Happening:
    return Happening(kind=Kind.SUPPLY, subject=event.order_id, text=text)


def _short(line: inventory.Backorder) -> str:
    expected = "no supply yet" if line.expected_on is None else f"expected on {line.expected_on}"
    return f"{line.quantity} short, {expected}"


def _shipment(event: inventory.ShipmentDispatched | inventory.DeliveryConfirmed, text: str, state: str) -> Happening:
    return Happening(kind=Kind.SHIPMENT, subject=event.shipment_id, parents=(event.order_id,), state=state, text=text)
