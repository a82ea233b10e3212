"""Whatever happens in whatever order, the books agree and nobody waits for what is there."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from contracts.ids import ItemId, LotId, NonconformanceId, WarehouseId, new_id
from contracts.quality import NonconformanceDispositioned
from contracts.values import Quantity

if TYPE_CHECKING:
    from conftest import House, Line


class Week:
    """Two items, two warehouses, and anything that can happen to them."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = random.Random(seed)
        self.items: list[ItemId] = []
        self.warehouses: list[WarehouseId] = []
        self.lines: list[Line] = []

    async def begin(self) -> None:
        self.items = [await self.house.item(supplier="Globex", lead_days=3), await self.house.item()]
        self.warehouses = [await self.house.warehouse(priority=1), await self.house.warehouse(priority=2)]

    async def happens(self) -> None:
        things: list[Callable[[], Awaitable[None]]] = [
            self.goods_come_in, self.an_order_asks, self.an_order_asks, self.an_order_wants_shipment,
            self.a_shipment_goes_on, self.a_shipment_goes_on, self.an_order_wants_less, self.a_lot_is_contained,
            self.a_lot_gets_its_disposition, self.a_count_finds_a_difference, self.goods_move, self.we_buy,
            self.a_supplier_answers, self.a_purchase_comes_in, self.a_purchase_is_cancelled,
        ]  # fmt: skip
        await self.random.choice(things)()

    async def goods_come_in(self) -> None:
        await self.house.receives(self._item(), self._few(), self.random.choice(self.warehouses))

    async def an_order_asks(self) -> None:
        line = self.house.line(self._item(), self._few())
        other = self.house.line(self._item(), self._few(), line.order_id)
        other = replace(other, customer_id=line.customer_id)
        self.lines += [line, other]
        await self.house.requests(line, other)

    async def an_order_wants_shipment(self) -> None:
        if self.lines:
            await self.house.wants_shipment(self.random.choice(self.lines))

    async def an_order_wants_less(self) -> None:
        if self.lines:
            await self.house.wants_less(self.random.choice(self.lines), self._few())

    async def a_shipment_goes_on(self) -> None:
        for status, step in (("packed", "dispatch"), ("picking", "pack"), ("planned", "pick")):
            for found in await self._some("/shipments", status=status):
                await self._try(f"/shipments/{found['shipment_id']}/{step}", None if step == "pick" else {})
                return

    async def a_lot_is_contained(self) -> None:
        for lot in await self._some("/lots", item_id=self._item(), status="released"):
            await self.house.contains(LotId(UUID(lot["lot_id"])), item_id=ItemId(UUID(lot["item_id"])))

    async def a_lot_gets_its_disposition(self) -> None:
        for lot in await self._some("/lots", item_id=self._item(), status="quarantined"):
            left = int(Decimal(lot["quarantined"]["value"]))
            decided = NonconformanceDispositioned(
                nonconformance_id=NonconformanceId(new_id()),
                customer_id=None,
                item_id=ItemId(UUID(lot["item_id"])),
                lot_id=LotId(UUID(lot["lot_id"])),
                quantity=Quantity.pieces(min(self._few(), left)),
                disposition=self.random.choice(["use_as_is", "scrap"]),
                reason="decided",
            )
            await self.house.service.receives(decided)

    async def a_count_finds_a_difference(self) -> None:
        for lot in await self._some("/lots", item_id=self._item()):
            number = self.random.choice([-1, 1]) * self._few()
            body = {"quantity": {"value": str(number)}, "reason": "count"}
            await self._try(f"/lots/{lot['lot_id']}/adjust", body)

    async def goods_move(self) -> None:
        here, there = self.random.sample(self.warehouses, 2)
        body = {"item_id": str(self._item()), "from_warehouse_id": str(here), "to_warehouse_id": str(there)}
        await self._try("/stock/transfers", body | {"quantity": {"value": str(self._few())}})

    async def we_buy(self) -> None:
        lines = [{"item_id": str(each), "quantity": {"value": str(self._few())}} for each in self.items]
        await self._try("/purchase-orders", {"supplier": "Initech", "lines": lines})

    async def a_supplier_answers(self) -> None:
        for purchase in await self._some("/purchase-orders", item_id=self._item(), status="placed"):
            promised = [{"item_id": purchase["lines"][0]["item_id"], "quantity": {"value": str(self._few())}}]
            await self._try(f"/purchase-orders/{purchase['purchase_order_id']}/acknowledge", {"quantities": promised})
        for purchase in await self._some("/purchase-orders", item_id=self._item(), status="cancelling"):
            path = f"/purchase-orders/{purchase['purchase_order_id']}/cancellation-answer"
            await self._try(path, {"accepted": self.random.random() < 0.5})

    async def a_purchase_comes_in(self) -> None:
        for purchase in await self._some("/purchase-orders", item_id=self._item()):
            lines = [{"item_id": purchase["lines"][0]["item_id"], "quantity": {"value": str(self._few())}}]
            await self._try("/goods-receipts", {"purchase_order_id": purchase["purchase_order_id"], "lines": lines})

    async def a_purchase_is_cancelled(self) -> None:
        for purchase in await self._some("/purchase-orders", item_id=self._item()):
            await self._try(f"/purchase-orders/{purchase['purchase_order_id']}/cancel", {"reason": "too late"})

    async def all_adds_up(self) -> None:
        proof = await self.house.reads("/stock/proof")
        assert proof["holds"], proof
        for item_id in self.items:
            waiting = await self._backordered(item_id)
            available = (await self.house.stock(item_id))[3]
            assert not (waiting and available), "somebody waits for what is there"
            await self._pegs_fit(item_id, waiting)

    async def _backordered(self, item_id: ItemId) -> dict[str, Decimal]:
        sql = "SELECT line_id, backordered FROM demand_lines WHERE item_id = $1 AND backordered > 0"
        async with self.house.service.running.database.read() as tx:
            rows = (await tx.exec_driver_sql(sql, (item_id,))).mappings()
            return {str(row["line_id"]): row["backordered"] for row in rows}

    async def _pegs_fit(self, item_id: ItemId, waiting: dict[str, Decimal]) -> None:
        """Nobody is pegged to more than it waits for, unless the supplier has still to answer a cancellation."""
        idle, pegged = Decimal(0), dict[str, Decimal]()
        for purchase in (await self.house.reads("/purchase-orders", item_id=item_id, limit=500))["items"]:
            if purchase["status"] in ("placed", "acknowledged", "partly_received"):
                own = {peg["line_id"]: Decimal(peg["quantity"]["value"]) for peg in _of(purchase["pegs"], item_id)}
                for line_id, number in own.items():
                    pegged[line_id] = pegged.get(line_id, Decimal(0)) + number
                idle += sum((Decimal(line["open"]["value"]) for line in _of(purchase["lines"], item_id)), Decimal(0))
                idle -= sum(own.values())
        assert all(number <= waiting.get(line_id, 0) for line_id, number in pegged.items())
        shortages = (await self.house.reads("/shortages", item_id=item_id))["items"]
        assert not (idle and shortages), "a purchase has goods to spare and somebody waits without one"

    async def _try(self, path: str, body: dict[str, Any] | None) -> None:  # Any: JSON
        """What is refused is refused by a rule, not by a fault."""
        answer = await self.house.service.post(path, body, role="warehouse")
        assert answer.status_code in (200, 201, 204, 409, 422), answer.text

    async def _some(self, path: str, **query: Any) -> list[dict[str, Any]]:  # Any: JSON
        found = (await self.house.reads(path, limit=500, **query))["items"]
        return self.random.sample(found, 1) if found else []

    def _item(self) -> ItemId:
        return self.random.choice(self.items)

    def _few(self) -> int:
        return self.random.randint(1, 6)


def _of(parts: list[dict[str, Any]], item_id: ItemId) -> list[dict[str, Any]]:  # Any: JSON
    return [part for part in parts if part["item_id"] == str(item_id)]


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_everything_adds_up(house: House, seed: int) -> None:
    week = Week(house, seed)
    await week.begin()

    for _ in range(60):
        await week.happens()
        await week.all_adds_up()
