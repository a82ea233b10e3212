"""Name someone to talk to at a customer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.customer import ContactAdded
from contracts.ids import CustomerId
from customer.domain.contact import Contact
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class AddContact(Command):
    """The first contact in a role is its primary one; a later one takes over when it says so."""

    customer_id: CustomerId
    role: Annotated[str, Field(min_length=1, max_length=50, examples=["buyer"])]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=254)] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    primary: bool = False


async def add_contact(command: AddContact, tx: Transaction) -> ContactAdded:
    customers = Customers(tx)
    customer = await customers.get(command.customer_id, command.expected_version)
    added = customer.add_contact(Contact(**command.model_dump(exclude={"customer_id", "expected_version"})))
    await customers.save(customer)
    return added
