"""Items: what we buy, keep or sell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from contracts.errors import Malformed, Refused
from contracts.ids import ItemId, new_id
from contracts.inventory import ItemKind, ItemRegistered
from contracts.values import PIECE, Money, Quantity
from inventory.domain.quantities import must_be_positive

Tracking = Literal["none", "lot", "serial"]


class ServiceIsNotTracked(Refused):
    """A service is never in stock, so it has neither lots nor serial numbers."""


class ServiceIsNotStocked(Refused):
    """A service is neither received, bought for stock nor counted."""


class SerialsCountPieces(Refused):
    """What has a serial number is counted in whole pieces."""


class CostIsNegative(Malformed):
    """A cost is zero or more."""


class CostInOtherCurrency(Malformed):
    """All costs of an item are in the currency of its standard cost, so that they add up."""


class LeadTimeIsNegative(Malformed):
    """Nobody delivers before the order."""


class WrongUnit(Malformed):
    """An item is counted in its own unit only."""


class SerialsDoNotMatch(Malformed):
    """An item tracked by serial names one serial a piece, each once; another item names none."""


class ItemHasNoSupplier(Refused):
    """Only what has a supplier is bought by itself."""


@dataclass(eq=False, kw_only=True)
class Item:
    """Goods or a service. Its unit never changes; `lead_days` is what the supplier usually needs."""

    sku: str
    description: str = ""
    kind: ItemKind = "goods"
    unit: str = PIECE
    standard_cost: Money
    tracked: Tracking = "none"
    supplier: str | None = None
    lead_days: int = 0
    item_id: ItemId = field(default_factory=lambda: ItemId(new_id()))
    version: int = 0

    @property
    def is_stocked(self) -> bool:
        """Goods are reserved from stock; a service is always there."""
        return self.kind == "goods"

    def register(self) -> ItemRegistered:
        """From now on it can be bought, kept and sold."""
        self._must_make_sense()
        return ItemRegistered(
            item_id=self.item_id,
            sku=self.sku,
            description=self.description,
            kind=self.kind,
            unit=self.unit,
            standard_cost=self.standard_cost,
            tracked=self.tracked,
        )

    def buy_from(self, supplier: str | None, lead_days: int = 0) -> None:
        """Shortages are bought there by themselves from now on; None means by hand."""
        _must_not_be_negative(lead_days)
        self.must_be_stocked()
        self.supplier, self.lead_days = supplier, lead_days

    def expected_on(self, today: date) -> date:
        """The day on which goods ordered today come in; refused when no supplier is known."""
        if self.supplier is None:
            raise ItemHasNoSupplier(f"{self.sku} has no supplier; name one or buy it by hand")
        return today + timedelta(days=self.lead_days)

    def must_be_stocked(self) -> None:
        if not self.is_stocked:
            raise ServiceIsNotStocked(f"{self.sku} is a service; leave it out")

    def must_count(self, quantity: Quantity) -> None:
        """The quantity is above zero, in the item's unit, and whole where serials are counted."""
        if quantity.unit != self.unit:
            raise WrongUnit(f"{self.sku} is counted in {self.unit}, not in {quantity.unit}")
        must_be_positive(quantity)
        if self.tracked == "serial" and quantity.value % 1:
            raise SerialsCountPieces(f"{self.sku} has serial numbers; {quantity} is not whole")

    def must_cost(self, cost: Money) -> None:
        """The cost is zero or more, in the currency of the standard cost."""
        if cost.currency != self.standard_cost.currency:
            raise CostInOtherCurrency(f"{self.sku} is valued in {self.standard_cost.currency}; convert {cost}")
        if cost.is_negative:
            raise CostIsNegative(f"{self.sku} cannot cost {cost}")

    def must_match(self, serials: Sequence[str], quantity: Quantity) -> None:
        """One serial a piece where serials are tracked, none elsewhere."""
        expected = int(quantity.value) if self.tracked == "serial" else 0
        if len(serials) != expected or len(set(serials)) != expected:
            raise SerialsDoNotMatch(f"{self.sku} needs {expected} different serials for {quantity}, not {len(serials)}")

    def _must_make_sense(self) -> None:
        _must_not_be_negative(self.lead_days)
        self.must_cost(self.standard_cost)
        if self.tracked != "none" and not self.is_stocked:
            raise ServiceIsNotTracked(f"{self.sku} is a service; register it with tracked none")
        if self.supplier is not None:
            self.must_be_stocked()
        if self.tracked == "serial" and self.unit != PIECE:
            raise SerialsCountPieces(f"{self.sku} has serial numbers; count it in {PIECE}")


def _must_not_be_negative(lead_days: int) -> None:
    if lead_days < 0:
        raise LeadTimeIsNegative(f"{lead_days} days are not possible; name zero or more")
