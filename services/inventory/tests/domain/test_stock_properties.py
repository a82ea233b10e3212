from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts.ids import CustomerId, LineId, OrderId, ReleaseId, WarehouseId, new_id
from contracts.inventory import Backorder, GoodsReceived, StockAdjusted
from contracts.lines import LineQuantity, ReservedLine
from contracts.quality import Disposition
from contracts.values import Money, Quantity
from inventory.domain.backlog import share_out, waiting_of
from inventory.domain.demand import Demand
from inventory.domain.giving_back import give_back, withdraw
from inventory.domain.goods_receipt import Arrival, GoodsReceipt
from inventory.domain.issuing import issue, shipped_goods
from inventory.domain.item import Item
from inventory.domain.ledger import Movement, entries_of_dispatch, entries_of_receipt, entry_of_adjustment
from inventory.domain.lot import Lot
from inventory.domain.quantities import total
from inventory.domain.shipment import IN_THE_HOUSE, Shipment, shipments_for
from inventory.domain.stock import StockLevel, availability_of, empty_level, plan_reservation

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ITEM = Item(sku="GTX-PRO", standard_cost=Money.rounded(Quantity.pieces("3.33").value, "EUR"))
WAREHOUSES = [WarehouseId(new_id()) for _ in range(2)]
numbers = st.integers(min_value=1, max_value=9)
picks = st.integers(min_value=0, max_value=99)


def pieces(number: int) -> Quantity:
    return Quantity.pieces(number)


