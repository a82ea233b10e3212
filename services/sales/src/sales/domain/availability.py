"""Availability: what inventory can still promise. Our copy, to look at while quoting; it reserves nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from contracts.ids import ItemId
from contracts.inventory import AvailabilityChanged
from contracts.lines import Line
from contracts.values import Quantity


@dataclass(eq=False, kw_only=True)
class Availability:
    """The newest that inventory told about an item, over all warehouses."""

    item_id: ItemId
    on_hand: Quantity
    reserved: Quantity
    quarantined: Quantity
    available: Quantity

    @staticmethod
    def of(changed: AvailabilityChanged) -> Availability:
        return Availability(
            item_id=changed.item_id,
            on_hand=changed.on_hand,
            reserved=changed.reserved,
            quarantined=changed.quarantined,
            available=changed.available,
        )


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """So many of an item that an offer names are not there to be promised now."""

    item_id: ItemId
    quantity: Quantity


def shortages(
    lines: Iterable[Line], stock: Mapping[ItemId, Availability], services: Collection[ItemId] = ()
) -> tuple[Shortage, ...]:
    """What would have to be bought for these lines, item by item. A warning, never a refusal.

    Lines of the same item draw on the same stock. Of an item never heard of there is none. Services are never short.
    """
    wanted: dict[ItemId, Quantity] = {}
    for line in lines:
        if line.item_id not in services:
            wanted[line.item_id] = wanted.get(line.item_id, Quantity.zero(line.quantity.unit)) + line.quantity
    short = {item_id: _short(quantity, stock.get(item_id)) for item_id, quantity in wanted.items()}
    return tuple(Shortage(item_id=item_id, quantity=each) for item_id, each in short.items() if each.is_positive)


def _short(wanted: Quantity, known: Availability | None) -> Quantity:
    return wanted if known is None or not known.available.is_positive else wanted - known.available
