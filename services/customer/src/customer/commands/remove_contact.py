"""Talk to someone no more."""

from __future__ import annotations

from contracts.ids import ContactId, CustomerId
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class RemoveContact(Command):
    """The contact goes; when it was the primary one, the one named longest ago in its role follows."""

    customer_id: CustomerId
    contact_id: ContactId


async def remove_contact(command: RemoveContact, tx: Transaction) -> None:
    customers = Customers(tx)
    customer = await customers.get(command.customer_id, command.expected_version)
    customer.remove_contact(command.contact_id)
    await customers.save(customer)
