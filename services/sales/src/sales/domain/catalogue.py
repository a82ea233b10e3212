"""The catalogue: what we can offer. Inventory owns the items; this is our copy."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from contracts.errors import Malformed
from contracts.ids import ItemId
from contracts.inventory import ItemKind, ItemRegistered
from contracts.lines import Line
from contracts.values import Money, Quantity


class OtherUnit(Malformed):
    """An item is offered in the unit in which it is kept."""


@dataclass(eq=False, kw_only=True)
class CatalogueEntry:
    """An item as it is offered. A service needs no stock and is never short."""

    item_id: ItemId
    sku: str
    description: str
    kind: ItemKind
    unit: str
    standard_cost: Money

    @staticmethod
    def of(registered: ItemRegistered) -> CatalogueEntry:
        """The copy of an item; a later event about the same item takes its place."""
        return CatalogueEntry(
            item_id=registered.item_id,
            sku=registered.sku,
            description=registered.description,
            kind=registered.kind,
            unit=registered.unit,
            standard_cost=registered.standard_cost,
        )

    def line(self, quantity: Quantity, unit_price: Money, tax_percent: Decimal = Decimal(0)) -> Line:
        """A line of an offer: from here on its words and its price stand, whatever becomes of the item."""
        if quantity.unit != self.unit:
            raise OtherUnit(f"{self.sku} is counted in {self.unit}, not in {quantity.unit}")
        return Line(
            item_id=self.item_id,
            sku=self.sku,
            description=self.description,
            quantity=quantity,
            unit_price=unit_price,
            tax_percent=tax_percent,
        )
