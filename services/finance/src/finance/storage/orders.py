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
from kit.bulk import Row, Write, read_rows, write_rows
from kit.context import note_written
from kit.database import Transaction
from kit.kept import Kept
from kit.later import Insert, Update

_LINES: TypeAdapter[tuple[OpenLine, ...]] = TypeAdapter(tuple[OpenLine, ...])
_COSTS: TypeAdapter[tuple[Money, ...]] = TypeAdapter(tuple[Money, ...])
_COLUMNS = ("customer_id", "number", "ordered_on", "prepaid", "currency", "lines", "opportunity_id", "costs")


class Orders:
    """`get` locks the order's row until the transaction ends; lock its customer's account first."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
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

    async def save(self, order: OpenOrder) -> None:
        await write_rows(self.tx, self.saving(order))

    def adding(self, order: OpenOrder) -> Write:
        """A new one, to be written together with something else."""
        order.version = 1
        self._kept.put(order.order_id, order)
        note_written(order.order_id, order.version)
        constant = (order.customer_id, order.number, order.ordered_on, order.prepaid, order.currency)
        return _ADD, [(order.order_id, *constant, order.opportunity_id, *_state(order))]

    def saving(self, order: OpenOrder) -> Write:
        """What `save` writes, to be written together with something else."""
        was, order.version = order.version, order.version + 1
        note_written(order.order_id, order.version)
        return _SAVE, [(order.order_id, was, order.version, *_state(order))]

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


def _state(order: OpenOrder) -> tuple[object, ...]:
    """What of it changes; a merged customer is written elsewhere."""
    documents = (_LINES.dump_json(order.lines).decode(), _COSTS.dump_json(order.costs).decode())
    return (*documents, order.revenue.amount, order.status.value)


_FIND = "SELECT * FROM orders WHERE order_id = ANY($1::uuid[]) ORDER BY order_id FOR UPDATE"

_ADD = Insert("""
INSERT INTO orders (version, order_id, customer_id, number, ordered_on, prepaid, currency, opportunity_id, lines, costs,
                    revenue, status)
SELECT 1, n.* FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::date[], $5::bool[], $6::text[], $7::uuid[],
                          $8::jsonb[], $9::jsonb[], $10::numeric[], $11::text[]) AS n
""")

_SAVE = Update("""
UPDATE orders o SET version = n.version, lines = n.lines, costs = n.costs, revenue = n.revenue, status = n.status
  FROM unnest($1::uuid[], $2::int[], $3::int[], $4::jsonb[], $5::jsonb[], $6::numeric[], $7::text[])
    AS n(order_id, was, version, lines, costs, revenue, status)
 WHERE o.order_id = ANY($1::uuid[]) AND o.order_id = n.order_id AND o.version = n.was
""")
