"""Say who is asked first."""

from __future__ import annotations

from contracts.ids import ContactId, CustomerId
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class MakeContactPrimary(Command):
    """From now on this contact is the primary one of its role, in place of the one that was."""

    customer_id: CustomerId
    contact_id: ContactId


async def make_contact_primary(command: MakeContactPrimary, tx: Transaction) -> None:
    customers = Customers(tx)
    customer = await customers.get(command.customer_id, command.expected_version)
    customer.make_primary(command.contact_id)
    await customers.save(customer)
