"""Customers: whom we can quote. The customer service owns them; this is our copy."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.customer import CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.errors import Malformed
from contracts.ids import CustomerId


class MergeOfAnother(Malformed):
    """A merge is applied to the record that it names."""


@dataclass(eq=False, kw_only=True)
class Customer:
    """A customer's name, currency and, once its record was merged, the id that it goes by now.

    When a survivor is merged in turn, those that point to it are pointed to its survivor, so that one look is enough.
    """

    customer_id: CustomerId
    name: str
    currency: str
    survivor_id: CustomerId | None = None

    @staticmethod
    def of(told: CustomerRegistered | CustomerProfileChanged) -> Customer:
        """The copy of a record of which we had heard nothing."""
        return Customer(customer_id=told.customer_id, name=told.name, currency=told.currency)

    def change(self, told: CustomerRegistered | CustomerProfileChanged) -> None:
        """Take over the new words; to which record it points stays as it is."""
        self.name, self.currency = told.name, told.currency

    @property
    def goes_by(self) -> CustomerId:
        """The id under which leads, opportunities and quotes of this customer are kept."""
        return self.survivor_id or self.customer_id

    def merge(self, merged: CustomersMerged) -> None:
        """Point to the survivor, when it was this record or its survivor that was merged."""
        if merged.customer_id != self.goes_by:
            raise MergeOfAnother(f"{merged.customer_id} was merged, not {self.goes_by}")
        self.survivor_id = merged.survivor_id
