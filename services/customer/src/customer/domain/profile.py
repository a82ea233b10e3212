"""What we call a customer and where it is, in the one form in which two records can be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from contracts.customer import CustomerKind
from contracts.errors import Malformed
from contracts.ids import CustomerId


class CustomerHasNoName(Malformed):
    """A customer without a name cannot be told from another."""


class NotACountryCode(Malformed):
    """A country is two letters of ISO 3166-1, such as DE; ZZ when it is unknown."""


class NotACurrencyCode(Malformed):
    """A currency is three letters of ISO 4217, such as EUR."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What may change about a customer; a change is made from the current one by `dataclasses.replace`."""

    kind: CustomerKind
    name: str
    country: str
    currency: str
    tax_id: str | None = None
    parent_id: CustomerId | None = None

    def tidied(self) -> Profile:
        """The same in its one written form, or a refusal that names what is wrong."""
        tidy = replace(
            self,
            name=" ".join(self.name.split()),
            country=self.country.strip().upper(),
            currency=self.currency.strip().upper(),
            tax_id=tidy_tax_id(self.tax_id),
        )
        tidy._must_make_sense()
        return tidy

    def _must_make_sense(self) -> None:
        if not self.name:
            raise CustomerHasNoName("give the customer a name")
        if not re.fullmatch("[A-Z]{2}", self.country):
            raise NotACountryCode(f"{self.country!r} is not a country code; write two letters, such as DE")
        if not re.fullmatch("[A-Z]{3}", self.currency):
            raise NotACurrencyCode(f"{self.currency!r} is not a currency code; write three letters, such as EUR")


def tidy_tax_id(tax_id: str | None) -> str | None:
    """Letters and digits only, in capitals: "de 123.456-789" and "DE123456789" are the same number."""
    return re.sub(r"[^0-9A-Z]", "", (tax_id or "").upper()) or None
