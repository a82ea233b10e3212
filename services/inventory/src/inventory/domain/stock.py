"""Stock of an item in a warehouse, and what of it may still be promised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.errors import Refused
from contracts.ids import ItemId, WarehouseId
from contracts.inventory import AvailabilityChanged
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import PIECE, Quantity, UnlikeUnits
from inventory.domain.quantities import must_be_positive, total


class StockNotAvailable(Refused):
    """What is reserved or quarantined is not there for anybody else."""


class StockNotReserved(Refused):
    """Only what is reserved is given back or leaves the house."""


class StockNotQuarantined(Refused):
    """Only what is quarantined is cleared or scrapped."""


@dataclass(eq=False, kw_only=True)
class StockLevel:
    """available = on_hand - reserved - quarantined, and never below zero.

    on_hand is the sum of the movements, reserved the sum of what demands hold here, quarantined the sum of the lots'.
    Under concurrency the database decides, by one conditional update that says the same:
    `SET reserved = reserved + :q WHERE on_hand - reserved - quarantined >= :q`; no row changed means refused.
    """

    item_id: ItemId
    warehouse_id: WarehouseId
    on_hand: Quantity
    reserved: Quantity
    quarantined: Quantity

    @property
    def available(self) -> Quantity:
        if not self.on_hand.unit == self.reserved.unit == self.quarantined.unit:
            raise UnlikeUnits(f"{self.on_hand}, {self.reserved} and {self.quarantined} are in different units")
        free = self.on_hand.value - self.reserved.value - self.quarantined.value
        return Quantity(value=free, unit=self.on_hand.unit)

    def shortfall(self, quantity: Quantity) -> Quantity:
        """How much has to be withdrawn from reservations before this can be set aside or lost."""
        return max(quantity - self.available, Quantity.zero(quantity.unit))

    def receive(self, quantity: Quantity) -> None:
        """Goods came in, or more were found than we knew of."""
        must_be_positive(quantity)
        self.on_hand += quantity

    def reserve(self, quantity: Quantity) -> None:
        """Set aside for an order."""
        self._must_be_available(quantity)
        self.reserved += quantity

    def release(self, quantity: Quantity) -> None:
        """An order gives back what was set aside for it."""
        self._must_be_reserved(quantity)
        self.reserved -= quantity

    def issue(self, quantity: Quantity) -> None:
        """What was reserved leaves the house."""
        self._must_be_reserved(quantity)
        self.reserved -= quantity
        self.on_hand -= quantity

    def lose(self, quantity: Quantity) -> None:
        """Less was found than we knew of."""
        self._must_be_available(quantity)
        self.on_hand -= quantity

    def quarantine(self, quantity: Quantity) -> None:
        """Still here, but nobody may have it; reservations that exceed the rest are withdrawn before."""
        self._must_be_available(quantity)
        self.quarantined += quantity

    def clear(self, quantity: Quantity) -> None:
        """Out of quarantine, and good."""
        self._must_be_quarantined(quantity)
        self.quarantined -= quantity

    def scrap(self, quantity: Quantity) -> None:
        """Out of quarantine, and gone."""
        self._must_be_quarantined(quantity)
        self.quarantined -= quantity
        self.on_hand -= quantity

    def _must_be_available(self, quantity: Quantity) -> None:
        must_be_positive(quantity)
        if quantity > self.available:
            raise StockNotAvailable(f"{quantity} wanted, {self.available} available; take less or wait for goods")

    def _must_be_reserved(self, quantity: Quantity) -> None:
        must_be_positive(quantity)
        if quantity > self.reserved:
            raise StockNotReserved(f"{quantity} wanted, {self.reserved} reserved; take no more than that")

    def _must_be_quarantined(self, quantity: Quantity) -> None:
        must_be_positive(quantity)
        if quantity > self.quarantined:
            raise StockNotQuarantined(f"{quantity} wanted, {self.quarantined} quarantined; take no more than that")


def empty_level(item_id: ItemId, warehouse_id: WarehouseId, unit: str = PIECE) -> StockLevel:
    """The level of an item before its first movement in a warehouse."""
    zero = Quantity.zero(unit)
    return StockLevel(item_id=item_id, warehouse_id=warehouse_id, on_hand=zero, reserved=zero, quarantined=zero)


def plan_reservation(wanted: Iterable[LineQuantity], levels: Sequence[StockLevel]) -> tuple[ReservedLine, ...]:
    """What to set aside for each line, out of levels that come in the order of the warehouses' priority.

    A line may be filled in part and from several warehouses. The levels stay as they are: the plan is a proposal,
    the conditional update decides.
    """
    free: dict[ItemId, dict[WarehouseId, Quantity]] = {}
    for level in levels:
        free.setdefault(level.item_id, {})[level.warehouse_id] = level.available
    plan: list[ReservedLine] = []
    for line in wanted:
        missing, places = line.quantity, free.get(line.item_id, {})
        for warehouse_id, left in places.items():
            part = min(missing, left)
            if part.is_positive:
                plan.append(_set_aside(line, warehouse_id, part))
                places[warehouse_id] = left - part
                missing -= part
    return tuple(plan)


def serve(wanted: Iterable[LineQuantity], warehouse_id: WarehouseId) -> tuple[ReservedLine, ...]:
    """Services need no stock and are always there; they travel with the goods of this warehouse."""
    return tuple(_set_aside(line, warehouse_id, line.quantity) for line in wanted)


def availability_of(item_id: ItemId, levels: Iterable[StockLevel], unit: str = PIECE) -> AvailabilityChanged:
    """What can be promised of the item over all warehouses."""
    own = [level for level in levels if level.item_id == item_id]
    return AvailabilityChanged(
        item_id=item_id,
        on_hand=total((level.on_hand for level in own), unit),
        reserved=total((level.reserved for level in own), unit),
        quarantined=total((level.quarantined for level in own), unit),
        available=total((level.available for level in own), unit),
    )


def _set_aside(line: LineQuantity, warehouse_id: WarehouseId, quantity: Quantity) -> ReservedLine:
    return ReservedLine(line_id=line.line_id, item_id=line.item_id, quantity=quantity, warehouse_id=warehouse_id)
