"""Finance's copies of orders: one row each, with its lines as a document."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from pydantic import TypeAdapter

from contracts.errors import NotFound
from contracts.ids import OrderId
from contracts.values import Money
from finance.domain.open_order import OpenLine, OpenOrder, OrderStatus
from finance.domain.payment import OrderOfPaymentUnknown
from finance.storage.tables import orders
from kit.bulk import Row, read_rows
from kit.database import Transaction
from kit.kept import Kept
from kit.storage import Rows

_LINES: TypeAdapter[tuple[OpenLine, ...]] = TypeAdapter(tuple[OpenLine, ...])
_COSTS: TypeAdapter[tuple[Money, ...]] = TypeAdapter(tuple[Money, ...])
_CONSTANT = ("customer_id", "number", "ordered_on", "prepaid", "currency", "opportunity_id")
_COLUMNS = (*_CONSTANT, "lines", "costs")


class Orders:
    """`get` locks the order's row until the transaction ends; lock its customer's account first."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self._rows = Rows(tx, orders, orders.c.order_id, "order")
        self._kept: Kept[OpenOrder] = Kept(tx, "order")

    async def read_ahead(self, order_ids: Collection[OrderId]) -> None:
        """Read and lock these in one statement, for those who get one of them in this batch."""
        _ = await self._kept.all(order_ids, self._read)

    async def get(self, order_id: OrderId) -> OpenOrder:
        """Raises NotFound."""
        order = await self._find(order_id)
        if order is None:
            raise NotFound(f"there is no order {order_id}")
        return order

    async def of_payment(self, order_id: OrderId) -> OpenOrder:
        """Raises OrderOfPaymentUnknown."""
        order = await self._find(order_id)
        if order is None:
            raise OrderOfPaymentUnknown(f"there is no order {order_id}; name a placed one, or none")
        return order

    async def add(self, order: OpenOrder) -> None:
        """A new one."""
        constant = {name: getattr(order, name) for name in _CONSTANT}
        order.version = await self._rows.add(order.order_id, {**constant, **_state(order)})
        self._kept.put(order.order_id, order)

    async def save(self, order: OpenOrder) -> None:
        order.version = await self._rows.save(order.order_id, order.version, _state(order))

    async def _find(self, order_id: OrderId) -> OpenOrder | None:
        return await self._kept.one(order_id, self._read)

    async def _read(self, order_ids: list[UUID]) -> dict[UUID, OpenOrder]:
        return {row["order_id"]: _order(row) for row in await read_rows(self.tx, _FIND, order_ids)}


def _order(row: Row) -> OpenOrder:
    """Its documents are text."""
    documents = {"lines": _LINES.validate_json(row["lines"]), "costs": _COSTS.validate_json(row["costs"])}
    return order_of({**row, **documents})


def order_of(row: Row) -> OpenOrder:
    return OpenOrder(
        order_id=row["order_id"],
        version=row["version"],
        revenue=Money(amount=row["revenue"], currency=row["currency"]),
        status=OrderStatus(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _state(order: OpenOrder) -> dict[str, object]:
    """What of it changes; a merged customer is written elsewhere."""
    return {
        "lines": order.lines,
        "costs": order.costs,
        "revenue": order.revenue.amount,
        "status": order.status.value,
    }


_FIND = "SELECT * FROM orders WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE"
