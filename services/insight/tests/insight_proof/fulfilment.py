"""The goods of one order: asked for, set aside or short, planned, packed, sent and delivered."""

from __future__ import annotations

from decimal import Decimal

from contracts.event import Event
from contracts.ids import CustomerId, LineId, OrderId, ShipmentId
from contracts.inventory import (
    DeliveryConfirmed,
    PickReleased,
    ShipmentDispatched,
    ShipmentPacked,
    ShipmentPlanned,
    StockBackordered,
    StockReserved,
)
from contracts.lines import LineQuantity, gross_total
from contracts.order import (
    OrderConfirmed,
    OrderDelivered,
    OrderShipped,
    ShipmentRequested,
    StockRequested,
)
from contracts.values import Money

from .cash import Till
from .goods import ZERO, Company, Line, Parcel, a_line, an_id


class Fulfilment:
    """What an order has said so far is in `said`. Each method says what follows from one thing that people do."""

    def __init__(self, company: Company) -> None:
        self.company, self.dice = company, company.dice
        self.order_id = OrderId(an_id(self.dice))
        self.customer_id: CustomerId = self.dice.choice(company.customers)
        currency = "USD" if self.dice.random() < 0.1 else "EUR"
        free = self.dice.random() < 0.01
        self.lines = [a_line(company, currency, free=free) for _ in range(self.dice.randint(1, 3))]
        self.till = Till(company, self.order_id, self.customer_id, currency, prepaid=self.dice.random() < 0.1)
        self.parcels: list[Parcel] = []
        self.on_the_way: list[ShipmentId] = []
        self.left: list[ShipmentId] = []
        self.cost = ZERO
        self.confirmed = self.closed = False
        self.said: list[Event] = []

    def happens(self, chance: float) -> bool:
        return self.dice.random() < chance

    @property
    def open(self) -> bool:
        return any(line.open for line in self.lines)

    def say(self, *events: Event) -> None:
        self.said += events

    def total(self) -> Money:
        parts = (
            (line.line.unit_price.times(line.line.quantity.value - line.cancelled), line.line) for line in self.lines
        )
        return gross_total(((net, line.tax_percent) for net, line in parts), self.till.currency)

    def ask_for_stock(self) -> None:
        """What is there is reserved, the rest is short; all is answered, so the order is confirmed and sent on."""
        asked = [(line, line.unasked) for line in self.lines if line.unasked]
        if not asked:
            return
        wanted = tuple(line.of(quantity) for line, quantity in asked)
        self.say(StockRequested(order_id=self.order_id, customer_id=self.customer_id, lines=wanted))
        short = {line.id: Decimal(self.dice.randint(1, int(q))) for line, q in asked if self.happens(0.2)}
        reserved = [(line, q - short.get(line.id, ZERO)) for line, q in asked]
        for line, quantity in asked:
            line.unasked, line.short = ZERO, line.short + short.get(line.id, ZERO)
            line.reserved += quantity - short.get(line.id, ZERO)
        self._reserve([(line, quantity) for line, quantity in reserved if quantity])
        if short:
            lines = tuple(line.backordered(short[line.id]) for line, _ in asked if line.id in short)
            self.say(StockBackordered(order_id=self.order_id, lines=lines))
        if not self.confirmed:
            self.confirmed = True
            self.say(
                OrderConfirmed(order_id=self.order_id, customer_id=self.customer_id, number="SO", total=self.total())
            )
        self.send_on()

    def _reserve(self, parts: list[tuple[Line, Decimal]]) -> None:
        if parts:
            here, there = self.company.warehouses
            lines = [line.reserved_in(q, there if self.happens(0.2) else here) for line, q in parts]
            self.say(StockReserved(order_id=self.order_id, lines=tuple(lines)))
            for line, quantity in parts:
                stock = self.company.stock[line.line.item_id]
                stock.reserved = (stock.reserved + quantity) % 1000
                self.say(stock.told())

    def send_on(self) -> None:
        """Rarely some of it is withdrawn before the warehouse has planned it."""
        ready = [(line, line.reserved) for line in self.lines if line.reserved]
        if not ready:
            return
        lines = tuple(line.of(quantity) for line, quantity in ready)
        self.say(ShipmentRequested(order_id=self.order_id, customer_id=self.customer_id, lines=lines))
        for line, quantity in ready:
            line.reserved, line.picking = ZERO, line.picking + quantity
        planned = {line.id: quantity for line, quantity in ready}
        if self.happens(0.02):
            line, quantity = ready[0]
            self.take_back({line.id: quantity})
            planned.pop(line.id)
        if planned:
            halves = [planned]
            if len(planned) > 1 and self.happens(0.3):
                first = next(iter(planned))
                halves = [{first: planned.pop(first)}, planned]
            for half in halves:
                self._plan(half, None)

    def _plan(self, inside: dict[LineId, Decimal], split_from: ShipmentId | None) -> None:
        parcel = Parcel(ShipmentId(an_id(self.dice)), self.company.warehouses[0], dict(inside))
        self.parcels.append(parcel)
        self.say(
            ShipmentPlanned(
                shipment_id=parcel.shipment_id,
                order_id=self.order_id,
                warehouse_id=parcel.warehouse_id,
                lines=self.of(parcel.inside),
                split_from=split_from,
            )
        )

    def fill(self) -> None:
        """Goods come in for what waits."""
        parts = [(line, line.short) for line in self.lines if line.short]
        for line, quantity in parts:
            line.short, line.reserved = ZERO, line.reserved + quantity
        self._reserve(parts)
        self.send_on()

    def send(self) -> None:
        """Pick, pack (perhaps a part only, perhaps twice), and let it leave."""
        parcel = self.dice.choice(self.parcels)
        if not parcel.packed:
            self.say(PickReleased(shipment_id=parcel.shipment_id, order_id=self.order_id))
            self._pack(parcel)
            if self.happens(0.3):
                return
        self.leave(parcel)

    def _pack(self, parcel: Parcel) -> None:
        rest = {id: Decimal(int(q / 2)) for id, q in parcel.inside.items()} if self.happens(0.15) else {}
        rest = {id: quantity for id, quantity in rest.items() if quantity}
        parcel.inside = {id: quantity - rest.get(id, ZERO) for id, quantity in parcel.inside.items()}
        parcel.packed = True
        packed = self.of(parcel.inside)
        self.say(ShipmentPacked(shipment_id=parcel.shipment_id, order_id=self.order_id, lines=packed))
        if rest:
            self._plan(rest, parcel.shipment_id)

    def leave(self, parcel: Parcel) -> None:
        self.parcels.remove(parcel)
        parts = [(self.line(id), quantity) for id, quantity in parcel.inside.items()]
        lines = tuple(line.sent(quantity) for line, quantity in parts)
        self.cost += sum((line.cost.amount for line in lines), ZERO)
        for line, quantity in parts:
            line.picking, line.shipped = line.picking - quantity, line.shipped + quantity
        self.on_the_way.append(parcel.shipment_id)
        self.left.append(parcel.shipment_id)
        dispatched = ShipmentDispatched(
            shipment_id=parcel.shipment_id,
            order_id=self.order_id,
            customer_id=self.till.customer_id,
            warehouse_id=parcel.warehouse_id,
            lines=lines,
        )
        shipped = OrderShipped(
            order_id=self.order_id,
            customer_id=self.till.customer_id,
            shipment_id=parcel.shipment_id,
            lines=self.of(parcel.inside),
            complete=not self.open,
        )
        self.say(dispatched, shipped, *self.till.invoice(parcel.shipment_id, parts))
        if not self.open:
            self.say(*self.till.waive())

    def arrive(self) -> None:
        shipment_id = self.on_the_way.pop()
        about = {"order_id": self.order_id, "customer_id": self.till.customer_id, "shipment_id": shipment_id}
        complete = not self.open and not self.on_the_way
        self.say(
            DeliveryConfirmed.model_validate(about), OrderDelivered.model_validate({**about, "complete": complete})
        )

    def take_back(self, inside: dict[LineId, Decimal]) -> None:
        for line_id, quantity in inside.items():
            line = self.line(line_id)
            line.picking, line.short = line.picking - quantity, line.short + quantity
        lines = tuple(self.line(id).backordered(quantity) for id, quantity in inside.items())
        self.say(StockBackordered(order_id=self.order_id, lines=lines, withdrawn=self.of(inside)))

    def of(self, inside: dict[LineId, Decimal]) -> tuple[LineQuantity, ...]:
        return tuple(self.line(id).of(quantity) for id, quantity in inside.items())

    def line(self, line_id: LineId) -> Line:
        return next(line for line in self.lines if line.id == line_id)
