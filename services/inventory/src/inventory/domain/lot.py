"""Lots: goods that came in together, and stay known until the last of them is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from contracts.errors import Refused
from contracts.ids import ItemId, LotId, NonconformanceId, WarehouseId, new_id
from contracts.inventory import LotQuarantined, LotReleased, StockAdjusted
from contracts.lines import LotQuantity
from contracts.quality import Disposition
from contracts.values import Money, Quantity
from inventory.domain.quantities import must_be_positive


class LotStatus(StrEnum):
    RELEASED = "released"
    """Something of it may be picked."""
    QUARANTINED = "quarantined"
    """Something is there, but nothing may be picked."""
    DEPLETED = "depleted"
    """Nothing is there."""


class LotNotReleased(Refused):
    """Only what is there and not quarantined is picked."""


class LotIsQuarantined(Refused):
    """A lot that waits for its disposition is not counted up: what was found would slip past the quarantine."""


class MoreThanQuarantined(Refused):
    """A disposition covers what is quarantined, not more."""


class SerialsNotNamed(Refused):
    """Whoever moves goods with serial numbers names them, one a piece."""


class SerialNotInLot(Refused):
    """A serial number leaves only the lot that it came with, and once."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What was taken out of a lot, and what it had cost."""

    lot_id: LotId
    lot_number: str
    item_id: ItemId
    warehouse_id: WarehouseId
    quantity: Quantity
    cost: Money
    serials: tuple[str, ...] = ()

    @property
    def told(self) -> LotQuantity:
        return LotQuantity(lot_id=self.lot_id, lot_number=self.lot_number, quantity=self.quantity, serials=self.serials)


