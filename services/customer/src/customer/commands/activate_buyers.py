"""Make those active who have ordered."""

from __future__ import annotations

from collections.abc import Collection

from contracts.ids import CustomerId
from customer.storage.customers import Customers
from kit.database import Transaction


async def activate_buyers(buyers: Collection[CustomerId], tx: Transaction) -> None:
    """One look for all of them: nearly everyone who orders is active already."""
    customers = Customers(tx)
    for customer in await customers.not_active(buyers):
        customer.activate()
        await customers.save(customer)
