"""An interaction is logged once, with one customer, after it happened."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contracts.customer import InteractionLogged
from contracts.errors import OrderloopError
from contracts.ids import ContactId, CustomerId, new_id
from customer.domain.contact import Contact, ContactUnknown
from customer.domain.customer import Customer, CustomerIsMerged
from customer.domain.interaction import (
    Channel,
    Direction,
    Interaction,
    InteractionInTheFuture,
    InteractionOfAnotherCustomer,
    InteractionSaysNothing,
)

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
BEA = Contact(role="buyer", name="Bea", primary=True)


def a_customer() -> Customer:
    return Customer(number="K-1", kind="organisation", name="Anna AG", country="DE", currency="EUR", contacts=(BEA,))


def an_interaction(customer: Customer) -> Interaction:
    return Interaction(
        customer_id=customer.customer_id,
        channel=Channel.CALL,
        direction=Direction.INBOUND,
        summary="asked for the delivery day",
        happened_at=NOW,
        logged_by="sue",
        contact_id=BEA.contact_id,
    )


def test_only_that_when_and_how_it_happened_is_told() -> None:
    customer = a_customer()
    interaction = an_interaction(customer)

    assert interaction.log(customer, now=NOW) == InteractionLogged(
        customer_id=customer.customer_id,
        interaction_id=interaction.interaction_id,
        channel="call",
        happened_at=NOW,
    )


def test_an_interaction_need_not_name_a_contact() -> None:
    customer = a_customer()

    assert replace(an_interaction(customer), contact_id=None).log(customer, now=NOW).channel == "call"


CUSTOMER = a_customer()
GOOD = an_interaction(CUSTOMER)


@pytest.mark.parametrize(
    ("interaction", "refusal"),
    [
        (replace(GOOD, summary=" "), InteractionSaysNothing),
        (replace(GOOD, happened_at=NOW + timedelta(seconds=1)), InteractionInTheFuture),
        (replace(GOOD, contact_id=ContactId(new_id())), ContactUnknown),
        (replace(GOOD, customer_id=CustomerId(new_id())), InteractionOfAnotherCustomer),
    ],
)
def test_an_interaction_that_is_refused_changes_nothing(
    interaction: Interaction, refusal: type[OrderloopError]
) -> None:
    before = deepcopy(vars(CUSTOMER))

    with pytest.raises(refusal):
        _ = interaction.log(CUSTOMER, now=NOW)

    assert vars(CUSTOMER) == before


def test_nothing_is_logged_with_a_merged_customer() -> None:
    customer = a_customer()
    _ = customer.merge_into(a_customer())
    before = deepcopy(vars(customer))

    with pytest.raises(CustomerIsMerged):
        _ = an_interaction(customer).log(customer, now=NOW)

    assert vars(customer) == before