@dataclass(eq=False, kw_only=True)
class Lot:
    """So many of an item from one receipt; every piece in stock belongs to one lot.

    `value` is what the goods on hand have cost: the last piece takes the cents that rounding left, so the costs of all
    that leaves add up to the cost of what came in. `serials` are those that may still be here; there can be more of
    them than goods when pieces were lost or scrapped and nobody said which.
    """

    item_id: ItemId
    warehouse_id: WarehouseId
    number: str
    received_on: date
    on_hand: Quantity
    unit_cost: Money
    value: Money
    quarantined: Quantity
    serials: tuple[str, ...] = ()
    origin_lot_id: LotId | None = None
    """The lot that came in, when this is the part of it that was moved to another warehouse."""
    lot_id: LotId = field(default_factory=lambda: LotId(new_id()))
    version: int = 0

    @property
    def usable(self) -> Quantity:
        return self.on_hand - self.quarantined

    @property
    def status(self) -> LotStatus:
        if not self.on_hand:
            return LotStatus.DEPLETED
        return LotStatus.RELEASED if self.usable else LotStatus.QUARANTINED

    def must_give(self, quantity: Quantity, serials: Sequence[str] = ()) -> None:
        """The rule for what may be taken; `take` asks it too."""
        must_be_positive(quantity)
        if quantity > self.usable:
            raise LotNotReleased(f"lot {self.number} has {self.usable} to pick, not {quantity}; take another lot")
        self._must_know(serials)
        if self.serials and len(serials) != quantity.value:
            raise SerialsNotNamed(f"name the {quantity} serials that leave lot {self.number}")

    def take(self, quantity: Quantity, serials: Sequence[str] = ()) -> Taken:
        """Goods leave the house."""
        self.must_give(quantity, serials)
        return self._remove(quantity, serials)

    def move(
        self, quantity: Quantity, warehouse_id: WarehouseId, reason: str, serials: Sequence[str] = ()
    ) -> tuple[StockAdjusted, StockAdjusted, Lot]:
        """So much of it goes to another warehouse, as a lot of its own there that keeps number, age and cost.

        Less here and more there: the two adjustments cancel each other out.
        """
        self.must_give(quantity, serials)
        gone = self._remove(quantity, serials)
        arrived = Lot(
            item_id=self.item_id,
            warehouse_id=warehouse_id,
            number=self.number,
            received_on=self.received_on,
            on_hand=quantity,
            unit_cost=self.unit_cost,
            value=gone.cost,
            quarantined=Quantity.zero(quantity.unit),
            serials=gone.serials,
            origin_lot_id=self.origin_lot_id or self.lot_id,
        )
        less = self._adjusted(_minus(quantity), -gone.cost, reason)
        return less, arrived._adjusted(quantity, gone.cost, reason), arrived

    def quarantine(self, reason: str, nonconformance_id: NonconformanceId | None = None) -> LotQuarantined:
        """Nothing of it may be promised or picked.

        The event answers how much this set aside: zero when nothing was left.
        """
        set_aside = self.usable
        self.quarantined += set_aside
        return LotQuarantined(
            lot_id=self.lot_id,
            item_id=self.item_id,
            lot_number=self.number,
            quantity=set_aside,
            nonconformance_id=nonconformance_id,
            reason=reason,
        )

    def release(
        self, quantity: Quantity, reason: str, nonconformance_id: NonconformanceId | None = None
    ) -> LotReleased:
        """So much of it is good and may be used again."""
        self._must_be_quarantined(quantity)
        self.quarantined -= quantity
        return LotReleased(
            lot_id=self.lot_id,
            item_id=self.item_id,
            lot_number=self.number,
            quantity=quantity,
            nonconformance_id=nonconformance_id,
            reason=reason,
        )

    def scrap(
        self,
        quantity: Quantity,
        reason: str,
        nonconformance_id: NonconformanceId | None = None,
        serials: Sequence[str] = (),
    ) -> StockAdjusted:
        """So much of it is thrown away or sent back to the supplier."""
        self._must_be_quarantined(quantity)
        self._must_know(serials)
        self.quarantined -= quantity
        gone = self._remove(quantity, serials)
        return self._adjusted(_minus(quantity), -gone.cost, reason, nonconformance_id)

    def dispose(
        self,
        disposition: Disposition,
        quantity: Quantity,
        reason: str,
        nonconformance_id: NonconformanceId | None = None,
        serials: Sequence[str] = (),
    ) -> LotReleased | StockAdjusted:
        """What quality decided: used, reworked and repaired goods are good again, the others are gone."""
        if disposition in ("scrap", "return_to_supplier"):
            return self.scrap(quantity, reason, nonconformance_id, serials)
        return self.release(quantity, reason, nonconformance_id)

    def lose(self, quantity: Quantity, reason: str, serials: Sequence[str] = ()) -> StockAdjusted:
        """Less is there than we knew of. Serials are named when it is known which."""
        must_be_positive(quantity)
        if quantity > self.usable:
            raise LotNotReleased(f"lot {self.number} has {self.usable} that can be lost, not {quantity}")
        self._must_know(serials)
        gone = self._remove(quantity, serials)
        return self._adjusted(_minus(quantity), -gone.cost, reason)

    def find(self, quantity: Quantity, reason: str, serials: Sequence[str] = ()) -> StockAdjusted:
        """More is there than we knew of; it is worth what the lot had cost per unit."""
        must_be_positive(quantity)
        if self.quarantined:
            raise LotIsQuarantined(f"lot {self.number} waits for its disposition; count it afterwards")
        if self.serials and len(serials) != quantity.value:
            raise SerialsNotNamed(f"name the {quantity} serials that were found of lot {self.number}")
        worth = self.unit_cost.times(quantity.value)
        self.on_hand += quantity
        self.value += worth
        self.serials += tuple(serial for serial in serials if serial not in self.serials)
        return self._adjusted(quantity, worth, reason)

    def _remove(self, quantity: Quantity, serials: Sequence[str]) -> Taken:
        cost = self._cost_of(quantity)
        self.on_hand -= quantity
        self.value -= cost
        self.serials = tuple(serial for serial in self.serials if serial not in serials) if self.on_hand else ()
        return Taken(
            lot_id=self.lot_id,
            lot_number=self.number,
            item_id=self.item_id,
            warehouse_id=self.warehouse_id,
            quantity=quantity,
            cost=cost,
            serials=tuple(serials),
        )

    def _cost_of(self, quantity: Quantity) -> Money:
        """The last goods take what rounding left."""
        if quantity == self.on_hand:
            return self.value
        return min(self.unit_cost.times(quantity.value), self.value)

    def _must_know(self, serials: Sequence[str]) -> None:
        unknown = [serial for serial in serials if serial not in self.serials]
        if unknown or len(set(serials)) != len(serials):
            named = ", ".join(unknown or serials)
            raise SerialNotInLot(f"not once each in lot {self.number}: {named}; name the serials that are there")

    def _must_be_quarantined(self, quantity: Quantity) -> None:
        must_be_positive(quantity)
        if quantity > self.quarantined:
            raise MoreThanQuarantined(f"lot {self.number} has {self.quarantined} in quarantine, not {quantity}")

    def _adjusted(
        self,
        quantity: Quantity,
        cost: Money,
        reason: str,
        nonconformance_id: NonconformanceId | None = None,
    ) -> StockAdjusted:
        return StockAdjusted(
            item_id=self.item_id,
            warehouse_id=self.warehouse_id,
            lot_id=self.lot_id,
            quantity=quantity,
            cost=cost,
            reason=reason,
            nonconformance_id=nonconformance_id,
        )


def _minus(quantity: Quantity) -> Quantity:
    return Quantity.zero(quantity.unit) - quantity
