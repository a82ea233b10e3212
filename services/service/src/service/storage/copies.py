"""What this service remembers of others' facts: customers, orders, items."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.customer import CustomerProfileChanged, CustomerRegistered
from contracts.errors import NotFound
from contracts.ids import CustomerId, ItemId, OrderId
from contracts.inventory import ItemRegistered
from contracts.order import OrderPlaced
from kit.database import Transaction
from service.storage.tables import customers, items, orders


class CustomerUnknown(NotFound):
    """A case is opened for a customer that is registered."""


class OrderUnknown(NotFound):
    """A case names an order of its own customer."""


class ItemUnknown(NotFound):
    """A case names an item that is registered."""


class Customers:
    """The customers that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, event: CustomerRegistered | CustomerProfileChanged) -> None:
        row = insert(customers).values(customer_id=event.customer_id, name=event.name)
        await self.tx.execute(row.on_conflict_do_update(index_elements=["customer_id"], set_={"name": event.name}))

    async def merge(self, customer_id: CustomerId, survivor_id: CustomerId) -> CustomerId:
        """Returns who remains: the survivor may have been merged, too, as mergers are heard of in any order."""
        remains = await self.survivor_of(survivor_id)
        merged = (customers.c.customer_id == customer_id) | (customers.c.survivor_id == customer_id)
        await self.tx.execute(update(customers).where(merged).values(survivor_id=remains))
        return remains

    async def resolve(self, customer_id: CustomerId) -> CustomerId:
        """The customer, or the one that it was merged into; it is not merged before we are done.

        Raises CustomerUnknown.
        """
        known = select(customers.c.survivor_id).where(customers.c.customer_id == customer_id)
        row = (await self.tx.execute(known.with_for_update(read=True))).first()
        if row is None:
            raise CustomerUnknown(f"there is no customer {customer_id}; register it with the customer service first")
        return row.survivor_id or customer_id

    async def survivor_of(self, customer_id: CustomerId) -> CustomerId:
        """The same without a lock, for reading; who is unknown is taken to be nobody else."""
        known = select(customers.c.survivor_id).where(customers.c.customer_id == customer_id)
        return (await self.tx.scalar(known)) or customer_id


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
