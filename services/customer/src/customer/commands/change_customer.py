"""Change what we call a customer, where it is, whose part it is."""

from __future__ import annotations

from dataclasses import fields, replace

from contracts.customer import CustomerKind, CustomerProfileChanged
from contracts.ids import CustomerId
from customer.commands.register_customer import Country, Currency, Name, TaxId
from customer.domain.profile import Profile
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command


class ChangeCustomer(Command):
    """Fields that are left out stay as they are. `tax_id` and `parent_id` are taken away by null.

    A new tax id alone is told to nobody: such a change is answered without a body.
    """

    customer_id: CustomerId
    name: Name | None = None
    kind: CustomerKind | None = None
    country: Country | None = None
    currency: Currency | None = None
    tax_id: TaxId | None = None
    parent_id: CustomerId | None = None


async def change_customer(command: ChangeCustomer, tx: Transaction) -> CustomerProfileChanged | None:
    customers = Customers(tx)
    customer = await customers.get(command.customer_id, command.expected_version)
    profile = changed(customer.profile, command)
    moves = profile.parent_id != customer.parent_id
    ancestors = await customers.ancestors(profile.parent_id if moves else None)
    event = customer.change_profile(profile, ancestors=ancestors)
    await customers.save(customer)
    return event


def changed(profile: Profile, command: ChangeCustomer) -> Profile:
    """The profile with what the command names."""
    names = {field.name for field in fields(Profile)} & command.model_fields_set
    changes = {name: getattr(command, name) for name in names}
    removable = ("tax_id", "parent_id")
    return replace(
        profile, **{name: value for name, value in changes.items() if value is not None or name in removable}
    )
