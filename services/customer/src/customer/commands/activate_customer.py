"""Count on a customer again."""

from __future__ import annotations

from contracts.ids import CustomerId
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class ActivateCustomer(Command):
    """It buys, for the first time or again. Its first order says so by itself."""

    customer_id: CustomerId


async def activate_customer(command: ActivateCustomer, tx: Transaction) -> None:
    customers = Customers(tx)
    customer = await customers.get(command.customer_id, command.expected_version)
    customer.activate()
    await customers.save(customer)
