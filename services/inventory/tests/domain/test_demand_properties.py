from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts.ids import CustomerId, ItemId, LineId, OrderId, ReleaseId, WarehouseId, new_id
from contracts.inventory import Backorder
from contracts.lines import LineQuantity, ReservedLine
from contracts.values import Quantity
from inventory.domain.demand import Demand
from inventory.domain.giving_back import give_back, withdraw
from inventory.domain.quantities import total
from inventory.domain.shipment import IN_THE_HOUSE, Shipment, ShipmentStatus, shipments_for

ITEM = ItemId(new_id())
LINES = [LineId(new_id()) for _ in range(2)]
WAREHOUSES = [WarehouseId(new_id()) for _ in range(2)]
numbers = st.integers(min_value=0, max_value=9)
lines, warehouses = st.sampled_from(LINES), st.sampled_from(WAREHOUSES)


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


def a_part(line_id: LineId, number: int) -> LineQuantity:
    return LineQuantity(line_id=line_id, item_id=ITEM, quantity=pieces(number))


def in_stock(line_id: LineId, number: int, warehouse_id: WarehouseId) -> ReservedLine:
    return ReservedLine(line_id=line_id, item_id=ITEM, quantity=pieces(number), warehouse_id=warehouse_id)


@dataclass
class Books:
    """What the test counts by itself, to compare."""

    requested: dict[LineId, int] = field(default_factory=lambda: dict.fromkeys(LINES, 0))
    released: dict[LineId, int] = field(default_factory=lambda: dict.fromkeys(LINES, 0))
    shipped: dict[LineId, int] = field(default_factory=lambda: dict.fromkeys(LINES, 0))


class OneOrder(RuleBasedStateMachine):
    """Anything that can happen to the goods of one order, in any sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.demand = Demand(
            order_id=OrderId(new_id()), customer_id=CustomerId(new_id()), requested_at=datetime(2024, 1, 1, tzinfo=UTC)
        )
        self.shipments: list[Shipment] = []
        self.books = Books()

    @rule(line_id=lines, reserved=numbers, short=numbers, warehouse_id=warehouses)
    def request(self, line_id: LineId, reserved: int, short: int, warehouse_id: WarehouseId) -> None:
        if reserved + short:
            _ = self.demand.request(
                [a_part(line_id, reserved + short)],
                [in_stock(line_id, reserved, warehouse_id)] if reserved else [],
                [Backorder(**a_part(line_id, short).model_dump())] if short else [],
            )
            self.books.requested[line_id] += reserved + short

    @rule(line_id=lines, number=numbers, warehouse_id=warehouses)
    def fill(self, line_id: LineId, number: int, warehouse_id: WarehouseId) -> None:
        if self.demand.knows(line_id):
            granted = min(number, int(self.demand.line(line_id).backordered.value))
            if granted:
                _ = self.demand.fill([in_stock(line_id, granted, warehouse_id)])

    @rule(line_id=lines, number=st.integers(min_value=1, max_value=9))
    def plan(self, line_id: LineId, number: int) -> None:
        if self.demand.knows(line_id):
            parts = self.demand.plan([a_part(line_id, number)])
            planned = shipments_for(
                self.demand.order_id, self.demand.customer_id, [(part, True, "none") for part in parts]
            )
            self.shipments += planned

    @rule(which=st.integers(min_value=0, max_value=20))
    def dispatch(self, which: int) -> None:
        inside = [shipment for shipment in self.shipments if shipment.status in IN_THE_HOUSE]
        if inside:
            shipment = inside[which % len(inside)]
            self.demand.ship(shipment.reserved_lines())
            for line in shipment.lines:
                self.books.shipped[line.line_id] += int(line.quantity.value)
            shipment.status = ShipmentStatus.DISPATCHED

    @rule(line_id=lines, number=st.integers(min_value=1, max_value=30))
    def give_back(self, line_id: LineId, number: int) -> None:
        given = give_back(self.demand, [a_part(line_id, number)], self.shipments, release_id=ReleaseId(new_id()))
        back = sum(int(part.quantity.value) for part in given.answer.lines)
        left = self.books.requested[line_id] - self.books.shipped[line_id] - self.books.released[line_id]
        assert back == min(number, left)
        self.books.released[line_id] += back

    @rule(number=numbers, warehouse_id=warehouses)
    def withdraw(self, number: int, warehouse_id: WarehouseId) -> None:
        held = sum(
            int((holding.reserved + holding.planned).value)
            for line in self.demand.lines
            for holding in line.holdings
            if holding.warehouse_id == warehouse_id
        )
        wanted = pieces(min(number, held))
        withdrawn = withdraw(
            [(self.demand, self.shipments)], item_id=ITEM, warehouse_id=warehouse_id, quantity=wanted, reason="cracks"
        )
        assert total((part.quantity for one in withdrawn for part in one.lines), "C62") == wanted

    @invariant()
    def every_piece_that_was_asked_for_is_in_one_place(self) -> None:
        for line in self.demand.lines:
            assert line.adds_up
            assert line.requested == pieces(self.books.requested[line.line_id])
            assert line.released == pieces(self.books.released[line.line_id])
            assert line.shipped == pieces(self.books.shipped[line.line_id])

    @invariant()
    def nothing_is_negative(self) -> None:
        for line in self.demand.lines:
            parts = [line.backordered, line.shipped, line.released]
            parts += [part for holding in line.holdings for part in (holding.reserved, holding.planned)]
            assert all(part.value >= 0 for part in parts)

    @invariant()
    def what_is_planned_is_in_shipments_that_have_not_left(self) -> None:
        inside = [part for one in self.shipments if one.status in IN_THE_HOUSE for part in one.reserved_lines()]
        for line in self.demand.lines:
            for holding in line.holdings:
                mine = [
                    part.quantity
                    for part in inside
                    if (part.line_id, part.warehouse_id) == (line.line_id, holding.warehouse_id)
                ]
                assert holding.planned == total(mine, "C62")


class TestOneOrder(OneOrder.TestCase):
    settings = settings(derandomize=True, max_examples=60, stateful_step_count=30, deadline=None)
