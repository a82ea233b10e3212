"""Whom to talk to at a customer. Of the contacts in one role exactly one is the primary one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contracts.errors import Malformed, NotFound
from contracts.ids import ContactId, new_id


class ContactUnknown(NotFound):
    """The customer has no such contact."""


class ContactHasNoName(Malformed):
    """A contact is someone, in some role: both are named."""


class ContactAlreadyNamed(Malformed):
    """A contact is added once; its id is not used for another."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A person to talk to. None of this leaves the customer service but the id and the role."""

    role: str
    name: str
    email: str | None = None
    phone: str | None = None
    primary: bool = False
    contact_id: ContactId = field(default_factory=lambda: ContactId(new_id()))

    def tidied(self) -> Contact:
        """Name and role without stray spaces, the role in lower case, so that "Buyer" and "buyer" are one role."""
        tidy = replace(self, name=" ".join(self.name.split()), role=" ".join(self.role.lower().split()))
        if not (tidy.name and tidy.role):
            raise ContactHasNoName("give the contact a name and a role, such as buyer")
        return tidy


Contacts = tuple[Contact, ...]
"""In the order in which they were named."""


def with_contact(contacts: Contacts, new: Contact) -> Contacts:
    """The first in its role is primary whether it says so or not; a later one takes over when it says so."""
    if any(each.contact_id == new.contact_id for each in contacts):
        raise ContactAlreadyNamed(f"contact {new.contact_id} exists; leave the id to us")
    if primary_of(contacts, new.role) is None:
        return (*contacts, replace(new, primary=True))
    added = (*contacts, replace(new, primary=False))
    return with_primary(added, new.contact_id) if new.primary else added


def with_primary(contacts: Contacts, contact_id: ContactId) -> Contacts:
    """This contact becomes the primary one of its role, in place of the one that was."""
    chosen = contact_in(contacts, contact_id)
    return tuple(
        replace(each, primary=each.contact_id == contact_id) if each.role == chosen.role else each for each in contacts
    )


def without_contact(contacts: Contacts, contact_id: ContactId) -> Contacts:
    """When the primary one goes, the one named longest ago in its role follows."""
    gone = contact_in(contacts, contact_id)
    rest = tuple(each for each in contacts if each.contact_id != contact_id)
    heir = next((each for each in rest if each.role == gone.role), None)
    return with_primary(rest, heir.contact_id) if gone.primary and heir else rest


def joined(ours: Contacts, theirs: Contacts) -> Contacts:
    """The contacts of two records that are one customer; in a role that both have, ours keeps the primary one."""
    led = {each.role for each in ours}
    return (*ours, *(replace(each, primary=False) if each.role in led else each for each in theirs))


def contact_in(contacts: Contacts, contact_id: ContactId) -> Contact:
    for each in contacts:
        if each.contact_id == contact_id:
            return each
    raise ContactUnknown(f"the customer has no contact {contact_id}")


def primary_of(contacts: Contacts, role: str) -> Contact | None:
    return next((each for each in contacts if each.role == role and each.primary), None)
