"""A customer: prospect, active or inactive; or merged, when it turned out to be another customer's second record."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.customer import (
    ContactAdded,
    CustomerKind,
    CustomerProfileChanged,
    CustomerRegistered,
    CustomersMerged,
)
from contracts.errors import Malformed, NotFound, Refused
from contracts.ids import ContactId, CustomerId, new_id
from customer.domain.contact import Contact, Contacts, joined, with_contact, with_primary, without_contact
from customer.domain.profile import Profile


class Status(StrEnum):
    """prospect -> active <-> inactive; each of them -> merged, which is the end."""

    PROSPECT = "prospect"
    ACTIVE = "active"
    INACTIVE = "inactive"
    MERGED = "merged"


class CustomerUnknown(NotFound):
    """No customer has this id."""


class TaxIdTaken(Refused):
    """A tax id names one customer of a country."""


class ExternalReferenceTaken(Refused):
    """A reference of another system names one customer."""


class CustomerIsMerged(Refused):
    """A merged customer never changes again; what is meant for it is done to its survivor."""


class SurvivorIsMerged(Refused):
    """The survivor of a merge is never itself merged, so one step always leads to it."""


class MergedIntoItself(Malformed):
    """A merge takes two customers."""


class MergedIntoItsOwnSubsidiary(Refused):
    """The survivor would become its own parent; change the survivor's parent first."""


class CurrenciesDiffer(Refused):
    """What two customers owe is only added up in one currency; bring both to the same one first."""


class NotAFollower(Malformed):
    """Followers of a merge are the customers that were merged into the one which now merges, and no others."""


class ParentLoop(Refused):
    """No customer is its own parent, directly or over others."""


class CustomerNeverBought(Refused):
    """Only who has bought can stop buying: a prospect does not become inactive."""


