"""Issuing: which lots the goods of a shipment come from."""

from collections.abc import Iterable, Sequence

from contracts.errors import Refused
from contracts.ids import LotId
from contracts.lines import ShippedLine
from contracts.values import Money, Quantity
from inventory.domain.lot import Lot, SerialsNotNamed, Taken
from inventory.domain.shipment import ShipmentLine

Choice = tuple[Lot, Quantity, tuple[str, ...]]
"""So much of this lot, and these serials."""


class LotsRunShort(Refused):
    """Goods leave out of released lots of their own warehouse only."""


class LotNotHere(Refused):
    """The packer names lots of this item in this warehouse."""


def issue(line: ShipmentLine, lots: Sequence[Lot]) -> tuple[Taken, ...]:
    """Take the line out of the lots that the packer named, or else out of the oldest; of a refused line nothing.

    `lots` are those of the item in the shipment's warehouse.
    """
    choice = _named(line, lots) if line.lots else _oldest(line, lots)
    for lot, quantity, serials in choice:
        lot.must_give(quantity, serials)
    return tuple(lot.take(quantity, serials) for lot, quantity, serials in choice)


def shipped_goods(line: ShipmentLine, taken: Sequence[Taken]) -> ShippedLine:
    """What left for the line, at what it had cost."""
    return ShippedLine(
        line_id=line.line_id,
        item_id=line.item_id,
        quantity=line.quantity,
        lots=tuple(part.told for part in taken),
        cost=Money.total((part.cost for part in taken), taken[0].cost.currency),
    )


def shipped_service(line: ShipmentLine, standard_cost: Money) -> ShippedLine:
    """A service comes from no lot; it costs what it usually costs."""
    return ShippedLine(
        line_id=line.line_id,
        item_id=line.item_id,
        quantity=line.quantity,
        cost=standard_cost.times(line.quantity.value),
    )


def _named(line: ShipmentLine, lots: Iterable[Lot]) -> list[Choice]:
    here = {lot.lot_id: lot for lot in lots}
    choice: dict[LotId, Choice] = {}
    for named in line.lots:
        lot = here.get(named.lot_id)
        if lot is None or lot.item_id != line.item_id:
            raise LotNotHere(f"lot {named.lot_number} is not a lot of this item here; name another")
        _, before, serials = choice.get(lot.lot_id, (lot, Quantity.zero(named.quantity.unit), ()))
        choice[lot.lot_id] = (lot, before + named.quantity, (*serials, *named.serials))
    return list(choice.values())


def _oldest(line: ShipmentLine, lots: Iterable[Lot]) -> list[Choice]:
    """First in, first out."""
    if line.tracked == "serial":
        raise SerialsNotNamed(f"line {line.line_id} is tracked by serial; pack it with its serials named")
    missing = line.quantity
    choice: list[Choice] = []
    own = (lot for lot in lots if lot.item_id == line.item_id)
    for lot in sorted(own, key=lambda lot: (lot.received_on, lot.lot_id)):
        part = min(missing, lot.usable)
        if part.is_positive:
            choice.append((lot, part, ()))
            missing -= part
    if missing:
        raise LotsRunShort(
            f"{missing} of line {line.line_id} are missing in released lots; pack less, or release a lot"
        )
    return choice
