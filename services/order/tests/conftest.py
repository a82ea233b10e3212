"""The order service for its tests, and a desk at which orders come in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.customer import CustomerRegistered
from contracts.event import Event
from contracts.finance import CreditExposureChecked, CreditLimitExceeded, InvoiceIssued, InvoicePaid
from contracts.ids import CustomerId, InvoiceId, ItemId, PurchaseOrderId, ReleaseId, ShipmentId, WarehouseId, new_id
from contracts.inventory import (
    Backorder,
    DeliveryConfirmed,
    ItemRegistered,
    ShipmentDispatched,
    StockBackordered,
    StockReleased,
    StockReserved,
)
from contracts.lines import LineQuantity, ReservedLine, ShippedLine
from contracts.order import OrderPlaced
from contracts.values import Money, Quantity
from order.app import service
from order.commands.place_order import PlaceOrder, WantedLine, place_order
from testkit import ServiceUnderTest, service_fixture

order_service = service_fixture(service)


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


@dataclass
class Desk:
    """One customer and one item at 10.00 EUR; what finance and inventory say about its orders, of the first line."""

    service: ServiceUnderTest
    customer_id: CustomerId
    item_id: ItemId
    purchase: PurchaseOrderId = field(default_factory=lambda: PurchaseOrderId(new_id()))
    """Of what is short; other purchases are named."""

    async def a_customer(self) -> CustomerId:
        """Another customer."""
        customer_id = CustomerId(new_id())
        registered = CustomerRegistered(
            customer_id=customer_id, number="C-1", kind="organisation", name="Acme", country="DE", currency="EUR"
        )
        _ = await self.service.receives(registered)
        return customer_id

    async def an_item(self, unit: str = "C62") -> ItemId:
        """Another item."""
        item_id = ItemId(new_id())
        registered = ItemRegistered(
            item_id=item_id, sku="A-1", description="A thing", kind="goods", unit=unit, standard_cost=euros("5.00")
        )
        _ = await self.service.receives(registered)
        return item_id

    def wanted(self, number: int = 10) -> WantedLine:
        return WantedLine(item_id=self.item_id, quantity=Quantity.pieces(number), unit_price=euros("10.00"))

    async def an_order(self, *numbers: int, **more: Any) -> OrderPlaced:  # Any: fields of the command
        """Placed, a line for each number; credit has not been checked."""
        lines = tuple(self.wanted(number) for number in numbers or (10,))
        command = PlaceOrder(customer_id=self.customer_id, lines=lines).model_copy(update=more)
        [placed] = await self.service.does(place_order, command)
        assert isinstance(placed, OrderPlaced)
        return placed

    async def an_order_in_picking(self, *numbers: int) -> OrderPlaced:
        """Credit fits, all of it is in the hands of the warehouse."""
        placed = await self.an_order(*numbers)
        _ = await self.service.receives(self.credit_fits(placed), self.reserved(placed))
        return placed

    async def an_order_that_waits(self, number: int = 10) -> OrderPlaced:
        """Credit fits, all of it is on back-order."""
        placed = await self.an_order(number)
        _ = await self.service.receives(self.credit_fits(placed), self.short(placed, number))
        return placed

    async def read(self, placed: OrderPlaced) -> dict[str, Any]:  # Any: JSON
        return (await self.service.get(f"/orders/{placed.order_id}")).json()

    async def inside(self, placed: OrderPlaced, place: int = 0) -> dict[str, str]:
        """What of a line is where; empty states are left out."""
        line = (await self.read(placed))["lines"][place]
        states = ("pending", "backordered", "reserved", "picking", "shipped", "cancelled")
        return {state: line[state] for state in states if Decimal(line[state])}

    def credit_fits(self, placed: OrderPlaced) -> Event:
        return CreditExposureChecked(
            order_id=placed.order_id,
            customer_id=placed.customer_id,
            exposure=placed.total,
            limit=None,
            reason="no credit limit is set",
        )

    def credit_exceeded(self, placed: OrderPlaced) -> Event:
        return CreditLimitExceeded(
            order_id=placed.order_id, customer_id=placed.customer_id, exposure=placed.total, limit=euros("1.00")
        )

    def reserved(self, placed: OrderPlaced, *numbers: int) -> Event:
        """So much of the first line, of the second …; all of the order when nothing is said."""
        warehouse_id = WarehouseId(new_id())
        parts = tuple(
            ReservedLine(**self.part(placed, number, place).model_dump(), warehouse_id=warehouse_id)
            for place, number in enumerate(numbers or [int(line.quantity.value) for line in placed.lines])
        )
        return StockReserved(order_id=placed.order_id, lines=parts)

    def short(self, placed: OrderPlaced, number: int, expected_on: date | None = None) -> Event:
        return StockBackordered(order_id=placed.order_id, lines=(self.backorder(placed, number, expected_on),))

    def backorder(
        self, placed: OrderPlaced, number: int, expected_on: date | None = None, purchase: PurchaseOrderId | None = None
    ) -> Backorder:
        supply = (purchase or self.purchase) if expected_on else None
        part = self.part(placed, number).model_dump()
        return Backorder(**part, expected_on=expected_on, purchase_order_id=supply)

    def given_back(self, placed: OrderPlaced, release_id: ReleaseId, number: int) -> Event:
        lines = (self.part(placed, number),) if number else ()
        return StockReleased(order_id=placed.order_id, release_id=release_id, lines=lines)

    def dispatched(self, placed: OrderPlaced, shipment_id: ShipmentId, number: int) -> Event:
        return ShipmentDispatched(
            shipment_id=shipment_id,
            order_id=placed.order_id,
            customer_id=placed.customer_id,
            warehouse_id=WarehouseId(new_id()),
            lines=(ShippedLine(**self.part(placed, number).model_dump(), cost=euros("5.00")),),
        )

    def delivered(self, placed: OrderPlaced, shipment_id: ShipmentId) -> Event:
        return DeliveryConfirmed(shipment_id=shipment_id, order_id=placed.order_id, customer_id=placed.customer_id)

    def invoiced(self, placed: OrderPlaced, shipment_id: ShipmentId, invoice_id: InvoiceId) -> Event:
        return InvoiceIssued(
            invoice_id=invoice_id,
            number="2026-000001",
            order_id=placed.order_id,
            customer_id=placed.customer_id,
            shipment_id=shipment_id,
            lines=(),
            net=placed.total,
            tax=euros("0.00"),
            gross=placed.total,
            issued_on=date(2026, 1, 5),
            due_on=date(2026, 2, 4),
        )

    def paid(self, placed: OrderPlaced, invoice_id: InvoiceId) -> Event:
        return InvoicePaid(
            invoice_id=invoice_id, order_id=placed.order_id, customer_id=placed.customer_id, gross=placed.total
        )

    def part(self, placed: OrderPlaced, number: int, place: int = 0) -> LineQuantity:
        line = placed.lines[place]
        return LineQuantity(line_id=line.line_id, item_id=line.item_id, quantity=Quantity.pieces(number))


@pytest.fixture
async def desk(order_service: ServiceUnderTest) -> Desk:
    desk = Desk(order_service, CustomerId(new_id()), ItemId(new_id()))
    desk.customer_id, desk.item_id = await desk.a_customer(), await desk.an_item()
    return desk
