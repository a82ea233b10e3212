"""What an order consists of and where its pieces are, for a life to move."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

from contracts.ids import CustomerId, ItemId, LineId, ShipmentId, WarehouseId
from contracts.inventory import AvailabilityChanged, Backorder
from contracts.lines import InvoicedLine, LineQuantity, OrderLine, ReservedLine, ShippedLine
from contracts.values import Money, Quantity

TODAY = date(2026, 3, 2)
RATES = (Decimal(19), Decimal(7), Decimal(0))
ZERO = Decimal(0)


class Dice(Random):
    """Everything that is left to chance, and a clock that ticks with each id: the same for the same seed."""

    ticks = 1_700_000_000_000


def an_id(dice: Dice) -> UUID:
    """A UUIDv7 (RFC 9562, section 5.7): ten are made in a millisecond."""
    dice.ticks += dice.random() < 0.1
    return UUID(int=dice.ticks << 80 | 7 << 76 | dice.getrandbits(12) << 64 | 2 << 62 | dice.getrandbits(62))


@dataclass
class Stock:
    """An item, and how many of it there are."""

    item_id: ItemId
    on_hand: Decimal = Decimal(1_000_000)
    reserved: Decimal = ZERO
    quarantined: Decimal = ZERO

    def told(self) -> AvailabilityChanged:
        return AvailabilityChanged(
            item_id=self.item_id,
            on_hand=pieces(self.on_hand),
            reserved=pieces(self.reserved),
            quarantined=pieces(self.quarantined),
            available=pieces(self.on_hand - self.reserved - self.quarantined),
        )


@dataclass
class Company:
    """What all orders share."""

    dice: Dice
    stock: dict[ItemId, Stock] = field(default_factory=dict[ItemId, Stock])
    customers: list[CustomerId] = field(default_factory=list[CustomerId])
    warehouses: list[WarehouseId] = field(default_factory=list[WarehouseId])
    merged: set[CustomerId] = field(default_factory=set[CustomerId])
    numbers: int = 0

    @staticmethod
    def founded(dice: Dice, items: int = 200, customers: int = 300) -> Company:
        return Company(
            dice,
            {each.item_id: each for each in (Stock(ItemId(an_id(dice))) for _ in range(items))},
            [CustomerId(an_id(dice)) for _ in range(customers)],
            [WarehouseId(an_id(dice)) for _ in range(2)],
        )

    def number(self) -> int:
        self.numbers += 1
        return self.numbers


@dataclass
class Line:
    """ordered = unasked + asked + short + reserved + picking + shipped + cancelled."""

    line: OrderLine
    cost: Decimal
    unasked: Decimal = ZERO
    short: Decimal = ZERO
    reserved: Decimal = ZERO
    picking: Decimal = ZERO
    shipped: Decimal = ZERO
    cancelled: Decimal = ZERO

    @property
    def id(self) -> LineId:
        return self.line.line_id

    @property
    def open(self) -> Decimal:
        return self.unasked + self.short + self.reserved + self.picking

    def resize(self, by: Decimal) -> None:
        self.line = self.line.model_copy(update={"quantity": pieces(self.line.quantity.value + by)})

    def of(self, quantity: Decimal) -> LineQuantity:
        return LineQuantity(line_id=self.id, item_id=self.line.item_id, quantity=pieces(quantity))

    def reserved_in(self, quantity: Decimal, warehouse_id: WarehouseId) -> ReservedLine:
        return ReservedLine(
            line_id=self.id, item_id=self.line.item_id, quantity=pieces(quantity), warehouse_id=warehouse_id
        )

    def backordered(self, quantity: Decimal) -> Backorder:
        return Backorder(line_id=self.id, item_id=self.line.item_id, quantity=pieces(quantity))

    def sent(self, quantity: Decimal) -> ShippedLine:
        cost = Money.rounded(self.cost * quantity, self.line.unit_price.currency)
        return ShippedLine(line_id=self.id, item_id=self.line.item_id, quantity=pieces(quantity), cost=cost)


@dataclass
class Parcel:
    """A shipment that has not left."""

    shipment_id: ShipmentId
    warehouse_id: WarehouseId
    inside: dict[LineId, Decimal]
    packed: bool = False


def pieces(quantity: Decimal) -> Quantity:
    return Quantity(value=quantity)


def a_line(company: Company, currency: str, *, free: bool = False) -> Line:
    dice = company.dice
    stock, quantity = dice.choice(list(company.stock.values())), Decimal(dice.randint(1, 20))
    price = ZERO if free else Decimal(dice.randint(1, 99_999)) / 100
    line = OrderLine(
        line_id=LineId(an_id(dice)),
        item_id=stock.item_id,
        sku="SKU-1",
        quantity=pieces(quantity),
        unit_price=Money(amount=price, currency=currency),
        tax_percent=dice.choice(RATES),
    )
    return Line(line, cost=Decimal(dice.randint(1, 5_000)) / 100, unasked=quantity)


def charged(parts: list[tuple[Line, Decimal]], before: list[InvoicedLine] | None = None) -> tuple[InvoicedLine, ...]:
    """Invoice or credit lines: the tax is rounded once per rate, on all nets since the beginning."""
    nets: dict[Decimal, Decimal] = {}
    taxes: dict[Decimal, Decimal] = {}
    for each in before or []:
        nets[each.tax_percent] = nets.get(each.tax_percent, ZERO) + each.net.amount
        taxes[each.tax_percent] = taxes.get(each.tax_percent, ZERO) + each.tax.amount
    found: list[InvoicedLine] = []
    for line, quantity in parts:
        rate, net = line.line.tax_percent, line.line.unit_price.times(quantity)
        nets[rate] = nets.get(rate, ZERO) + net.amount
        due = Money.rounded(nets[rate] * rate / 100, net.currency).amount
        tax = Money(amount=due - taxes.get(rate, ZERO), currency=net.currency)
        taxes[rate] = due
        found.append(
            InvoicedLine(
                line_id=line.id,
                item_id=line.line.item_id,
                quantity=pieces(quantity),
                net=net,
                tax_percent=rate,
                tax=tax,
            )
        )
    return tuple(found)
