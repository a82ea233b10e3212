"""The inventory service for its tests, and a house in which things happen."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest_asyncio

from contracts.event import Event
from contracts.ids import (
    CustomerId,
    ItemId,
    LineId,
    LotId,
    NonconformanceId,
    OrderId,
    ReleaseId,
    ShipmentId,
    WarehouseId,
    new_id,
)
from contracts.inventory import ShipmentPlanned
from contracts.lines import LineQuantity
from contracts.order import ShipmentRequested, StockReleaseRequested, StockRequested
from contracts.quality import NonconformanceContained
from contracts.values import Money, Quantity
from inventory.app import service
from testkit import ServiceUnderTest, service_fixture

E = TypeVar("E", bound=Event)

inventory_service = service_fixture(service)


@dataclass(frozen=True)
class Line:
    """A line of an order that asks for goods."""

    item_id: ItemId
    number: int
    order_id: OrderId
    line_id: LineId
    customer_id: CustomerId

    def of(self, number: int) -> LineQuantity:
        return LineQuantity(line_id=self.line_id, item_id=self.item_id, quantity=Quantity.pieces(number))


class House:
    """What tests do in the warehouse. Items and warehouses are new each time: the database is shared by a module."""

    def __init__(self, service: ServiceUnderTest) -> None:
        self.service = service

    async def warehouse(self, priority: int = 100) -> WarehouseId:
        answer = await self.posts("/warehouses", {"code": new_id().hex, "priority": priority})
        return WarehouseId(UUID(answer["warehouse_id"]))

    async def item(self, **fields: Any) -> ItemId:  # Any: JSON
        body = {"sku": new_id().hex, "standard_cost": money("3.00"), **fields}
        return ItemId(UUID((await self.posts("/items", body))["item_id"]))

    async def receives(
        self,
        item_id: ItemId,
        number: int,
        warehouse_id: WarehouseId,
        **line: Any,  # Any: JSON
    ) -> LotId:
        lines = [{"item_id": str(item_id), "quantity": quantity(number), **line}]
        answer = await self.posts("/goods-receipts", {"warehouse_id": str(warehouse_id), "lines": lines})
        return LotId(UUID(answer["lines"][0]["lot_id"]))

    async def stocked(self, number: int, **fields: Any) -> tuple[ItemId, WarehouseId, LotId]:  # Any: JSON
        """A new item of which there are so many in a new warehouse."""
        item_id, warehouse_id = await self.item(**fields), await self.warehouse()
        return item_id, warehouse_id, await self.receives(item_id, number, warehouse_id)

    def line(self, item_id: ItemId, number: int, order_id: OrderId | None = None) -> Line:
        order = order_id or OrderId(new_id())
        return Line(item_id, number, order, LineId(new_id()), CustomerId(new_id()))

    async def requests(self, *lines: Line, times: int = 1) -> list[Event]:
        """The order of these lines asks for stock."""
        first = lines[0]
        event = StockRequested(
            order_id=first.order_id,
            customer_id=first.customer_id,
            lines=tuple(line.of(line.number) for line in lines),
        )
        return await self.service.receives(event, times=times)

    async def asks(self, item_id: ItemId, number: int) -> Line:
        """A new order asks for so many of an item."""
        line = self.line(item_id, number)
        await self.requests(line)
        return line

    async def wants_shipment(self, *lines: Line, times: int = 1) -> list[ShipmentPlanned]:
        first = lines[0]
        event = ShipmentRequested(
            order_id=first.order_id,
            customer_id=first.customer_id,
            lines=tuple(line.of(line.number) for line in lines),
        )
        return only(ShipmentPlanned, await self.service.receives(event, times=times))

    async def ships(self, *lines: Line) -> ShipmentId:
        """A shipment of these lines is planned."""
        [planned] = await self.wants_shipment(*lines)
        return planned.shipment_id

    async def packs(self, *lines: Line) -> ShipmentId:
        """A shipment of these lines is packed."""
        shipment_id = await self.ships(*lines)
        await self.posts(f"/shipments/{shipment_id}/pick")
        await self.posts(f"/shipments/{shipment_id}/pack", {})
        return shipment_id

    async def wants_less(self, line: Line, number: int, times: int = 1) -> list[Event]:
        """The order wants so many fewer."""
        event = StockReleaseRequested(order_id=line.order_id, release_id=ReleaseId(new_id()), lines=(line.of(number),))
        return await self.service.receives(event, times=times)

    async def contains(self, *lot_ids: LotId, item_id: ItemId | None, times: int = 1) -> list[Event]:
        """Quality contains lots."""
        event = NonconformanceContained(
            nonconformance_id=NonconformanceId(new_id()),
            customer_id=None,
            item_id=item_id,
            lot_ids=lot_ids,
            reason="cracks",
        )
        return await self.service.receives(event, times=times)

    async def posts(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        status: int | None = None,
        role: str = "warehouse",
        **more: Any,
    ) -> Any:  # Any: JSON
        answer = await self.service.post(path, body, role=role, **more)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def refused(
        self, path: str, body: dict[str, Any] | None = None, *, role: str = "warehouse", **more: Any
    ) -> tuple[int, str]:  # Any: JSON
        """A command that is turned away leaves no trace; answers the status and the kind of problem."""
        before = len(await self.service.published())
        answer: httpx.Response = await self.service.post(path, body, role=role, **more)
        assert answer.is_error, answer.text
        assert len(await self.service.published()) == before
        return answer.status_code, answer.json()["type"].rpartition(":")[2]

    async def reads(self, path: str, **query: Any) -> Any:  # Any: JSON
        answer = await self.service.get(path, **query)
        assert answer.is_success, answer.text
        return answer.json()

    async def stock(self, item_id: ItemId) -> tuple[int, int, int, int]:
        """On hand, reserved, quarantined, available over all warehouses."""
        found = await self.reads(f"/items/{item_id}")
        return tuple(int(Decimal(found[name])) for name in ("on_hand", "reserved", "quarantined", "available"))  # type: ignore[return-value]

    async def figures(self, line: Line) -> dict[str, int]:
        """Where the quantity of an order line stands; what is zero is left out."""
        supply = await self.reads(f"/orders/{line.order_id}/supply")
        [found] = [each for each in supply["lines"] if each["line_id"] == str(line.line_id)]
        names = ("reserved", "planned", "backordered", "shipped", "released")
        return {name: int(Decimal(found[name])) for name in names if Decimal(found[name])}

    async def told(self, kind: type[E]) -> list[E]:
        """What was published of this kind since the test began."""
        return only(kind, await self.service.published())


@pytest_asyncio.fixture(loop_scope="module")
async def house(inventory_service: ServiceUnderTest) -> AsyncGenerator[House]:
    """Whatever a test does, the books agree afterwards."""
    yield House(inventory_service)
    proof = (await inventory_service.get("/stock/proof")).json()
    assert proof["holds"], proof


def only(kind: type[E], events: list[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def quantity(number: int | str) -> dict[str, str]:
    return {"value": str(number)}


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def euros(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")