class TwoWarehouses(RuleBasedStateMachine):
    """One item in two warehouses, and anything that can happen to it, put together as the commands do it."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[WarehouseId, StockLevel] = {key: empty_level(ITEM.item_id, key) for key in WAREHOUSES}
        self.lots: list[Lot] = []
        self.ledger: list[Movement] = []
        self.demands: list[Demand] = []
        self.shipments: list[Shipment] = []

    @rule(number=numbers, warehouse_id=st.sampled_from(WAREHOUSES), millis=st.integers(min_value=0, max_value=9999))
    def goods_come_in(self, number: int, warehouse_id: WarehouseId, millis: int) -> None:
        receipt = GoodsReceipt(warehouse_id=warehouse_id, received_on=date(2024, 1, 1))
        cost = Money(amount=pieces(millis).value / 1000, currency="EUR")
        received: GoodsReceived = receipt.book([Arrival(item=ITEM, quantity=pieces(number), unit_cost=cost)])
        self.lots += receipt.lots
        self.ledger += entries_of_receipt(received, NOW)
        self.levels[warehouse_id].receive(pieces(number))
        self._share_out()

    @rule(number=numbers)
    def an_order_asks(self, number: int) -> None:
        demand = Demand(
            order_id=OrderId(new_id()),
            customer_id=CustomerId(new_id()),
            requested_at=NOW + timedelta(hours=len(self.demands)),
        )
        wanted = LineQuantity(line_id=LineId(new_id()), item_id=ITEM.item_id, quantity=pieces(number))
        granted = plan_reservation([wanted], list(self.levels.values()))
        self._reserve(granted)
        missing = wanted.quantity - total((part.quantity for part in granted), "C62")
        short = [Backorder(line_id=wanted.line_id, item_id=wanted.item_id, quantity=missing)] if missing else []
        _ = demand.request([wanted], granted, short)
        self.demands.append(demand)

    @rule(which=picks, number=numbers)
    def an_order_wants_shipment(self, which: int, number: int) -> None:
        if self.demands:
            demand = self.demands[which % len(self.demands)]
            wanted = LineQuantity(line_id=demand.lines[0].line_id, item_id=ITEM.item_id, quantity=pieces(number))
            parts = demand.plan([wanted])
            self.shipments += shipments_for(
                demand.order_id, demand.customer_id, [(part, True, "none") for part in parts]
            )

    @rule(which=picks)
    def a_shipment_leaves(self, which: int) -> None:
        inside = [shipment for shipment in self.shipments if shipment.status in IN_THE_HOUSE]
        if not inside:
            return
        shipment = inside[which % len(inside)]
        _ = shipment.pick() if shipment.status == "planned" else None
        _ = shipment.pack()
        here = [lot for lot in self.lots if lot.warehouse_id == shipment.warehouse_id]
        taken = {line.line_id: issue(line, here) for line in shipment.lines}
        for parts in taken.values():
            self.ledger += entries_of_dispatch(shipment.shipment_id, parts, NOW)
        self._demand_of(shipment.order_id).ship(shipment.reserved_lines())
        for line in shipment.lines:
            self.levels[shipment.warehouse_id].issue(line.quantity)
        _ = shipment.dispatch([shipped_goods(line, taken[line.line_id]) for line in shipment.lines])

    @rule(which=picks, number=numbers)
    def an_order_wants_less(self, which: int, number: int) -> None:
        if self.demands:
            demand = self.demands[which % len(self.demands)]
            less = LineQuantity(line_id=demand.lines[0].line_id, item_id=ITEM.item_id, quantity=pieces(number))
            own = [shipment for shipment in self.shipments if shipment.order_id == demand.order_id]
            given = give_back(demand, [less], own, release_id=ReleaseId(new_id()))
            for part in given.stock:
                self.levels[part.warehouse_id].release(part.quantity)
            self._share_out()

    @rule(which=picks)
    def a_lot_is_quarantined(self, which: int) -> None:
        if self.lots:
            lot = self.lots[which % len(self.lots)]
            told = lot.quarantine("cracks")
            if told.quantity:
                self._withdraw(lot.warehouse_id, told.quantity)
                self.levels[lot.warehouse_id].quarantine(told.quantity)
                self._share_out()

    @rule(which=picks, number=numbers, disposition=st.sampled_from(["use_as_is", "scrap", "return_to_supplier"]))
    def a_lot_gets_its_disposition(self, which: int, number: int, disposition: Disposition) -> None:
        bad = [lot for lot in self.lots if lot.quarantined]
        if bad:
            lot = bad[which % len(bad)]
            part = min(pieces(number), lot.quarantined)
            told = lot.dispose(disposition, part, "decided")
            level = self.levels[lot.warehouse_id]
            if isinstance(told, StockAdjusted):
                self.ledger.append(entry_of_adjustment(told, NOW))
                level.scrap(part)
            else:
                level.clear(part)
            self._share_out()

    @rule(which=picks, number=numbers, lost=st.booleans())
    def a_count_finds_a_difference(self, which: int, number: int, lost: bool) -> None:
        good = [lot for lot in self.lots if not lot.quarantined]
        if not good:
            return
        lot = good[which % len(good)]
        level, part = self.levels[lot.warehouse_id], pieces(number)
        if not lost:
            self.ledger.append(entry_of_adjustment(lot.find(part, "count"), NOW))
            level.receive(part)
            self._share_out()
        elif part <= lot.usable:
            self.ledger.append(entry_of_adjustment(lot.lose(part, "count"), NOW))
            self._withdraw(lot.warehouse_id, part)
            level.lose(part)
            self._share_out()

    @invariant()
    def on_hand_is_the_sum_of_the_movements_and_of_the_lots(self) -> None:
        for key, level in self.levels.items():
            assert level.on_hand == total((one.quantity for one in self.ledger if one.warehouse_id == key), "C62")
            assert level.on_hand == total((lot.on_hand for lot in self.lots if lot.warehouse_id == key), "C62")

    @invariant()
    def the_value_is_the_sum_of_the_movements(self) -> None:
        for lot in self.lots:
            costs = (one.cost for one in self.ledger if one.lot_id == lot.lot_id)
            assert lot.value == Money.total(costs, "EUR")
            assert lot.on_hand or not lot.value

    @invariant()
    def nothing_is_negative(self) -> None:
        for level in self.levels.values():
            assert min(level.available, level.on_hand, level.reserved, level.quarantined).value >= 0
        assert all(min(lot.on_hand, lot.quarantined, lot.usable).value >= 0 for lot in self.lots)

    @invariant()
    def reserved_is_the_sum_of_what_demands_hold(self) -> None:
        for key, level in self.levels.items():
            holdings = [one for demand in self.demands for line in demand.lines for one in line.holdings]
            held = (one.reserved + one.planned for one in holdings if one.warehouse_id == key)
            assert level.reserved == total(held, "C62")

    @invariant()
    def quarantined_is_the_sum_of_the_lots(self) -> None:
        for key, level in self.levels.items():
            assert level.quarantined == total((lot.quarantined for lot in self.lots if lot.warehouse_id == key), "C62")

    @invariant()
    def nothing_is_available_while_somebody_waits(self) -> None:
        waits = any(waiting_of(demand) for demand in self.demands)
        assert not (waits and availability_of(ITEM.item_id, self.levels.values()).available)

    def _demand_of(self, order_id: OrderId) -> Demand:
        return next(demand for demand in self.demands if demand.order_id == order_id)

    def _reserve(self, parts: tuple[ReservedLine, ...]) -> None:
        for part in parts:
            self.levels[part.warehouse_id].reserve(part.quantity)

    def _share_out(self) -> None:
        backlog = [waiting for demand in self.demands for waiting in waiting_of(demand)]
        for order_id, share in share_out(backlog, list(self.levels.values())):
            self._reserve(share)
            _ = self._demand_of(order_id).fill(share)

    def _withdraw(self, warehouse_id: WarehouseId, quantity: Quantity) -> None:
        level = self.levels[warehouse_id]
        withdrawn = withdraw(
            [(demand, [one for one in self.shipments if one.order_id == demand.order_id]) for demand in self.demands],
            item_id=ITEM.item_id,
            warehouse_id=warehouse_id,
            quantity=level.shortfall(quantity),
            reason="cracks",
        )
        for part in (part for one in withdrawn for part in one.stock):
            level.release(part.quantity)


class TestTwoWarehouses(TwoWarehouses.TestCase):
    settings = settings(derandomize=True, max_examples=80, stateful_step_count=40, deadline=None)
