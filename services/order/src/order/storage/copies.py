"""What this service remembers of others' facts: customers and items."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Uuid, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.engine import RowMapping

from contracts.customer import CustomerProfileChanged, CustomerRegistered
from contracts.errors import NotFound
from contracts.ids import CustomerId, ItemId
from contracts.inventory import ItemRegistered
from kit.database import Transaction
from order.storage.tables import customers, items

# Built once: building a statement anew costs more than running it.
_ASKED = select(customers.c.survivor_id).where(customers.c.customer_id == bindparam("asked"))
_RESOLVE = _ASKED.with_for_update(read=True)
_ITEMS = select(items).where(items.c.item_id == any_(bindparam("wanted", type_=ARRAY(Uuid))))


class CustomerUnknown(NotFound):
    """An order is from a customer that is registered."""


class ItemUnknown(NotFound):
    """An order line names an item that is registered."""


class Customers:
    """The customers that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, event: CustomerRegistered | CustomerProfileChanged) -> None:
        row = insert(customers).values(customer_id=event.customer_id, name=event.name)
        known = row.on_conflict_do_update(index_elements=["customer_id"], set_={"name": event.name})
        await self.tx.execute(known)

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
        row = (await self.tx.execute(_RESOLVE, {"asked": customer_id})).first()
        if row is None:
            raise CustomerUnknown(f"there is no customer {customer_id}; register it with the customer service first")
        return row.survivor_id or customer_id

    async def survivor_of(self, customer_id: CustomerId) -> CustomerId:
        """The same without a lock, for reading; who is unknown is taken to be nobody else."""
        return (await self.tx.scalar(_ASKED, {"asked": customer_id})) or customer_id


class Items:
    """The items that have been heard of."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    async def remember(self, event: ItemRegistered) -> None:
        values = {"item_id": event.item_id, "sku": event.sku, "description": event.description, "unit": event.unit}
        await self.tx.execute(insert(items).values(values).on_conflict_do_nothing())

    async def known(self, item_ids: Iterable[ItemId]) -> dict[ItemId, RowMapping]:
        """These items by id. Raises ItemUnknown."""
        wanted = set(item_ids)
        found = await self.tx.execute(_ITEMS, {"wanted": list(wanted)})
        known = {row["item_id"]: row for row in found.mappings()}
        if missing := wanted - known.keys():
            raise ItemUnknown(f"there is no item {min(missing)}; register it with the inventory service first")
        return known
