"""Order and inventory: what was to be shipped, what left, and what arrived."""

from __future__ import annotations

from contracts.inventory import ShipmentDispatched
from contracts.order import OrderShipped
from insight.domain.finding import Finding, Findings
from insight.domain.kinds import Kind
from insight.domain.order_story import OrderStory, quantities
from insight.domain.statement import side, silent
from insight.domain.story import NONE, ZERO, plain, tallied


def requested_not_planned(order: OrderStory) -> Findings:
    """All of it is planned, but for what was withdrawn before."""
    for line_id, asked in order.to_ship.items():
        planned = order.planned.get(line_id, NONE)
        if asked.amount - planned.amount > order.withdrawn.get(line_id, NONE).amount:
            one = side("order", "requested to ship", plain(asked.amount), asked.behind)
            other = side("inventory", "planned", plain(planned.amount), planned.behind)
            yield Finding(Kind.REQUESTED_NOT_PLANNED, order.place(line_id=line_id), one, other)


def planned_more_than_requested(order: OrderStory) -> Findings:
    for line_id, planned in order.planned.items():
        asked = order.to_ship.get(line_id, NONE)
        if planned.amount > asked.amount:
            one = side("order", "requested to ship", plain(asked.amount), asked.behind)
            other = side("inventory", "planned", plain(planned.amount), planned.behind)
            yield Finding(Kind.PLANNED_MORE_THAN_REQUESTED, order.place(line_id=line_id), one, other)


def dispatched_not_planned(order: OrderStory) -> Findings:
    for left in order.all(ShipmentDispatched):
        if left.event.shipment_id not in order.plans:
            one = side("inventory", "dispatched", _pieces(left.event), [left])
            place = order.place(shipment_id=left.event.shipment_id)
            yield Finding(Kind.DISPATCHED_NOT_PLANNED, place, one, silent("inventory", "planned"))


def dispatched_not_as_packed(order: OrderStory) -> Findings:
    """Exactly what was packed last leaves the house."""
    for left in order.all(ShipmentDispatched):
        shipment_id = left.event.shipment_id
        packed = order.packings.get(shipment_id, [])[-1:]
        inside, gone = ({line: each.amount for line, each in found.items()} for found in (
            tallied(packed, lambda event: quantities(event.lines)),
            tallied([left], lambda event: quantities(event.lines)),
        ))  # fmt: skip
        for line_id in inside.keys() | gone.keys():
            if inside.get(line_id, ZERO) != gone.get(line_id, ZERO):
                one = side("inventory", "packed", plain(inside.get(line_id, ZERO)), packed)
                other = side("inventory", "dispatched", plain(gone.get(line_id, ZERO)), [left])
                place = order.place(shipment_id=shipment_id, line_id=line_id)
                yield Finding(Kind.DISPATCHED_NOT_AS_PACKED, place, one, other)


def dispatched_though_called_back(order: OrderStory) -> Findings:
    for left in order.all(ShipmentDispatched):
        if back := order.callbacks.get(left.event.shipment_id):
            one = side("inventory", "called back", back[0].event.reason, back)
            other = side("inventory", "dispatched", _pieces(left.event), [left])
            place = order.place(shipment_id=left.event.shipment_id)
            yield Finding(Kind.DISPATCHED_THOUGH_CALLED_BACK, place, one, other)


def dispatched_more_than_ordered(order: OrderStory) -> Findings:
    if order.cancelled_as_a_whole:
        return
    for line_id, left in order.left.items():
        if left.amount > (wanted := order.wanted(line_id)):
            one = side("order", "ordered", plain(wanted), order.terms)
            other = side("inventory", "dispatched", plain(left.amount), left.behind)
            yield Finding(Kind.DISPATCHED_MORE_THAN_ORDERED, order.place(line_id=line_id), one, other)


def dispatched_after_cancellation(order: OrderStory) -> Findings:
    """Of an order that was cancelled as a whole nothing has left, nor will."""
    if cancelled := order.cancelled_as_a_whole:
        for left in order.all(ShipmentDispatched):
            one = side("order", "cancelled", cancelled[0].event.reason, cancelled)
            other = side("inventory", "dispatched", _pieces(left.event), [left])
            place = order.place(shipment_id=left.event.shipment_id)
            yield Finding(Kind.DISPATCHED_AFTER_CANCELLATION, place, one, other)


def dispatched_not_shipped(order: OrderStory) -> Findings:
    for left in order.all(ShipmentDispatched):
        if left.event.shipment_id not in order.shippings:
            one = side("inventory", "dispatched", _pieces(left.event), [left])
            place = order.place(shipment_id=left.event.shipment_id)
            yield Finding(Kind.DISPATCHED_NOT_SHIPPED, place, one, silent("order", "shipped"))


def shipped_not_dispatched(order: OrderStory) -> Findings:
    for said in order.all(OrderShipped):
        if said.event.shipment_id not in order.dispatches:
            one = side("order", "shipped", _pieces(said.event), [said])
            place = order.place(shipment_id=said.event.shipment_id)
            yield Finding(Kind.SHIPPED_NOT_DISPATCHED, place, one, silent("inventory", "dispatched"))


def shipped_otherwise(order: OrderStory) -> Findings:
    for shipment_id in order.dispatches.keys() & order.shippings.keys():
        left, said = order.dispatches[shipment_id], order.shippings[shipment_id]
        there = tallied(left, lambda event: quantities(event.lines))
        here = tallied(said, lambda event: quantities(event.lines))
        for line_id in there.keys() | here.keys():
            one, other = there.get(line_id, NONE), here.get(line_id, NONE)
            if one.amount != other.amount:
                place = order.place(shipment_id=shipment_id, line_id=line_id)
                dispatched = side("inventory", "dispatched", plain(one.amount), left)
                shipped = side("order", "shipped", plain(other.amount), said)
                yield Finding(Kind.SHIPPED_OTHERWISE, place, dispatched, shipped)


def arrived_not_delivered(order: OrderStory) -> Findings:
    for shipment_id in order.arrivals.keys() - order.deliveries.keys():
        one = side("inventory", "arrived", "delivered", order.arrivals[shipment_id])
        place = order.place(shipment_id=shipment_id)
        yield Finding(Kind.ARRIVED_NOT_DELIVERED, place, one, silent("order", "delivered"))


def delivered_not_arrived(order: OrderStory) -> Findings:
    for shipment_id in order.deliveries.keys() - order.arrivals.keys():
        one = side("order", "delivered", "delivered", order.deliveries[shipment_id])
        place = order.place(shipment_id=shipment_id)
        yield Finding(Kind.DELIVERED_NOT_ARRIVED, place, one, silent("inventory", "arrived"))


def _pieces(event: ShipmentDispatched | OrderShipped) -> str:
    return plain(sum((line.quantity.value for line in event.lines), ZERO))
