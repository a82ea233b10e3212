"""Finance's copies of orders: one row each, with its lines as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import RowMapping

from contracts.ids import OrderId
from contracts.values import Money
from finance.domain.open_order import OpenOrder, OrderStatus
from finance.domain.payment import OrderOfPaymentUnknown
from finance.storage.tables import orders
from kit.database import Transaction
from kit.storage import Rows

_COLUMNS = ("customer_id", "number", "ordered_on", "prepaid", "currency", "lines", "opportunity_id", "costs")


class Orders:
    """`get` locks the order's row until the transaction ends; lock its customer's account first."""

    def __init__(self, tx: Transaction) -> None:
        self.rows = Rows(tx, orders, orders.c.order_id, "order")

    async def get(self, order_id: OrderId) -> OpenOrder:
        """Raises NotFound."""
        return order_of(await self.rows.load(order_id))

    async def of_payment(self, order_id: OrderId) -> OpenOrder:
        """Raises OrderOfPaymentUnknown."""
        row = await self.rows.find(order_id)
        if row is None:
            raise OrderOfPaymentUnknown(f"there is no order {order_id}; name a placed one, or none")
        return order_of(row)

    async def add(self, order: OpenOrder) -> None:
        order.version = await self.rows.add(order.order_id, _values(order))

    async def save(self, order: OpenOrder) -> None:
        order.version = await self.rows.save(order.order_id, order.version, _values(order))


def order_of(row: RowMapping) -> OpenOrder:
    return OpenOrder(
        order_id=row["order_id"],
        version=row["version"],
        revenue=Money(amount=row["revenue"], currency=row["currency"]),
        status=OrderStatus(row["status"]),
        **{name: row[name] for name in _COLUMNS},
    )


def _values(order: OpenOrder) -> Mapping[str, Any]:  # Any: column values
    plain = {name: getattr(order, name) for name in _COLUMNS}
    return {"revenue": order.revenue.amount, "status": order.status.value, **plain}
