"""Orders: one row each, with its lines, holds and deliveries as documents."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import RowMapping

from contracts.errors import Refused
from contracts.ids import CustomerId, OrderId
from contracts.order import FulfilmentStuck
from kit.database import Transaction
from kit.storage import Rows
from order.domain.fulfilment import Wait, Waiting
from order.domain.order import Order
from order.domain.promise import Status
from order.storage.tables import order_number, orders

_SET_ONCE = (
    "number", "customer_id", "channel", "prepaid", "opportunity_id", "quote_id", "customer_reference", "ordered_on",
    "requested_on",
)  # fmt: skip
"""What no change of an order touches: it is written when the order is added (and the customer by mergers)."""

_CHANGING = ("lines", "holds", "deliveries", "release", "credit_approved", "confirmed")
_COLUMNS = (*_SET_ONCE, *_CHANGING)


_NEXT_NUMBER = f"SELECT nextval('{order_number.name}')"
_SAME_REFERENCE = select(orders.c.number).where(
    orders.c.customer_id == bindparam("customer"), orders.c.customer_reference == bindparam("reference")
)


class CustomerReferenceTaken(Refused):
    """A customer's own order number names one order."""


class Orders:
    """The orders of this service. `get` locks its row until the transaction ends."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.rows = Rows(tx, orders, orders.c.order_id, "order")
        self._waiting: dict[OrderId, Waiting] = {}

    async def get(self, order_id: OrderId, expected_version: int | None = None) -> Order:
        """Raises NotFound, VersionMismatch."""
        return self._loaded(await self.rows.load(order_id, expected_version))

    async def read_ahead(self, order_ids: Collection[OrderId]) -> None:
        """Read these in one statement, for those who get one of them in this batch."""
        await self.rows.read_ahead(order_ids)

    async def add(self, order: Order) -> None:
        """Raises CustomerReferenceTaken."""
        await self._must_be_first_of_its_reference(order)
        waiting = Waiting.begin(order, datetime.now(UTC))
        values = {"ordered_as": order.customer_id, **_values(order, _COLUMNS), **_waiting_values(waiting)}
        order.version = await self.rows.add(order.order_id, values)

    async def save(self, order: Order) -> None:
        """Write an order back that was read here; what it waits for follows from its state."""
        waiting = self._waiting[order.order_id].after(order, datetime.now(UTC))
        order.version = await self.rows.save(
            order.order_id, order.version, {**_values(order, _CHANGING), **_waiting_values(waiting)}
        )

    async def tell_stuck(self, order: Order) -> FulfilmentStuck:
        """Report the wait of an order that was read here, once."""
        waiting = self._waiting[order.order_id]
        self._waiting[order.order_id] = replace(waiting, told=True)
        await self.save(order)
        return waiting.stuck(order)

    async def next_number(self) -> str:
        """Drawn past what the batch holds: a sequence sees no rows."""
        return f"SO-{await self.tx.driver.fetchval(_NEXT_NUMBER):07d}"

    async def overdue(self, now: datetime, since: datetime | None, limit: int) -> list[Order]:
        """Orders whose wait is over, since that time or whenever, and of which nobody was told."""
        late = select(orders).where(orders.c.waiting_until <= now, ~orders.c.told_stuck)
        if since is not None:
            late = late.where(orders.c.waiting_until > since)
        late = late.order_by(orders.c.waiting_until).limit(limit)
        found = await self.tx.execute(late.with_for_update(skip_locked=True))
        return [self._loaded(row) for row in found.mappings()]

    async def move_to(self, survivor_id: CustomerId, merged_id: CustomerId) -> None:
        """What names a merged customer now names the survivor, even where both have used the same reference."""
        values = {"customer_id": survivor_id, "version": orders.c.version + 1}
        await self.tx.execute(update(orders).where(orders.c.customer_id == merged_id).values(values))

    async def _must_be_first_of_its_reference(self, order: Order) -> None:
        """The unique index knows the customer as it was when it ordered; this knows what it has become by mergers."""
        if order.customer_reference is None:
            return
        same = {"customer": order.customer_id, "reference": order.customer_reference}
        number = await self.tx.scalar(_SAME_REFERENCE, same)
        if number is not None:
            raise CustomerReferenceTaken(f"reference {order.customer_reference} names order {number}; use another")

    def _loaded(self, row: RowMapping) -> Order:
        self._waiting[row["order_id"]] = waiting_of(row)
        return order_of(row)


def order_of(row: RowMapping) -> Order:
    return Order(
        order_id=row["order_id"],
        version=row["version"],
        closed=row["status"] == Status.CLOSED,
        **{name: row[name] for name in _COLUMNS},
    )


def waiting_of(row: RowMapping) -> Waiting:
    return Waiting(
        waiting_for=Wait(row["waiting_for"]),
        since=row["waiting_since"],
        until=row["waiting_until"],
        told=row["told_stuck"],
    )


def _values(order: Order, names: tuple[str, ...]) -> Mapping[str, Any]:  # Any: column values
    return {"status": order.status.value, **{name: getattr(order, name) for name in names}}


def _waiting_values(waiting: Waiting) -> Mapping[str, Any]:  # Any: column values
    return {
        "waiting_for": waiting.waiting_for.value,
        "waiting_since": waiting.since,
        "waiting_until": waiting.until,
        "told_stuck": waiting.told,
    }
