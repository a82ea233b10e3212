"""What this service remembers of others' facts: customers, orders, items."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.errors import NotFound
from contracts.ids import CustomerId, ItemId, OrderId
from contracts.inventory import ItemRegistered
from contracts.order import OrderPlaced
from kit.database import Transaction
from kit.known_customers import KnownCustomers
from service.storage.tables import customers, items, orders


class CustomerUnknown(NotFound):
    """A case is opened for a customer that is registered."""


class OrderUnknown(NotFound):
    """A case names an order of its own customer."""


class ItemUnknown(NotFound):
    """A case names an item that is registered."""


class Customers(KnownCustomers):
    """The customers that have been heard of."""

    table = customers
    unknown = CustomerUnknown


class Orders:
    """The orders that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, events: Sequence[OrderPlaced]) -> None:
        rows = [event.model_dump(include={"order_id", "customer_id", "number"}) for event in events]
        await self.tx.execute(insert(orders).on_conflict_do_nothing(), rows)

    async def must_be_of(self, customer_id: CustomerId, order_id: OrderId) -> None:
        """Raises OrderUnknown, also for another customer's order: whose it is, is nobody's business."""
        owner = func.coalesce(customers.c.survivor_id, orders.c.customer_id)
        known = orders.outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
        found = await self.tx.scalar(select(owner).select_from(known).where(orders.c.order_id == order_id))
        if found != customer_id:
            raise OrderUnknown(f"the customer has no order {order_id}; name another one, or none")


class Items:
    """The items that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, events: Sequence[ItemRegistered]) -> None:
        rows = [event.model_dump(include={"item_id", "sku", "description"}) for event in events]
        await self.tx.execute(insert(items).on_conflict_do_nothing(), rows)

    async def must_be_known(self, item_id: ItemId) -> None:
        """Raises ItemUnknown."""
        if await self.tx.scalar(select(items.c.item_id).where(items.c.item_id == item_id)) is None:
            raise ItemUnknown(f"there is no item {item_id}; register it with the inventory service first")
