"""What this service remembers of others' facts: customers and items."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy.dialects.postgresql import insert

from contracts.errors import NotFound
from contracts.ids import ItemId
from contracts.inventory import ItemRegistered
from kit.database import Transaction
from kit.held import Row
from kit.known_customers import KnownCustomers
from kit.storage import rows_of
from order.storage.tables import customers, items


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

    async def known(self, item_ids: Iterable[ItemId]) -> dict[ItemId, Row]:
        """These items by id. Raises ItemUnknown."""
        wanted = set(item_ids)
        known = {ItemId(item_id): row for item_id, row in (await rows_of(self.tx, items, wanted)).items()}
        if missing := wanted - known.keys():
            raise ItemUnknown(f"there is no item {min(missing)}; register it with the inventory service first")
        return known

    async def read_ahead(self, item_ids: Collection[ItemId]) -> None:
        """Read these in one statement, for those who ask for some of them in this batch."""
        if self.tx.held is not None:
            _ = await rows_of(self.tx, items, item_ids)
