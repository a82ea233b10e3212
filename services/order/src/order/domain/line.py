"""A line of an order and where its quantity is. Quantity moves between states and is never made or lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from contracts.errors import Refused
from contracts.ids import LineId, PurchaseOrderId
from contracts.lines import LineQuantity, OrderLine
from contracts.values import Money, Quantity
from order.domain.supply import Supplies, Supply

State = Literal["pending", "asked", "backordered", "reserved", "picking", "shipped", "cancelled"]
CALLED_BACK_IN: tuple[State, ...] = ("asked", "backordered", "reserved", "picking")
"""From which states inventory gives back, in its order: what costs the least work first."""

NOTHING = Decimal(0)


class NotThatMuch(Refused):
    """No more can leave a state than is in it."""


class LineInAnotherUnit(Refused):
    """A line is in the unit in which its item is counted."""


@dataclass(eq=False, kw_only=True)
class LineProgress:
    """Where the ordered quantity of one line is.

    `ordered = pending + asked + backordered + reserved + picking + shipped + cancelled`, always:
    pending is not yet asked of inventory, asked is not yet answered, picking is on its way through the warehouse.
    """

    line: OrderLine
    pending: Decimal = NOTHING
    asked: Decimal = NOTHING
    backordered: Decimal = NOTHING
    reserved: Decimal = NOTHING
    picking: Decimal = NOTHING
    shipped: Decimal = NOTHING
    cancelled: Decimal = NOTHING
    promised_on: date | None = None
    supplies: Supplies = field(default_factory=dict[PurchaseOrderId, Supply])

    @staticmethod
    def of(line: OrderLine) -> LineProgress:
        return LineProgress(line=line, pending=line.quantity.value)

    @property
    def line_id(self) -> LineId:
        return self.line.line_id

    @property
    def ordered(self) -> Decimal:
        return self.line.quantity.value

    @property
    def open(self) -> Decimal:
        """What can still be shipped."""
        return self.waiting + self.reserved + self.picking

    @property
    def waiting(self) -> Decimal:
        """What no goods have been set aside for."""
        return self.pending + self.asked + self.backordered

    @property
    def last_supply_on(self) -> date | None:
        """The latest day of all supplies that are known."""
        return max((supply.expected_on for supply in self.supplies.values()), default=None)

    @property
    def is_supplied(self) -> bool:
        """All that is short has a supply."""
        return sum((supply.quantity for supply in self.supplies.values()), NOTHING) >= self.backordered

    @property
    def is_conserved(self) -> bool:
        return self.ordered == self.open + self.shipped + self.cancelled

    @property
    def remaining(self) -> Decimal:
        """What is shipped or can still be."""
        return self.ordered - self.cancelled

    def net_of(self, quantity: Decimal) -> Money:
        """What so much of the line costs without tax."""
        return self.line.unit_price.times(quantity)

    def inside(self, state: State) -> Decimal:
        found: Decimal = getattr(self, state)
        return found

    def move(self, quantity: Decimal, source: State, target: State) -> None:
        """Move a quantity from one state to another. Raises NotThatMuch."""
        if quantity < 0 or self.inside(source) < quantity:
            raise NotThatMuch(
                f"line {self.line_id} of {self.line.sku} has {self.inside(source)} {source}, not {quantity}"
            )
        setattr(self, source, self.inside(source) - quantity)
        setattr(self, target, self.inside(target) + quantity)
        if not self.waiting:
            self.supplies = {}

    def move_all(self, source: State, target: State) -> LineQuantity | None:
        """Move all that is in a state; returns what was moved, if anything."""
        quantity = self.inside(source)
        self.move(quantity, source, target)
        return self.as_quantity(quantity) if quantity else None

    def take(self, quantity: Decimal, sources: Sequence[State], target: State) -> None:
        """Move a quantity out of the first of these states, what is not there out of the next. Raises NotThatMuch."""
        there = sum((self.inside(source) for source in sources), NOTHING)
        if there < quantity:
            raise NotThatMuch(
                f"line {self.line_id} of {self.line.sku} has {there} {' or '.join(sources)}, not {quantity}"
            )
        for source in sources:
            part = min(quantity, self.inside(source))
            self.move(part, source, target)
            quantity -= part

    def run_short(self, quantity: Decimal) -> None:
        """So much of what was asked for is not there. Raises NotThatMuch.

        Goods for an older back-order may have been taken for the answer to a newer request: then the newer one waits
        in its place already.
        """
        part = min(quantity, self.asked)
        if self.backordered < quantity - part:
            raise NotThatMuch(f"line {self.line_id} of {self.line.sku} has {self.asked} asked, not {quantity}")
        self.move(part, "asked", "backordered")

    def still_to_come(self) -> Supplies:
        """Its supplies, none of more than the line waits for: what has arrived is not told by purchase."""
        return {
            purchase: replace(supply, quantity=min(supply.quantity, self.waiting))
            for purchase, supply in self.supplies.items()
        }

    def call_back(self, quantity: Decimal, *, forget: bool) -> None:
        """Cancel what inventory gave back, or forget that it was ordered. Raises NotThatMuch."""
        self.take(quantity, CALLED_BACK_IN, "cancelled")
        if forget:
            self.cancelled -= quantity
            self._order(self.ordered - quantity)

    def resize(self, ordered: Decimal) -> None:
        """Order more, or less as far as nobody has been asked for it yet."""
        change = max(ordered - self.ordered, -self.pending)
        self.pending += change
        self._order(self.ordered + change)

    def _order(self, quantity: Decimal) -> None:
        unit = self.line.quantity.unit
        self.line = self.line.model_copy(update={"quantity": Quantity(value=quantity, unit=unit)})

    def as_quantity(self, quantity: Decimal) -> LineQuantity:
        unit = self.line.quantity.unit
        return LineQuantity(
            line_id=self.line_id, item_id=self.line.item_id, quantity=Quantity(value=quantity, unit=unit)
        )
