"""The lines that quotes, orders, shipments and invoices are made of, each with what its readers need."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from contracts.ids import ItemId, LineId, LotId, WarehouseId
from contracts.values import ExactDecimal, Money, Quantity, Value

Percent = Annotated[ExactDecimal, Field(ge=0, le=100)]


class Line(Value):
    """So many of an item at a price. The price is net of tax and per unit."""

    item_id: ItemId
    sku: Annotated[str, Field(min_length=1, max_length=64)]
    description: Annotated[str, Field(max_length=300)] = ""
    quantity: Quantity
    unit_price: Money
    tax_percent: Percent = Decimal(0)

    @property
    def net(self) -> Money:
        return self.unit_price.times(self.quantity.value)

    @property
    def gross(self) -> Money:
        return self.net + self.net.percent(self.tax_percent)


def gross_total(nets: Iterable[tuple[Money, Decimal]], currency: str) -> Money:
    """What net amounts come to with tax, rounded once per rate on the sum of its nets (EN 16931, BR-CO-17)."""
    by_rate: dict[Decimal, Money] = {}
    for net, tax_percent in nets:
        by_rate[tax_percent] = by_rate.get(tax_percent, Money.zero(currency)) + net
    return Money.total((net + net.percent(rate) for rate, net in by_rate.items()), currency)


class OrderLine(Line):
    """A line of an order, known by its id for as long as the order lives."""

    line_id: LineId


class LineQuantity(Value):
    """So many of what one order line asks for."""

    line_id: LineId
    item_id: ItemId
    quantity: Quantity


class ReservedLine(LineQuantity):
    """Stock set aside for an order line in one warehouse."""

    warehouse_id: WarehouseId


class LotQuantity(Value):
    """So many out of one lot; `serials` where the item is tracked by serial number."""

    lot_id: LotId
    lot_number: str
    quantity: Quantity
    serials: tuple[str, ...] = ()


class ShippedLine(LineQuantity):
    """What left the warehouse for an order line, out of which lots, at which cost (the total, not per unit)."""

    lots: tuple[LotQuantity, ...] = ()
    cost: Money


class InvoicedLine(Value):
    """What an invoice or credit note charges or gives back for one order line."""

    line_id: LineId
    item_id: ItemId
    description: str = ""
    quantity: Quantity
    net: Money
    tax_percent: Percent = Decimal(0)
    tax: Money
