"""Count on a customer no more."""

from __future__ import annotations

from contracts.ids import CustomerId
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class DeactivateCustomer(Command):
    """It stopped buying; its record stays, and its next order makes it active again."""

    customer_id: CustomerId


async def deactivate_customer(command: DeactivateCustomer, tx: Transaction) -> None:
    customers = Customers(tx)
    customer = await customers.get(command.customer_id, command.expected_version)
    customer.deactivate()
    await customers.save(customer)
