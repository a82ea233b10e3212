"""What this service remembers of others' facts: customers and items."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.engine import RowMapping

from contracts.errors import NotFound
from contracts.ids import ItemId
from contracts.inventory import ItemRegistered
from kit.database import Transaction
from kit.known_customers import KnownCustomers
from order.storage.tables import customers, items

# Built once: building a statement anew costs more than running it.
_ITEMS = select(items).where(items.c.item_id == any_(bindparam("wanted", type_=ARRAY(Uuid))))


class CustomerUnknown(NotFound):
    """An order is from a customer that is registered."""


class ItemUnknown(NotFound):
    """An order line names an item that is registered."""


class Customers(KnownCustomers):
    """The customers that have been heard of."""

    table = customers
    unknown = CustomerUnknown


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