@dataclass(eq=False, kw_only=True)
class Customer:
    """An organisation or a person that buys or may buy from us.

    Unique per (tax id, country) and per external reference, merged ones included: a document that names
    a merged record by one of these still finds it, and over `survivor_id` the survivor.
    """

    number: str
    kind: CustomerKind
    name: str
    country: str
    currency: str
    tax_id: str | None = None
    external_reference: str | None = None
    parent_id: CustomerId | None = None
    contacts: Contacts = ()
    status: Status = Status.PROSPECT
    survivor_id: CustomerId | None = None
    customer_id: CustomerId = field(default_factory=lambda: CustomerId(new_id()))
    version: int = 0

    @property
    def profile(self) -> Profile:
        return Profile(
            kind=self.kind,
            name=self.name,
            country=self.country,
            currency=self.currency,
            tax_id=self.tax_id,
            parent_id=self.parent_id,
        )

    def register(self) -> CustomerRegistered:
        """We know this customer from now on."""
        self._take(self.profile.tidied())
        self.external_reference = (self.external_reference or "").strip() or None
        return CustomerRegistered(
            customer_id=self.customer_id,
            number=self.number,
            kind=self.kind,
            name=self.name,
            country=self.country,
            currency=self.currency,
            parent_id=self.parent_id,
            external_reference=self.external_reference,
        )

    def change_profile(
        self, profile: Profile, *, ancestors: Collection[CustomerId] = ()
    ) -> CustomerProfileChanged | None:
        """Take this profile; `ancestors` are the parents of the new parent, up to the top.

        Returns None when nothing changed that others are told: a new tax id alone stays in this service.
        """
        self._must_not_be_merged()
        tidy = profile.tidied()
        if self.customer_id in (tidy.parent_id, *ancestors):
            raise ParentLoop(f"{self.name} is itself above that parent; choose another parent")
        before = self._told_profile()
        self._take(tidy)
        after = self._told_profile()
        return None if after == before else after

    def activate(self) -> None:
        """It buys, for the first time or again; each order says so, hence no refusal when it is active."""
        self._must_not_be_merged()
        self.status = Status.ACTIVE

    def deactivate(self) -> None:
        """We no longer count on it. Its record stays, and its next order makes it active again."""
        self._must_not_be_merged()
        if self.status is Status.PROSPECT:
            raise CustomerNeverBought(f"{self.name} is a prospect; there is nothing to end")
        self.status = Status.INACTIVE

    def add_contact(self, contact: Contact) -> ContactAdded:
        """Name someone to talk to; the first one in a role is its primary contact."""
        self._must_not_be_merged()
        tidy = contact.tidied()
        self.contacts = with_contact(self.contacts, tidy)
        return ContactAdded(customer_id=self.customer_id, contact_id=tidy.contact_id, role=tidy.role)

    def make_primary(self, contact_id: ContactId) -> None:
        """From now on this one is asked first in its role."""
        self._must_not_be_merged()
        self.contacts = with_primary(self.contacts, contact_id)

    def remove_contact(self, contact_id: ContactId) -> None:
        """Nobody talks to this one any more; a role that still has contacts still has a primary one."""
        self._must_not_be_merged()
        self.contacts = without_contact(self.contacts, contact_id)

    def merge_into(
        self, survivor: Customer, *, followers: Iterable[Customer] = (), ancestors: Collection[CustomerId] = ()
    ) -> tuple[CustomersMerged, ...]:
        """This record was the survivor's second one; from now on its id means the survivor.

        `followers` are all customers merged into this one before: they point to the new survivor too, and an
        event says so for each, so that no reader ever has to follow a chain. `ancestors` are the parents of
        the survivor, up to the top. The survivor takes over the contacts, keeps its own profile, and is active
        when this one was. Storage locks or saves with version every customer named here, in the order of their
        ids: a merge of the survivor at the same moment must not pass.
        """
        following = tuple(followers)
        self._must_merge_into(survivor, ancestors)
        if any(each.survivor_id != self.customer_id for each in following):
            raise NotAFollower(f"followers are the customers merged into {self.number} and no others")
        self._hand_over_to(survivor)
        for each in (self, *following):
            each.status, each.survivor_id = Status.MERGED, survivor.customer_id
        return tuple(
            CustomersMerged(customer_id=each.customer_id, survivor_id=survivor.customer_id)
            for each in (self, *following)
        )

    def _must_merge_into(self, survivor: Customer, ancestors: Collection[CustomerId]) -> None:
        if survivor.customer_id == self.customer_id:
            raise MergedIntoItself("name two different customers")
        self._must_not_be_merged()
        if survivor.status is Status.MERGED:
            raise SurvivorIsMerged(f"{survivor.number} is merged itself; name its survivor {survivor.survivor_id}")
        if self.customer_id in (survivor.parent_id, *ancestors):
            raise MergedIntoItsOwnSubsidiary(f"{survivor.number} belongs to {self.number}; change its parent first")
        if survivor.currency != self.currency:
            raise CurrenciesDiffer(
                f"{self.number} is kept in {self.currency}, {survivor.number} in {survivor.currency}"
            )

    def _hand_over_to(self, survivor: Customer) -> None:
        survivor.contacts = joined(survivor.contacts, self.contacts)
        self.contacts = ()
        if self.status is Status.ACTIVE:
            survivor.activate()

    def _take(self, profile: Profile) -> None:
        self.kind, self.name, self.country = profile.kind, profile.name, profile.country
        self.currency, self.tax_id, self.parent_id = profile.currency, profile.tax_id, profile.parent_id

    def _told_profile(self) -> CustomerProfileChanged:
        return CustomerProfileChanged(
            customer_id=self.customer_id,
            kind=self.kind,
            name=self.name,
            country=self.country,
            currency=self.currency,
            parent_id=self.parent_id,
        )

    def _must_not_be_merged(self) -> None:
        if self.status is Status.MERGED:
            raise CustomerIsMerged(f"{self.number} was merged; use its survivor {self.survivor_id}")
