"""From what a customer names (an order line, a serial) to the item and the lots that it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from contracts.errors import Refused
from contracts.ids import CustomerId, ItemId, LineId, LotId, OrderId
from service.domain.shipped import ShippedUnit


class OrderLineOfAnotherCustomer(Refused):
    """A customer's case is about the customer's own order lines."""


class OrderLineOnAnotherOrder(Refused):
    """The line that a case names is a line of the order that it names."""


class OrderLineOfAnotherItem(Refused):
    """The item that a case names is the one that its order line asks for."""


class SerialNotOnOrderLine(Refused):
    """Where a line was shipped by serial number, the serial that a case names is one of those."""


class SerialNotUnique(Refused):
    """A serial number is unique for one item only: when two items carry it, the case says which it is about."""


@dataclass(frozen=True, kw_only=True)
class About:
    """What a case is about. The customer names some of it; the rest is found by what was shipped."""

    order_id: OrderId | None = None
    line_id: LineId | None = None
    item_id: ItemId | None = None
    lot_ids: tuple[LotId, ...] = ()
    serial: str | None = None


def traced(about: About, customer_id: CustomerId, shipped: Iterable[ShippedUnit]) -> About:
    """The same with item and lots, as far as anything shipped tells them; otherwise as it was named.

    `shipped` are the units of the line named, or else those that carry the serial named; others do no harm.
    """
    if about.line_id is not None:
        return _traced_by_line(about, customer_id, [unit for unit in shipped if unit.line_id == about.line_id])
    if about.serial is not None:
        return _traced_by_serial(about, customer_id, [unit for unit in shipped if about.serial in unit.serials])
    return about


def _traced_by_line(about: About, customer_id: CustomerId, units: list[ShippedUnit]) -> About:
    if not units:
        return about
    if units[0].customer_id != customer_id:
        raise OrderLineOfAnotherCustomer("this order line is not one of the customer's; name another line")
    if about.order_id not in (None, units[0].order_id):
        raise OrderLineOnAnotherOrder(f"the line is on order {units[0].order_id}; name this order or none")
    if about.item_id not in (None, units[0].item_id):
        raise OrderLineOfAnotherItem(f"the line is about item {units[0].item_id}; name this item or none")
    return _found_in(about, _with_serial(about.serial, units))


def _with_serial(serial: str | None, units: list[ShippedUnit]) -> list[ShippedUnit]:
    if serial is None or not any(unit.serials for unit in units):
        return units
    carriers = [unit for unit in units if serial in unit.serials]
    if not carriers:
        raise SerialNotOnOrderLine(f"serial {serial} was not shipped on this order line; check both")
    return carriers


def _traced_by_serial(about: About, customer_id: CustomerId, units: list[ShippedUnit]) -> About:
    """Goods are sold on: a serial that we shipped to somebody else tells item and lot, but not the other's order."""
    units = [unit for unit in units if about.item_id in (None, unit.item_id)]
    own = [unit for unit in units if unit.customer_id == customer_id and about.order_id in (None, unit.order_id)]
    carriers = own or units
    if len({unit.item_id for unit in carriers}) > 1:
        raise SerialNotUnique(f"serial {about.serial} belongs to more than one item; name the item, too")
    if not carriers:
        return about
    newest = max(carriers, key=lambda unit: unit.shipped_at)
    return (
        _found_in(about, [newest])
        if own
        else replace(_found_in(about, [newest]), order_id=about.order_id, line_id=None)
    )


def _found_in(about: About, units: list[ShippedUnit]) -> About:
    lots = dict.fromkeys(unit.lot_id for unit in units if unit.lot_id is not None)
    return replace(
        about,
        order_id=units[0].order_id,
        line_id=units[0].line_id,
        item_id=units[0].item_id,
        lot_ids=tuple(lots),
    )
