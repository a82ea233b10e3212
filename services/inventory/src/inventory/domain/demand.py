"""Demand: what one order wants of us, and where each piece of it stands."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import CustomerId, ItemId, LineId, OrderId, WarehouseId
from contracts.inventory import Backorder, StockBackordered, StockReserved
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.quantities import must_be_positive, of_line, per_line, total


class LineNotDemanded(NotFound):
    """The order never asked us for this line."""


class LineIsForAnotherItem(Malformed):
    """An order line is about one item for as long as it lives."""


class AnswerDoesNotAddUp(Refused):
    """Every piece that was asked for is either set aside or short, never both and never neither."""


class MoreThanBackordered(Refused):
    """Only what waits for goods is filled when they come."""


class MoreThanPlanned(Refused):
    """Only what is planned in a shipment leaves the house or is called back from it."""


@dataclass(eq=False, kw_only=True)
class Holding:
    """What one warehouse keeps for an order line: `reserved`, or `planned` once it is in a shipment that has not left.

    Both count as reserved in the stock level of the warehouse.
    """

    warehouse_id: WarehouseId
    reserved: Quantity
    planned: Quantity


@dataclass(eq=False, kw_only=True)
class DemandLine:
    """requested = reserved + planned + backordered + shipped + released, always. A service is not `stocked`."""

    line_id: LineId
    item_id: ItemId
    stocked: bool = True
    requested: Quantity
    backordered: Quantity
    shipped: Quantity
    released: Quantity
    holdings: list[Holding] = field(default_factory=list[Holding])

    @property
    def unit(self) -> str:
        return self.requested.unit

    @property
    def reserved(self) -> Quantity:
        return total((holding.reserved for holding in self.holdings), self.unit)

    @property
    def planned(self) -> Quantity:
        return total((holding.planned for holding in self.holdings), self.unit)

    @property
    def adds_up(self) -> bool:
        parts = (self.reserved, self.planned, self.backordered, self.shipped, self.released)
        return self.requested == total(parts, self.unit)

    def in_warehouse(self, warehouse_id: WarehouseId) -> Holding:
        """The holding there; an empty one is made when there is none."""
        for holding in self.holdings:
            if holding.warehouse_id == warehouse_id:
                return holding
        holding = Holding(
            warehouse_id=warehouse_id, reserved=Quantity.zero(self.unit), planned=Quantity.zero(self.unit)
        )
        self.holdings.append(holding)
        return holding

    def drop_backordered(self, up_to: Quantity) -> Quantity:
        """Take back what still waits; the caller says where it goes."""
        dropped = min(up_to, self.backordered)
        self.backordered -= dropped
        return dropped

    def drop_reserved(self, up_to: Quantity, warehouse_id: WarehouseId | None = None) -> tuple[ReservedLine, ...]:
        """Take back reservations (of one warehouse, or of any); the caller says where they go."""
        dropped: list[ReservedLine] = []
        for holding in self.holdings:
            part = min(up_to, holding.reserved)
            if part.is_positive and warehouse_id in (None, holding.warehouse_id):
                holding.reserved -= part
                up_to -= part
                dropped.append(self.of(part, holding.warehouse_id))
        return tuple(dropped)

    def drop_planned(self, quantity: Quantity, warehouse_id: WarehouseId) -> ReservedLine:
        """Take back what was planned in a shipment; the caller says where it goes."""
        holding = self.in_warehouse(warehouse_id)
        if quantity > holding.planned:
            raise MoreThanPlanned(f"{holding.planned} of the line is planned in this warehouse, not {quantity}")
        holding.planned -= quantity
        return self.of(quantity, warehouse_id)

    def of(self, quantity: Quantity, warehouse_id: WarehouseId) -> ReservedLine:
        """So many of this line, in that warehouse."""
        return ReservedLine(line_id=self.line_id, item_id=self.item_id, quantity=quantity, warehouse_id=warehouse_id)


@dataclass(eq=False, kw_only=True)
class Demand:
    """The one aggregate per order; `requested_at` is when we first heard of it, and decides who is served first."""

    order_id: OrderId
    customer_id: CustomerId
    requested_at: datetime
    lines: list[DemandLine] = field(default_factory=list[DemandLine])
    version: int = 0

    def line(self, line_id: LineId) -> DemandLine:
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise LineNotDemanded(f"order {self.order_id} never asked for line {line_id}; request stock for it first")

    def knows(self, line_id: LineId) -> bool:
        return any(line.line_id == line_id for line in self.lines)

    def request(
        self,
        wanted: Sequence[LineQuantity],
        reserved: Sequence[ReservedLine],
        short: Sequence[Backorder] = (),
        services: Collection[ItemId] = (),
    ) -> tuple[StockReserved | StockBackordered, ...]:
        """The order asks for these lines, or for more of them; `reserved` and `short` answer for each piece."""
        self._must_answer(wanted, reserved, short)
        for part in wanted:
            self._line_for(part, services).requested += part.quantity
        for part in short:
            self.line(part.line_id).backordered += part.quantity
        self._hold(reserved)
        return self._answer(reserved, short)

    def fill(self, granted: Sequence[ReservedLine]) -> StockReserved:
        """Goods came in: what waited is set aside."""
        for part in granted:
            must_be_positive(part.quantity)
            if of_line(granted, part) > self.line(part.line_id).backordered:
                raise MoreThanBackordered(f"{self.line(part.line_id).backordered} waits, not {of_line(granted, part)}")
        for part in granted:
            self.line(part.line_id).backordered -= part.quantity
        self._hold(granted)
        return StockReserved(order_id=self.order_id, lines=tuple(granted))

    def plan(self, wanted: Sequence[LineQuantity]) -> tuple[ReservedLine, ...]:
        """Move what is reserved into shipments, up to these quantities; what was withdrawn meanwhile is left out."""
        lines = [(self._asked(part), part.quantity) for part in wanted]
        planned: list[ReservedLine] = []
        for line, quantity in lines:
            for taken in line.drop_reserved(quantity):
                line.in_warehouse(taken.warehouse_id).planned += taken.quantity
                planned.append(taken)
        return tuple(planned)

    def ship(self, parts: Sequence[ReservedLine]) -> None:
        """A shipment with these lines left the house."""
        leaving = per_line(parts)
        for part in parts:
            planned = self.line(part.line_id).in_warehouse(part.warehouse_id).planned
            if leaving[part.line_id] > planned:
                raise MoreThanPlanned(f"{planned} of the line is planned in this warehouse, not {part.quantity}")
        for part in parts:
            line = self.line(part.line_id)
            line.shipped += line.drop_planned(part.quantity, part.warehouse_id).quantity

    def _asked(self, part: LineQuantity) -> DemandLine:
        must_be_positive(part.quantity)
        return self.line(part.line_id)

    def _hold(self, parts: Iterable[ReservedLine]) -> None:
        for part in parts:
            self.line(part.line_id).in_warehouse(part.warehouse_id).reserved += part.quantity

    def _line_for(self, part: LineQuantity, services: Collection[ItemId]) -> DemandLine:
        if self.knows(part.line_id):
            return self.line(part.line_id)
        zero = Quantity.zero(part.quantity.unit)
        line = DemandLine(
            line_id=part.line_id,
            item_id=part.item_id,
            stocked=part.item_id not in services,
            requested=zero,
            backordered=zero,
            shipped=zero,
            released=zero,
        )
        self.lines.append(line)
        return line

    def _must_answer(
        self, wanted: Sequence[LineQuantity], reserved: Sequence[ReservedLine], short: Sequence[Backorder]
    ) -> None:
        items = {line.line_id: line.item_id for line in self.lines}
        asked, answered = per_line(wanted), per_line((*reserved, *short))
        for part in wanted:
            must_be_positive(part.quantity)
            if items.get(part.line_id, part.item_id) != part.item_id:
                raise LineIsForAnotherItem(f"line {part.line_id} is about item {items[part.line_id]}")
            if asked[part.line_id] != answered.get(part.line_id):
                raise AnswerDoesNotAddUp(f"line {part.line_id}: answer for exactly {asked[part.line_id]}")
        if answered.keys() - asked.keys():
            raise AnswerDoesNotAddUp("the answer names a line that was not asked for; leave it out")

    def _answer(
        self, reserved: Sequence[ReservedLine], short: Sequence[Backorder]
    ) -> tuple[StockReserved | StockBackordered, ...]:
        answers: list[StockReserved | StockBackordered] = []
        if reserved:
            answers.append(StockReserved(order_id=self.order_id, lines=tuple(reserved)))
        if short:
            answers.append(StockBackordered(order_id=self.order_id, lines=tuple(short)))
        return tuple(answers)
