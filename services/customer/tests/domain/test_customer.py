"""A customer: registered, changed, active or not, merged for good."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.customer import ContactAdded, CustomerProfileChanged, CustomerRegistered, CustomersMerged
from contracts.errors import OrderloopError
from contracts.ids import ContactId, CustomerId, new_id
from customer.domain.contact import Contact, ContactAlreadyNamed, ContactHasNoName, ContactUnknown
from customer.domain.customer import (
    CurrenciesDiffer,
    Customer,
    CustomerIsMerged,
    CustomerNeverBought,
    MergedIntoItself,
    MergedIntoItsOwnSubsidiary,
    NotAFollower,
    ParentLoop,
    Status,
    SurvivorIsMerged,
)
from customer.domain.profile import CustomerHasNoName, NotACountryCode, NotACurrencyCode, Profile, tidy_tax_id

Step = Callable[[Customer], object]
numbers = count(1)


def a_customer(
    *,
    name: str = "Anna AG",
    country: str = "DE",
    currency: str = "EUR",
    tax_id: str | None = None,
    external_reference: str | None = None,
    parent_id: CustomerId | None = None,
    contacts: tuple[Contact, ...] = (),
    status: Status = Status.PROSPECT,
) -> Customer:
    return Customer(
        number=f"K-{next(numbers)}",
        kind="organisation",
        name=name,
        country=country,
        currency=currency,
        tax_id=tax_id,
        external_reference=external_reference,
        parent_id=parent_id,
        contacts=contacts,
        status=status,
    )


def a_contact(name: str = "Bea", *, role: str = "buyer", primary: bool = False) -> Contact:
    return Contact(role=role, name=name, primary=primary)


def a_merged_customer() -> Customer:
    customer = a_customer()
    _ = customer.merge_into(a_customer())
    return customer


def state(customer: Customer) -> dict[str, object]:
    return deepcopy(vars(customer))


def primaries(customer: Customer) -> dict[str, list[str]]:
    roles = dict.fromkeys(contact.role for contact in customer.contacts)
    return {role: [c.name for c in customer.contacts if c.role == role and c.primary] for role in roles}


def test_registering_tells_who_the_customer_is_in_one_written_form() -> None:
    customer = a_customer(
        name=" Anna   AG ", country="de", currency="eur", tax_id="de 123.456-789", external_reference=" 4711 "
    )

    registered = customer.register()

    assert registered == CustomerRegistered(
        customer_id=customer.customer_id,
        number=customer.number,
        kind="organisation",
        name="Anna AG",
        country="DE",
        currency="EUR",
        external_reference="4711",
    )
    assert (customer.status, customer.tax_id) == (Status.PROSPECT, "DE123456789")


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_reference_or_tax_id_is_none_at_all(blank: str) -> None:
    customer = a_customer(external_reference=blank, tax_id=blank)

    _ = customer.register()

    assert (customer.external_reference, customer.tax_id) == (None, None)


@pytest.mark.parametrize(
    ("customer", "refusal"),
    [
        (a_customer(name=" "), CustomerHasNoName),
        (a_customer(country="Germany"), NotACountryCode),
        (a_customer(country="1A"), NotACountryCode),
        (a_customer(currency="EURO"), NotACurrencyCode),
    ],
)
def test_a_customer_that_makes_no_sense_is_not_registered(customer: Customer, refusal: type[OrderloopError]) -> None:
    before = state(customer)

    with pytest.raises(refusal):
        _ = customer.register()

    assert state(customer) == before


def test_a_changed_profile_tells_the_new_state() -> None:
    customer = a_customer()
    parent_id = CustomerId(new_id())

    changed = customer.change_profile(replace(customer.profile, name="Anna SE", country="at", parent_id=parent_id))

    assert changed == CustomerProfileChanged(
        customer_id=customer.customer_id,
        kind="organisation",
        name="Anna SE",
        country="AT",
        currency="EUR",
        parent_id=parent_id,
    )
    assert (customer.name, customer.country, customer.parent_id) == ("Anna SE", "AT", parent_id)


def test_a_profile_as_it_was_tells_nothing() -> None:
    customer = a_customer()
    before = state(customer)

    assert customer.change_profile(replace(customer.profile, name=" Anna AG ")) is None

    assert state(customer) == before


def test_a_new_tax_id_changes_the_customer_but_is_told_nobody() -> None:
    customer = a_customer()

    assert customer.change_profile(replace(customer.profile, tax_id="de 1")) is None

    assert customer.tax_id == "DE1"


BAD_CHANGES: list[tuple[Callable[[Profile], Profile], type[OrderloopError]]] = [
    (lambda p: replace(p, name=""), CustomerHasNoName),
    (lambda p: replace(p, country="D"), NotACountryCode),
    (lambda p: replace(p, currency=""), NotACurrencyCode),
]


@pytest.mark.parametrize(("change", "refusal"), BAD_CHANGES)
def test_a_profile_that_makes_no_sense_changes_nothing(
    change: Callable[[Profile], Profile], refusal: type[OrderloopError]
) -> None:
    customer = a_customer()
    before = state(customer)

    with pytest.raises(refusal):
        _ = customer.change_profile(change(customer.profile))

    assert state(customer) == before


def test_nobody_is_a_parent_of_themselves() -> None:
    customer = a_customer()
    before = state(customer)

    with pytest.raises(ParentLoop):
        _ = customer.change_profile(replace(customer.profile, parent_id=customer.customer_id))
    above = [CustomerId(new_id()), customer.customer_id]
    with pytest.raises(ParentLoop):
        _ = customer.change_profile(replace(customer.profile, parent_id=above[0]), ancestors=above)

    assert state(customer) == before


@pytest.mark.parametrize("status", [Status.PROSPECT, Status.ACTIVE, Status.INACTIVE])
def test_whoever_buys_is_active(status: Status) -> None:
    customer = a_customer(status=status)

    customer.activate()

    assert customer.status is Status.ACTIVE


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.INACTIVE])
def test_whoever_bought_can_become_inactive(status: Status) -> None:
    customer = a_customer(status=status)

    customer.deactivate()

    assert customer.status is Status.INACTIVE


def test_a_prospect_does_not_become_inactive() -> None:
    customer = a_customer()
    before = state(customer)

    with pytest.raises(CustomerNeverBought):
        customer.deactivate()

    assert state(customer) == before


def test_the_first_contact_in_a_role_is_its_primary_one() -> None:
    customer = a_customer()
    bea = a_contact(" Bea ", role=" Buyer ")

    added = customer.add_contact(bea)
    _ = customer.add_contact(a_contact("Cem", role="buyer"))
    _ = customer.add_contact(a_contact("Dora", role="accounts"))

    assert added == ContactAdded(customer_id=customer.customer_id, contact_id=bea.contact_id, role="buyer")
    assert primaries(customer) == {"buyer": ["Bea"], "accounts": ["Dora"]}


def test_a_contact_that_comes_as_primary_takes_over() -> None:
    customer = a_customer()
    _ = customer.add_contact(a_contact("Bea"))

    _ = customer.add_contact(a_contact("Cem", primary=True))

    assert primaries(customer) == {"buyer": ["Cem"]}


def test_another_contact_is_made_primary_in_its_role_only() -> None:
    customer = a_customer()
    cem = a_contact("Cem")
    for contact in (a_contact("Bea"), cem, a_contact("Dora", role="accounts")):
        _ = customer.add_contact(contact)

    customer.make_primary(cem.contact_id)

    assert primaries(customer) == {"buyer": ["Cem"], "accounts": ["Dora"]}


def test_when_the_primary_contact_goes_the_next_one_follows() -> None:
    customer = a_customer()
    bea = a_contact("Bea")
    for contact in (bea, a_contact("Cem"), a_contact("Dora")):
        _ = customer.add_contact(contact)

    customer.remove_contact(bea.contact_id)

    assert primaries(customer) == {"buyer": ["Cem"]}


def test_when_another_contact_goes_the_primary_one_stays() -> None:
    customer = a_customer()
    dora = a_contact("Dora")
    for contact in (a_contact("Bea"), a_contact("Cem", primary=True), dora):
        _ = customer.add_contact(contact)

    customer.remove_contact(dora.contact_id)

    assert primaries(customer) == {"buyer": ["Cem"]}


BEA = a_contact("Bea", primary=True)


BAD_CONTACTS: list[tuple[Step, type[OrderloopError]]] = [
    (lambda c: c.add_contact(a_contact(" ")), ContactHasNoName),
    (lambda c: c.add_contact(a_contact(role=" ")), ContactHasNoName),
    (lambda c: c.add_contact(BEA), ContactAlreadyNamed),
    (lambda c: c.make_primary(ContactId(new_id())), ContactUnknown),
    (lambda c: c.remove_contact(ContactId(new_id())), ContactUnknown),
]


@pytest.mark.parametrize(("attempt", "refusal"), BAD_CONTACTS)
def test_a_contact_that_is_refused_changes_nothing(attempt: Step, refusal: type[OrderloopError]) -> None:
    customer = a_customer(contacts=(BEA,))
    before = state(customer)

    with pytest.raises(refusal):
        _ = attempt(customer)

    assert state(customer) == before


ROLES = st.sampled_from(["buyer", "accounts"])
CONTACT_STEPS = st.lists(st.tuples(st.sampled_from(["add", "primary", "remove"]), ROLES, st.booleans(), st.integers(0)))


@settings(derandomize=True, max_examples=200)
@given(CONTACT_STEPS)
def test_every_role_always_has_exactly_one_primary_contact(steps: list[tuple[str, str, bool, int]]) -> None:
    customer = a_customer()

    for what, role, primary, pick in steps:
        if what == "add":
            _ = customer.add_contact(a_contact(role=role, primary=primary))
        elif customer.contacts:
            chosen = customer.contacts[pick % len(customer.contacts)].contact_id
            customer.make_primary(chosen) if what == "primary" else customer.remove_contact(chosen)

    assert all(len(names) == 1 for names in primaries(customer).values())


def test_a_merge_tells_who_survives_and_is_the_end_of_the_other() -> None:
    second, survivor = a_customer(), a_customer()

    merged = second.merge_into(survivor)

    assert merged == (CustomersMerged(customer_id=second.customer_id, survivor_id=survivor.customer_id),)
    assert (second.status, second.survivor_id) == (Status.MERGED, survivor.customer_id)
    assert survivor.status is Status.PROSPECT


def test_whoever_was_merged_into_the_merged_one_follows_it() -> None:
    first, second, survivor = a_customer(), a_customer(), a_customer()
    _ = first.merge_into(second)

    merged = second.merge_into(survivor, followers=[first])

    assert merged == (
        CustomersMerged(customer_id=second.customer_id, survivor_id=survivor.customer_id),
        CustomersMerged(customer_id=first.customer_id, survivor_id=survivor.customer_id),
    )
    assert first.survivor_id == survivor.customer_id


def test_the_survivor_takes_the_contacts_and_keeps_its_own_primary_ones() -> None:
    second, survivor = a_customer(), a_customer()
    for contact in (a_contact("Cem"), a_contact("Dora", role="accounts"), a_contact("Eva", role="accounts")):
        _ = second.add_contact(contact)
    _ = survivor.add_contact(a_contact("Bea"))

    _ = second.merge_into(survivor)

    assert [contact.name for contact in survivor.contacts] == ["Bea", "Cem", "Dora", "Eva"]
    assert primaries(survivor) == {"buyer": ["Bea"], "accounts": ["Dora"]}
    assert second.contacts == ()


def test_the_survivor_is_active_when_the_other_was() -> None:
    survivor = a_customer()

    _ = a_customer(status=Status.ACTIVE).merge_into(survivor)

    assert survivor.status is Status.ACTIVE


def test_the_survivor_keeps_its_profile_and_the_merged_one_its_keys() -> None:
    second, survivor = a_customer(name="Ana", tax_id="DE1", external_reference="7"), a_customer()

    _ = second.merge_into(survivor)

    assert (survivor.name, survivor.tax_id, survivor.external_reference) == ("Anna AG", None, None)
    assert (second.name, second.tax_id, second.external_reference) == ("Ana", "DE1", "7")


def refused_merge(
    second: Customer,
    survivor: Customer,
    refusal: type[OrderloopError],
    *,
    followers: tuple[Customer, ...] = (),
    ancestors: tuple[CustomerId, ...] = (),
) -> None:
    everybody = (second, survivor, *followers)
    before = [state(each) for each in everybody]

    with pytest.raises(refusal):
        _ = second.merge_into(survivor, followers=followers, ancestors=ancestors)

    assert [state(each) for each in everybody] == before


def test_a_customer_is_not_merged_into_itself() -> None:
    customer = a_customer()

    refused_merge(customer, customer, MergedIntoItself)


def test_a_survivor_is_never_itself_merged() -> None:
    refused_merge(a_customer(), a_merged_customer(), SurvivorIsMerged)


def test_a_merged_customer_is_not_merged_again() -> None:
    refused_merge(a_merged_customer(), a_customer(), CustomerIsMerged)


def test_a_customer_is_not_merged_into_its_own_subsidiary() -> None:
    parent = a_customer()

    refused_merge(parent, a_customer(parent_id=parent.customer_id), MergedIntoItsOwnSubsidiary)
    refused_merge(parent, a_customer(), MergedIntoItsOwnSubsidiary, ancestors=(parent.customer_id,))


def test_customers_with_different_currencies_are_not_merged() -> None:
    refused_merge(a_customer(), a_customer(currency="USD"), CurrenciesDiffer)


def test_only_who_was_merged_into_the_merging_one_follows() -> None:
    refused_merge(a_customer(), a_customer(), NotAFollower, followers=(a_merged_customer(),))


EVERY_VERB: list[Step] = [
    lambda c: c.change_profile(replace(c.profile, name="Other")),
    lambda c: c.activate(),
    lambda c: c.deactivate(),
    lambda c: c.add_contact(a_contact()),
    lambda c: c.make_primary(ContactId(new_id())),
    lambda c: c.remove_contact(ContactId(new_id())),
]


@pytest.mark.parametrize("attempt", EVERY_VERB)
def test_a_merged_customer_never_changes_again(attempt: Step) -> None:
    customer = a_merged_customer()
    before = state(customer)

    with pytest.raises(CustomerIsMerged):
        _ = attempt(customer)

    assert state(customer) == before


@pytest.mark.parametrize(
    ("written", "tidy"),
    [("DE123456789", "DE123456789"), ("de 123/456-789", "DE123456789"), (" .-", None), (None, None)],
)
def test_a_tax_id_has_one_written_form(written: str | None, tidy: str | None) -> None:
    assert tidy_tax_id(written) == tidy
