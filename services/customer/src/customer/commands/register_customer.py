"""Register a customer: somebody types it in, or it is brought in from another system."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from contracts.customer import CustomerKind, CustomerRegistered
from contracts.ids import CustomerId
from customer.domain.customer import Customer
from customer.storage.customers import Customers
from kit.database import Transaction
from kit.executor import Command

Name = Annotated[str, Field(min_length=1, max_length=200)]
Country = Annotated[str, Field(max_length=10, description="ISO 3166-1, two letters; ZZ when unknown", examples=["DE"])]
Currency = Annotated[str, Field(max_length=10, description="ISO 4217", examples=["EUR"])]
TaxId = Annotated[str, Field(max_length=50, examples=["DE123456789"])]


class RegisterCustomer(Command):
    """A new customer, a prospect until its first order. Its tax id (in its country) and the reference come once.

    `external_reference` is what another system calls it.
    """

    name: Name
    kind: CustomerKind = "organisation"
    country: Country
    currency: Currency
    tax_id: TaxId | None = None
    external_reference: Annotated[str, Field(max_length=100)] | None = None
    parent_id: CustomerId | None = None


async def register_customer(command: RegisterCustomer, tx: Transaction) -> CustomerRegistered:
    customers = Customers(tx)
    fields = command.model_dump(exclude={"expected_version"})
    customer = Customer(number=await customers.next_number(), **fields)
    registered = customer.register()
    await customers.add(customer)
    return registered
